/**
 * Writing a package repository (pkgpanda 3.1): files go in whole, then the index names them, so that a node that reads
 * meanwhile never meets a file it was not told of. Shared by `npm run build` and genconf.
 */
import { createHash, randomBytes } from 'node:crypto'
import { mkdir, open, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { syncDirectory } from '../../src/shared/fs/atomic-write.ts'
import type { Index, IndexEntry } from '../store/index-format.ts'
import { loadIndex, writeIndex } from './index-file.ts'
import { type IndexSigning, UNSIGNED } from './index-signing.ts'
import { lockRepository } from './repository-lock.ts'
import { sha256Of } from './sources/source-files.ts'

export interface RepositoryWriter extends AsyncDisposable {
  readonly directory: string
  /** True when the file is there and is what the index says, and `text`, when that is given. Reads the whole file. */
  has(path: string, text?: string): Promise<boolean>
  /** Puts a file in place of the old one. It counts for readers from commit() on. */
  put(path: string, content: string | Uint8Array | readonly Uint8Array[]): Promise<void>
  /** Writes the index, without the files that are gone, and its signature. */
  commit(): Promise<void>
}

/**
 * Opens it for writing, makes it when missing, and waits for another writer. Rejects with BUILD_INDEX_MALFORMED and the
 * system's errors.
 */
export async function openRepository(
  directory: string,
  onWait: () => void = () => {},
  signing: IndexSigning = UNSIGNED,
): Promise<RepositoryWriter> {
  await mkdir(directory, { recursive: true })
  const lock = await lockRepository(directory, onWait)
  let index: Map<string, IndexEntry>
  try {
    index = new Map(await loadIndex(directory))
  } catch (error) {
    await lock[Symbol.asyncDispose]()
    throw error
  }
  return {
    directory,
    async has(path, text) {
      const entry = index.get(path)
      if (!entry || (text !== undefined && (await sha256Of(Buffer.from(text))) !== entry.sha256)) return false
      const file = join(directory, path)
      const size = await sizeOf(file)
      return size === entry.sizeBytes && (await sha256Of(file)) === entry.sha256
    },
    async put(path, content) {
      const pieces = typeof content === 'string' || content instanceof Uint8Array ? [content] : content
      index.set(
        path,
        await writeFile(
          join(directory, path),
          pieces.map(each => toBuffer(each)),
        ),
      )
    },
    async commit() {
      await writeIndex(directory, await existing(directory, index), signing)
    },
    [Symbol.asyncDispose]: () => lock[Symbol.asyncDispose](),
  }
}

async function writeFile(file: string, pieces: readonly Buffer[]): Promise<IndexEntry> {
  await mkdir(dirname(file), { recursive: true })
  const temporary = join(dirname(file), `.${basename(file)}.${randomBytes(6).toString('hex')}`)
  const hash = createHash('sha256')
  let sizeBytes = 0
  try {
    const handle = await open(temporary, 'wx', 0o644)
    try {
      for (const piece of pieces) {
        hash.update(piece)
        sizeBytes += piece.length
        await handle.writeFile(piece)
      }
      await handle.chmod(0o644)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(temporary, file)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
  await syncDirectory(dirname(file))
  return { sha256: hash.digest('hex'), sizeBytes }
}

async function existing(directory: string, index: Index): Promise<Index> {
  const kept = new Map<string, IndexEntry>()
  for (const [path, entry] of index) {
    if ((await sizeOf(join(directory, path))) === entry.sizeBytes) kept.set(path, entry)
  }
  return kept
}

async function sizeOf(file: string): Promise<number | undefined> {
  return stat(file).then(
    ({ size }) => size,
    () => undefined,
  )
}

function toBuffer(content: string | Uint8Array): Buffer {
  if (typeof content === 'string') return Buffer.from(content)
  return Buffer.from(content.buffer, content.byteOffset, content.byteLength)
}
