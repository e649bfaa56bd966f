/** The manifest of a tree as it stands on disk: what `verify` compares, and what a rendered package gets. */
import { createHash } from 'node:crypto'
import { constants, type Dirent } from 'node:fs'
import { lstat, open, readdir, readlink } from 'node:fs/promises'
import { join } from 'node:path'
import type { ManifestEntry } from './manifest.ts'
import { compareIds } from './package-id.ts'

/** `unfit`: what no package holds, in words: `a socket`, `unreadable (EIO)`. */
export type FoundEntry = ManifestEntry | { readonly type: 'unfit'; readonly what: string }

const READ_BYTES = 1024 * 1024

/** Every entry below `root`, parents first, names sorted. Links are not followed; a directory that cannot be read is unfit. */
export async function* readTree(root: string, prefix = ''): AsyncGenerator<[path: string, entry: FoundEntry]> {
  let names: Dirent[]
  try {
    names = await readdir(join(root, prefix), { withFileTypes: true })
  } catch (error) {
    if (prefix !== '') yield [prefix, unreadable(error)]
    return
  }
  for (const { name } of names.sort((left, right) => compareIds(left.name, right.name))) {
    const path = prefix === '' ? name : `${prefix}/${name}`
    const entry = await readEntry(join(root, path)).catch(unreadable)
    yield [path, entry]
    if (entry.type === 'directory') yield* readTree(root, path)
  }
}

async function readEntry(path: string): Promise<FoundEntry> {
  const stat = await lstat(path)
  const mode = stat.mode & 0o7777
  if (stat.isDirectory()) return { type: 'directory', mode }
  if (stat.isSymbolicLink()) return { type: 'link', target: await readlink(path) }
  if (stat.isFile()) return { type: 'file', mode, ...(await digestOf(path)) }
  return { type: 'unfit', what: stat.isFIFO() ? 'a fifo' : stat.isSocket() ? 'a socket' : 'a device' }
}

async function digestOf(path: string): Promise<{ sizeBytes: number; sha256: string }> {
  // Not blocking: somebody may have put a fifo there in between.
  await using file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  const hash = createHash('sha256')
  const buffer = Buffer.allocUnsafe(READ_BYTES)
  for (let sizeBytes = 0; ; ) {
    const { bytesRead } = await file.read(buffer, 0, buffer.length, sizeBytes)
    if (bytesRead === 0) return { sizeBytes, sha256: hash.digest('hex') }
    sizeBytes += bytesRead
    hash.update(buffer.subarray(0, bytesRead))
  }
}

function unreadable(error: unknown): FoundEntry {
  return { type: 'unfit', what: `unreadable (${(error as NodeJS.ErrnoException).code})` }
}
