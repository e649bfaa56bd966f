/**
 * Writes the entries of a package tarball into a new directory. Symbolic links are made when all files are written, so none
 * can be written through; every name is made once, so none can be replaced.
 */
import {
  closeSync,
  constants,
  fchmodSync,
  fsync,
  fsyncSync,
  futimesSync,
  linkSync,
  mkdirSync,
  openSync,
  symlinkSync,
  writeSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import type { ReadEntry } from 'tar'
import { faults } from './errors.ts'
import { planEntry } from './extract-entry.ts'

/** The largest package of 1.9 has 12,000. */
export const ENTRIES_MAX = 200_000
/** fsync calls under way: the file system commits them together. */
const SYNC_PARALLEL = 16

export interface PackageWriter {
  /** Takes the entry and its data as it comes. Throws, or calls `fail` later on, with PKGPANDA_TARBALL_HOSTILE or the system's error. */
  entry(entry: ReadEntry, fail: (error: unknown) => void): void
  /** Links, modes, and everything on disk. */
  finish(): Promise<void>
  /** Closes what is open; the directory is the caller's to remove. */
  abandon(): void
}

/** `root` is new and empty. `what` and `finalDirectory` as in planEntry. */
export function openPackageWriter(root: string, what: string, finalDirectory: string): PackageWriter {
  const directories = new Map<string, number>()
  const files = new Set<string>()
  const symlinks: { path: string; target: string }[] = []
  let count = 0
  let current: number | undefined

  const twice = (path: string) => faults.TARBALL_HOSTILE(what, path, 'is there twice')
  const ensureParents = (path: string) => {
    const parent = dirname(path)
    if (parent === '.' || directories.has(parent)) return
    ensureParents(parent)
    makeDirectory(parent, 0o755)
  }
  const makeDirectory = (path: string, mode: number) => {
    if (files.has(path)) throw twice(path)
    if (!directories.has(path)) mkdirSync(join(root, path))
    directories.set(path, mode)
  }
  const writeFile = (path: string, mode: number, entry: ReadEntry, fail: (error: unknown) => void) => {
    if (files.has(path) || directories.has(path)) throw twice(path)
    files.add(path)
    const file = openSync(
      join(root, path),
      constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW,
      0o600,
    )
    current = file
    entry.on('data', (chunk: Buffer) =>
      guarded(() => {
        for (let written = 0; written < chunk.length; ) written += writeSync(file, chunk, written)
      }, fail),
    )
    entry.on('end', () =>
      guarded(() => {
        current = undefined
        fchmodSync(file, mode)
        // Compiled Python checks the age of its source.
        if (entry.mtime) futimesSync(file, entry.mtime, entry.mtime)
        closeSync(file)
      }, fail),
    )
  }

  return {
    entry(entry, fail) {
      count += 1
      if (count > ENTRIES_MAX) throw faults.TARBALL_HOSTILE(what, entry.path, `is one more than ${ENTRIES_MAX} entries`)
      const plan = planEntry(entry, what, finalDirectory)
      if (plan) ensureParents(plan.path)
      if (plan?.kind === 'file') return writeFile(plan.path, plan.mode, entry, fail)
      if (plan?.kind === 'directory') makeDirectory(plan.path, plan.mode)
      if (plan?.kind === 'symlink') symlinks.push(plan)
      if (plan?.kind === 'hardlink') {
        // Only to a file of this archive that is there already: never to a link, never to anything outside.
        if (!files.has(plan.target))
          throw faults.TARBALL_HOSTILE(what, plan.path, `is a hard link to ${plan.target}, which is no file before it`)
        if (files.has(plan.path) || directories.has(plan.path)) throw twice(plan.path)
        files.add(plan.path)
        linkSync(join(root, plan.target), join(root, plan.path))
      }
      entry.resume()
    },
    async finish() {
      if (current !== undefined) throw faults.TARBALL_UNREADABLE(what, 'it ends in the middle of a file')
      for (const { path, target } of symlinks) {
        if (files.has(path) || directories.has(path)) throw twice(path)
        files.add(path)
        symlinkSync(target, join(root, path))
      }
      const links = new Set(symlinks.map(({ path }) => path))
      await syncFiles([...files].filter(path => !links.has(path)).map(path => join(root, path)))
      // Deepest first, modes last: a directory may be meant to be read-only.
      for (const [path, mode] of [...directories].sort().reverse()) syncDirectory(join(root, path), mode)
      syncDirectory(root)
    },
    abandon() {
      if (current !== undefined) closeSync(current)
      current = undefined
    },
  }
}

async function syncFiles(paths: string[]): Promise<void> {
  const queue = paths.values()
  const work = async () => {
    for (const path of queue) {
      const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW)
      try {
        await new Promise<void>((resolve, reject) => fsync(file, error => (error ? reject(error) : resolve())))
      } finally {
        closeSync(file)
      }
    }
  }
  await Promise.all(Array.from({ length: SYNC_PARALLEL }, work))
}

/** The directory's names on disk, and with them its mode. */
function syncDirectory(path: string, mode?: number): void {
  const directory = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY)
  try {
    if (mode !== undefined) fchmodSync(directory, mode)
    fsyncSync(directory)
  } finally {
    closeSync(directory)
  }
}

/** Runs `work`; what it throws goes to `fail`, since an event handler has nobody to throw to. */
export function guarded(work: () => void, fail: (error: unknown) => void): void {
  try {
    work()
  } catch (error) {
    fail(error)
  }
}
