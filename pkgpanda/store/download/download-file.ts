/** The file that a download is written to, with the digest of what is in it so far; it may begin with what is there already. */
import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'

const READ_BYTES = 1024 * 1024

export interface DownloadFile extends AsyncDisposable {
  readonly path: string
  /** Bytes in it. */
  sizeBytes(): number
  append(chunk: Buffer): Promise<void>
  /** Forgets all bytes. */
  restart(): Promise<void>
  /** sha256 in hex; nothing can be appended afterwards. */
  digest(): string
}

/** Rejects with the system's errors. `keep`: what is there is read and counted; else it is thrown away. */
export async function openDownloadFile(path: string, keep: boolean): Promise<DownloadFile> {
  const { O_RDWR, O_CREAT, O_NOFOLLOW, O_TRUNC } = constants
  const handle = await open(path, O_RDWR | O_CREAT | O_NOFOLLOW | (keep ? 0 : O_TRUNC), 0o600)
  let hash = createHash('sha256')
  let sizeBytes = 0
  try {
    if (keep) {
      for await (const chunk of readFrom(handle)) {
        hash.update(chunk)
        sizeBytes += chunk.length
      }
    }
  } catch (error) {
    await handle.close()
    throw error
  }
  return {
    path,
    sizeBytes: () => sizeBytes,
    async append(chunk) {
      const position = sizeBytes
      sizeBytes += chunk.length
      const written = writeAll(handle, chunk, position)
      // While the thread pool writes.
      hash.update(chunk)
      await written
    },
    async restart() {
      hash = createHash('sha256')
      sizeBytes = 0
      await handle.truncate(0)
    },
    digest: () => hash.digest('hex'),
    [Symbol.asyncDispose]: () => handle.close(),
  }
}

/** A file from its beginning, piece by piece in one buffer: a piece is good until the next is asked for. */
export async function* readFrom(handle: FileHandle): AsyncGenerator<Buffer> {
  const buffer = Buffer.alloc(READ_BYTES)
  for (let position = 0; ; ) {
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, position)
    if (bytesRead === 0) return
    position += bytesRead
    yield buffer.subarray(0, bytesRead)
  }
}

async function writeAll(handle: FileHandle, chunk: Buffer, position: number): Promise<void> {
  for (let done = 0; done < chunk.length; ) {
    const { bytesWritten } = await handle.write(chunk, done, chunk.length - done, position + done)
    done += bytesWritten
  }
}
