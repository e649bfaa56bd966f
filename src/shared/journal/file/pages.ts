/**
 * Journal files in blocks of 64 KiB, of which a bounded number is kept for all files together. Blocks are read anew when a file that is
 * written has changed. Their memory is used again and again: as garbage it made tens of MiB before anybody collected it.
 */
import { CorruptPart } from './corrupt.ts'
import type { FileSource } from './source.ts'

/**
 * Bytes of a file, contiguous, until `locate` is called again: then they may be others'. Offsets in a journal are multiples of 8, so
 * `words[at >> 2]` is a number of it (on little-endian hosts).
 */
export interface Block {
  readonly bytes: Buffer
  readonly words: Uint32Array
}

export interface Pages {
  /** The block that holds `lengthBytes` from `offset`; `at` tells where in it. Throws CorruptPart beyond the end of the file. */
  locate(offset: number, lengthBytes: number): Block
  /** Of what `locate` was asked last. */
  readonly at: number
  /** What was read may have changed, and the file grown. */
  refresh(): void
  close(): void
}

export interface PageCache {
  open(source: FileSource): Pages
}

/** What is longer is read into memory of its own each time. */
export const PAGE_BYTES = 64 * 1024

interface Page extends Block {
  /** Whose bytes it holds; undefined when they are not wanted any more. */
  owner: PageOwner | undefined
  number: number
  /** Bytes of the file in it. */
  sizeBytes: number
  /** Asked for since the hand came by last. */
  used: boolean
}

interface PageOwner {
  drop(page: Page): void
}

/** `pagesMax`: 64 KiB each. What has not been asked for since the last round goes first. */
export function createPageCache(pagesMax: number): PageCache {
  const kept: Page[] = []
  let hand = 0
  /** For what lies in more than one page. */
  let joined = emptyBlock(0)

  /** A page whose memory is free. */
  function take(): Page {
    if (kept.length < pagesMax) {
      const page = { ...emptyBlock(PAGE_BYTES), owner: undefined, number: -1, sizeBytes: 0, used: true }
      kept.push(page)
      return page
    }
    for (;;) {
      hand = (hand + 1) % pagesMax
      const page = kept[hand]!
      if (!page.used || page.owner === undefined) {
        page.owner?.drop(page)
        return page
      }
      page.used = false
    }
  }

  return {
    open(source) {
      const pages = new Map<number, Page>()
      let last: Page | undefined
      let at = 0
      let closed = false

      const owner: PageOwner = {
        drop(page) {
          pages.delete(page.number)
          page.owner = undefined
          if (last === page) last = undefined
        },
      }

      function read(number: number): Page {
        // The descriptor's number may be another file's by now.
        if (closed) throw new CorruptPart('the file was removed')
        const page = take()
        // It has no owner while it is filled: reading may fail.
        page.sizeBytes = source.read(page.bytes, number * PAGE_BYTES)
        page.owner = owner
        page.number = number
        pages.set(number, page)
        return page
      }

      function page(number: number): Page {
        if (last !== undefined && last.number === number) return last
        const found = pages.get(number) ?? read(number)
        found.used = true
        last = found
        return found
      }

      function join(offset: number, lengthBytes: number): Block {
        if (closed) throw new CorruptPart('the file was removed')
        if (lengthBytes > joined.bytes.length) joined = emptyBlock(Math.max(lengthBytes, PAGE_BYTES))
        const block = joined
        if (source.read(block.bytes.subarray(0, lengthBytes), offset) < lengthBytes)
          throw new CorruptPart('an object ends behind the file')
        // What is seldom so large is not kept.
        if (lengthBytes > PAGE_BYTES) joined = emptyBlock(0)
        at = 0
        return block
      }

      return {
        locate(offset, lengthBytes) {
          const number = Math.floor(offset / PAGE_BYTES)
          const start = offset - number * PAGE_BYTES
          if (start + lengthBytes > PAGE_BYTES) return join(offset, lengthBytes)
          const found = page(number)
          if (start + lengthBytes > found.sizeBytes) throw new CorruptPart('an object ends behind the file')
          at = start
          return found
        },
        get at() {
          return at
        },
        refresh() {
          for (const each of pages.values()) each.owner = undefined
          pages.clear()
          last = undefined
        },
        close() {
          closed = true
          this.refresh()
          source.close()
        },
      }
    },
  }
}

function emptyBlock(sizeBytes: number): Block {
  const memory = new ArrayBuffer((sizeBytes + 3) & ~3)
  return { bytes: Buffer.from(memory), words: new Uint32Array(memory) }
}
