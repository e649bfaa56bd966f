/** Payloads of compressed data objects: flags of the object → the first bytes of its value. Bounded in what comes out. */
import { zstdDecompressSync } from 'node:zlib'
import { CorruptPart } from './corrupt.ts'
import { decodeLz4Block } from './lz4.ts'
import { decodeXz } from './xz.ts'

/** Flags of an object; at most one is set. */
export const COMPRESSED = { xz: 1, lz4: 2, zstd: 4 } as const

/** journald's own limit of a field; a length beyond it is not a journal's. */
const DATA_MAX_BYTES = 768 * 1024 * 1024

/** The value would need more memory than a reader may take. */
export class TooLarge extends Error {
  override readonly name = 'TooLarge'
}

/**
 * At most `limitBytes` of what `payload` holds. Throws CorruptPart for what cannot be decoded, TooLarge for ZSTD frames beyond the
 * limit, of which no part can be had without the whole.
 */
export function decompress(flags: number, payload: Buffer, limitBytes: number): Buffer {
  if (flags === COMPRESSED.zstd) {
    try {
      return zstdDecompressSync(payload, { maxOutputLength: limitBytes, chunkSize: chunkBytes(payload, limitBytes) })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE')
        throw new TooLarge('a ZSTD object is too large')
      throw new CorruptPart('a ZSTD object cannot be decoded')
    }
  }
  if (flags === COMPRESSED.lz4) {
    const sizeBytes = payload.length < 8 ? 0n : payload.readBigUInt64LE(0)
    if (sizeBytes < 1n || sizeBytes > DATA_MAX_BYTES)
      throw new CorruptPart('an LZ4 object has a size no field can have')
    return decodeLz4Block(payload.subarray(8), Number(sizeBytes), limitBytes)
  }
  if (flags === COMPRESSED.xz) return decodeXz(payload, limitBytes)
  throw new CorruptPart(`an object has the flags ${flags}`)
}

const CHUNK_MIN_BYTES = 64

/**
 * One chunk for all that comes out, and a byte more, by which zlib sees that there is none: by its own 16 KiB eight megabytes would be made
 * twice, in 512 pieces. From the frame's header (RFC 8878 3.1.1.1).
 */
function chunkBytes(frame: Buffer, limitBytes: number): number | undefined {
  const descriptor = frame[4] ?? 0
  const single = (descriptor & 0x20) !== 0
  const at = 5 + (single ? 0 : 1) + [0, 1, 2, 4][descriptor & 3]!
  const sizeBytes = [single ? 1 : 0, 2, 4, 8][descriptor >> 6]!
  if (sizeBytes === 0 || frame.length < at + sizeBytes) return undefined
  const content = sizeBytes === 8 ? Number(frame.readBigUInt64LE(at)) : frame.readUIntLE(at, sizeBytes)
  return Math.max(CHUNK_MIN_BYTES, Math.min(content + (sizeBytes === 2 ? 256 : 0), limitBytes) + 1)
}
