/** Objects of a journal file: every one begins with type, flags and length, which are checked before anything of it is used. */
import { ENTRY_MAX_BYTES } from '../entry.ts'
import { CorruptPart } from './corrupt.ts'
import { COMPRESSED, decompress, TooLarge } from './decompress.ts'
import type { Block, Pages } from './pages.ts'

export const OBJECT = { data: 1, field: 2, entry: 3, entryArray: 6 } as const

/** Type, flags and length. */
export const OBJECT_BYTES = 16

export interface ObjectReader {
  /** Of the object that was checked last. */
  readonly sizeBytes: number
  /** Its compression; 0 for none. */
  readonly flags: number
  /** The first `bytes` of the object at `offset`, which must be of this type and at least so long. Throws CorruptPart. */
  object(offset: number, type: number, bytes: number): Block
  /**
   * At most `limitBytes` of what follows the first `headBytes` of the object at `offset`, which was checked last, uncompressed. Throws
   * CorruptPart, TooLarge.
   */
  payload(offset: number, headBytes: number, limitBytes: number): Buffer
  /** The same without an object for it: from `start` to `end` of what is returned. */
  locatePayload(offset: number, headBytes: number, limitBytes: number): Buffer
  readonly start: number
  readonly end: number
}

/** `bounds`: where objects may lie now; may throw CorruptPart for nowhere. */
export function createObjectReader(
  pages: Pages,
  bounds: () => { readonly headerBytes: number; readonly endBytes: number },
): ObjectReader {
  let sizeBytes = 0
  let flags = 0

  let start = 0
  let end = 0

  function locatePayload(offset: number, headBytes: number, limitBytes: number): Buffer {
    const lengthBytes = sizeBytes - headBytes
    if (flags !== 0 && lengthBytes > ENTRY_MAX_BYTES) throw new TooLarge('a compressed object is too large')
    const wantedBytes = flags === 0 ? Math.min(lengthBytes, limitBytes) : lengthBytes
    const { bytes } = pages.locate(offset + headBytes, wantedBytes)
    start = pages.at
    end = start + wantedBytes
    if (flags === 0) return bytes
    const plain = decompress(flags, bytes.subarray(start, end), limitBytes)
    start = 0
    end = plain.length
    return plain
  }

  return {
    get sizeBytes() {
      return sizeBytes
    },
    get flags() {
      return flags
    },
    object(offset, type, bytes) {
      const { headerBytes, endBytes } = bounds()
      if (offset % 8 !== 0 || offset < headerBytes || offset + bytes > endBytes)
        throw new CorruptPart(`an object would be at ${offset}`)
      const block = pages.locate(offset, bytes)
      const word = pages.at >> 2
      const first = block.words[word]!
      if ((first & 0xff) !== type) throw new CorruptPart(`the object at ${offset} has type ${first & 0xff}`)
      flags = (first >>> 8) & (COMPRESSED.xz | COMPRESSED.lz4 | COMPRESSED.zstd)
      sizeBytes = u64(block.words, word + 2)
      if (sizeBytes < bytes || offset + sizeBytes > endBytes)
        throw new CorruptPart(`the object at ${offset} would be ${sizeBytes} bytes long`)
      return block
    },
    payload(offset, headBytes, limitBytes) {
      return locatePayload(offset, headBytes, limitBytes).subarray(start, end)
    },
    locatePayload,
    get start() {
      return start
    },
    get end() {
      return end
    },
  }
}

/** Beyond 2^53 not exact, but still beyond every bound. */
export function u64(words: Uint32Array, word: number): number {
  return words[word + 1]! * 0x100000000 + words[word]!
}
