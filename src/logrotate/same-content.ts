/** Content of files a chunk at a time, and comparing it: how a run learns how far the one before it had come. */
import type { FileHandle } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'

const CHUNK_BYTES = 1024 * 1024

/** From the first byte to the last; each chunk is a buffer of its own. */
export async function* contentOf(file: FileHandle): AsyncGenerator<Buffer> {
  for (let position = 0; ; ) {
    const buffer = Buffer.allocUnsafe(CHUNK_BYTES)
    const { bytesRead } = await file.read(buffer, 0, buffer.length, position)
    if (bytesRead === 0) return
    position += bytesRead
    yield buffer.subarray(0, bytesRead)
  }
}

/** True when `long` begins with all of `short`. */
export async function isBeginningOf(short: FileHandle, long: FileHandle): Promise<boolean> {
  return (await matchingBytes(contentOf(short), long)) === (await short.stat()).size
}

/** True when the compressed file is whole and holds just what `plain` holds. Stops at the first byte that differs. */
export async function gunzipEquals(gzip: FileHandle, plain: FileHandle): Promise<boolean> {
  try {
    const matching = await pipeline(contentOf(gzip), createGunzip(), content => matchingBytes(content, plain))
    return matching === (await plain.stat()).size
  } catch (error) {
    // Z_*: cut short, or no gzip at all. ABORT_ERR: the comparison ended before the file did.
    if (/^(?:Z_|ABORT_ERR$)/.test(String((error as NodeJS.ErrnoException).code))) return false
    throw error
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
