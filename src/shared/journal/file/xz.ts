/** One .xz stream (xz-file-format.txt 1.2 of XZ Utils), as objects of systemd 38 to 208, and later ones where it was built or told to. */
import { crc32 } from 'node:zlib'
import { CorruptPart } from './corrupt.ts'
import { decodeLzma2 } from './lzma2.ts'

const MAGIC = Buffer.from('fd377a585a00', 'hex')
const HEADER_BYTES = 12
const LZMA2 = 0x21
/** Bytes of a block's check, by its kind. */
const CHECK_BYTES = [0, 4, 4, 4, 8, 8, 8, 16, 16, 16, 32, 32, 32, 64, 64, 64]

/**
 * The first `limitBytes` of what `stream` holds. Checks of its headers are verified; journald writes none of the content, and the index
 * behind the blocks repeats what is known. Throws CorruptPart.
 */
export function decodeXz(stream: Buffer, limitBytes: number): Buffer {
  if (stream.length < HEADER_BYTES || !stream.subarray(0, MAGIC.length).equals(MAGIC))
    throw new CorruptPart('an XZ object does not begin as one')
  const check = stream[7]!
  if (stream[6] !== 0 || check > 0xf || crc32(stream.subarray(6, 8)) !== stream.readUInt32LE(8))
    throw new CorruptPart('an XZ object has a broken header')
  const window = { bytes: Buffer.alloc(0), start: 0, to: 0 }
  let at = HEADER_BYTES
  // A zero begins the index. No object has more than one block; each is longer than nothing, so they end.
  while (stream[at] !== 0 && window.to < limitBytes) {
    at = decodeLzma2(stream, afterBlockHeader(stream, at), window, limitBytes)
    at = ((at + 3) & ~3) + CHECK_BYTES[check]!
  }
  return window.bytes.subarray(0, window.to)
}

/** Where the content of the block at `at` begins. Sizes, which it may have, are not used: chunks tell theirs. */
function afterBlockHeader(stream: Buffer, at: number): number {
  const end = at + (at < stream.length ? (stream[at]! + 1) * 4 : 0)
  if (end <= at || end > stream.length) throw new CorruptPart('an XZ object ends early')
  const header = stream.subarray(at, end - 4)
  if (crc32(header) !== stream.readUInt32LE(end - 4)) throw new CorruptPart('an XZ object has a broken block header')
  const flags = header[1]!
  // One filter, LZMA2, whose property is the size of the dictionary; here that is all that came out.
  let filter = 2
  for (const hasSize of [flags & 0x40, flags & 0x80]) {
    if (hasSize === 0) continue
    while (header[filter]! >= 0x80) filter++
    filter++
  }
  if ((flags & 0x3f) !== 0 || header[filter] !== LZMA2 || header[filter + 1] !== 1)
    throw new CorruptPart('an XZ object has another filter than LZMA2')
  return end
}
