/** Compares files by content, a chunk at a time: how a run learns how far the one before it had come. */
import type { FileHandle } from 'node:fs/promises'
import { createGunzip } from 'node:zlib'

const CHUNK_BYTES = 1024 * 1024

/** True when `long` begins with all of `short`. */
export async function isBeginningOf(short: FileHandle, long: FileHandle): Promise<boolean> {
  const position = await matchingBytes(short.createReadStream({ start: 0, autoClose: false }), long)
  return position === (await short.stat()).size
}

/** True when the compressed file is whole and holds just what `plain` holds. Stops at the first byte that differs. */
export async function gunzipEquals(gzip: FileHandle, plain: FileHandle): Promise<boolean> {
  const source = gzip.createReadStream({ start: 0, autoClose: false })
  const gunzip = createGunzip()
  source.on('error', error => gunzip.destroy(error)).pipe(gunzip)
  try {
    return (await matchingBytes(gunzip, plain)) === (await plain.stat()).size
  } catch (error) {
    // Cut short, or no gzip at all.
    if (String((error as NodeJS.ErrnoException).code).startsWith('Z_')) return false
    throw error
  } finally {
    source.destroy()
  }
}

/** How many bytes of `stream` were found in `file`, when all of them were; else -1. */
async function matchingBytes(stream: AsyncIterable<Buffer>, file: FileHandle): Promise<number> {
  const other = Buffer.allocUnsafe(CHUNK_BYTES)
  let position = 0
  for await (const chunk of stream) {
    for (let at = 0; at < chunk.length; ) {
      const { bytesRead } = await file.read(other, 0, Math.min(other.length, chunk.length - at), position)
      if (bytesRead === 0 || !chunk.subarray(at, at + bytesRead).equals(other.subarray(0, bytesRead))) return -1
      at += bytesRead
      position += bytesRead
    }
  }
  return position
}
