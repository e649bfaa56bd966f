/**
 * Journal files in blocks of 64 KiB, of which a bounded number is kept for all files together. Blocks are read anew when a file
 * that is written has changed. A block's memory is never used again for another, so that values may point into it.
 */
import { CorruptPart } from './corrupt.ts'
import type { FileSource } from './source.ts'

/** Bytes of a file, contiguous. Offsets in a journal are multiples of 8, so `words[at >> 2]` is a number of it (on little-endian hosts). */
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

const PAGE_BYTES = 64 * 1024

interface Page extends Block {
  /** Bytes of the file in it. */
  readonly sizeBytes: number
  /** Asked for since the hand came by last. */
  used: boolean
  /** Its place is free for another. */
  gone: boolean
  drop(): void
}

/** `pagesMax`: 64 KiB each. What has not been asked for since the last round goes first. */
export function createPageCache(pagesMax: number): PageCache {
  const kept: Page[] = []
  let hand = 0

  function keep(page: Page): void {
    if (kept.length < pagesMax) {
      kept.push(page)
      return
    }
    for (;;) {
      hand = (hand + 1) % pagesMax
      const old = kept[hand]!
      if (!old.used || old.gone) {
        if (!old.gone) old.drop()
        kept[hand] = page
        return
      }
      old.used = false
    }
  }

  return {
    open(source) {
      let pages = new Map<number, Page>()
      let last: Page | undefined
      let lastNumber = -1
      let at = 0

      function read(number: number): Page {
        const memory = new ArrayBuffer(PAGE_BYTES)
        const bytes = Buffer.from(memory)
        const sizeBytes = source.read(bytes, number * PAGE_BYTES)
        const mine = pages
        const page: Page = {
          bytes,
          words: new Uint32Array(memory),
          sizeBytes,
          used: true,
          gone: false,
          drop() {
            page.gone = true
            mine.delete(number)
            if (last === page) forget()
          },
        }
        pages.set(number, page)
        keep(page)
        return page
      }

      function forget(): void {
        last = undefined
        lastNumber = -1
      }

      function page(number: number): Page {
        if (number === lastNumber) return last!
        const found = pages.get(number) ?? read(number)
        found.used = true
        last = found
        lastNumber = number
        return found
      }

      /** What lies in more than one page. */
      function join(offset: number, lengthBytes: number): Block {
        const memory = new ArrayBuffer((lengthBytes + 3) & ~3)
        const bytes = Buffer.from(memory, 0, lengthBytes)
        if (source.read(bytes, offset) < lengthBytes) throw new CorruptPart('an object ends behind the file')
        at = 0
        return { bytes, words: new Uint32Array(memory) }
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
          for (const each of pages.values()) each.gone = true
          pages = new Map()
          forget()
        },
        close() {
          this.refresh()
          source.close()
        },
      }
    },
  }
}
