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
      return zstdDecompressSync(payload, { maxOutputLength: limitBytes })
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
