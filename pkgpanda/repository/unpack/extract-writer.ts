/**
 * Writes the entries of a package tarball into a new directory. Symbolic links are made when all files are written, so none
 * can be written through; every name is made once, so none can be replaced.
 */
import { createHash } from 'node:crypto'
import {
  closeSync,
  constants,
  fchmodSync,
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
import { explainNoSpace } from '../../disk/space.ts'
import { faults } from '../../errors.ts'
import type { Manifest, ManifestEntry } from '../../package/manifest.ts'
import { planEntry } from './extract-entry.ts'
import { openFileSync } from './file-sync.ts'

/** The largest package of 1.9 has 12,000. */
export const ENTRIES_MAX = 200_000

export interface PackageWriter {
  /** Takes the entry and its data as it comes. Throws, or calls `fail` later on, with PKGPANDA_TARBALL_HOSTILE or the system's error. */
  entry(entry: ReadEntry, fail: (error: unknown) => void): void
  /** Links, modes, and everything on disk. Resolves to what is there now. */
  finish(): Promise<Manifest>
  /** Resolves when the disk keeps up. Rejects with what failed there. */
  room(): Promise<void>
  /** Closes what is open; the directory is the caller's to remove. */
  abandon(): Promise<void>
}

/** `root` is new and empty. `what` and `finalDirectory` as in planEntry. */
export function openPackageWriter(root: string, what: string, finalDirectory: string): PackageWriter {
  const directories = new Map<string, number>()
  const files = new Map<string, ManifestEntry>()
  const symlinks: { path: string; target: string }[] = []
  const sync = openFileSync()
  let current: number | undefined

  const twice = (path: string) => faults.TARBALL_HOSTILE(what, path, 'is there twice')
  /** Directories that only a path names count as well: one entry could bring a thousand of them. */
  const count = (path: string) => {
    if (directories.size + files.size + symlinks.length < ENTRIES_MAX) return
    throw faults.TARBALL_HOSTILE(what, path, `is one more than ${ENTRIES_MAX} entries`)
  }
  const requireNew = (path: string) => {
    // Names that differ in case only are two names on the file systems of nodes; where they are not, O_EXCL fails.
    if (files.has(path) || directories.has(path)) throw twice(path)
    count(path)
  }
  const ensureParents = (path: string) => {
    const parent = dirname(path)
    if (parent === '.' || directories.has(parent)) return
    ensureParents(parent)
    makeDirectory(parent, 0o755)
  }
  const makeDirectory = (path: string, mode: number) => {
    if (files.has(path)) throw twice(path)
    if (!directories.has(path)) {
      count(path)
      mkdirSync(join(root, path))
    }
    directories.set(path, mode)
  }
  const writeFile = (path: string, mode: number, entry: ReadEntry, fail: (error: unknown) => void) => {
    requireNew(path)
    const name = join(root, path)
    const file = openSync(name, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW, 0o600)
    current = file
    const hash = createHash('sha256')
    let sizeBytes = 0
    // Held already: an entry without data may end before the next one is looked at.
    files.set(path, { type: 'file', mode, sizeBytes, sha256: '' })
    const failHere = (error: unknown) => fail(explainNoSpace(error, name))
    entry.on('data', (chunk: Buffer) =>
      guarded(() => {
        for (let written = 0; written < chunk.length; ) written += writeSync(file, chunk, written)
        hash.update(chunk)
        sizeBytes += chunk.length
        sync.written(file, chunk.length)
      }, failHere),
    )
    entry.on('end', () =>
      guarded(() => {
        fchmodSync(file, mode)
        // Compiled Python checks the age of its source.
        if (entry.mtime) futimesSync(file, entry.mtime, entry.mtime)
        current = undefined
        sync.finish(file, name)
        files.set(path, { type: 'file', mode, sizeBytes, sha256: hash.digest('hex') })
      }, failHere),
    )
  }
  const linkFile = (path: string, target: string) => {
    // Only to a file of this archive that is there already: never to a link, never to anything outside.
    const entry = files.get(target)
    if (entry === undefined) {
      throw faults.TARBALL_HOSTILE(what, path, `is a hard link to ${target}, which is no file before it`)
    }
    requireNew(path)
    linkSync(join(root, target), join(root, path))
    files.set(path, entry)
  }

  return {
    entry(entry, fail) {
      const plan = planEntry(entry, what, finalDirectory)
      if (plan) ensureParents(plan.path)
      if (plan?.kind === 'file') return writeFile(plan.path, plan.mode, entry, fail)
      if (plan?.kind === 'directory') makeDirectory(plan.path, plan.mode)
      if (plan?.kind === 'hardlink') linkFile(plan.path, plan.target)
      if (plan?.kind === 'symlink') {
        count(plan.path)
        symlinks.push(plan)
      }
      entry.resume()
    },
    async finish() {
      if (current !== undefined) throw faults.TARBALL_UNREADABLE(what, 'it ends in the middle of a file')
      const links = new Map<string, ManifestEntry>()
      for (const { path, target } of symlinks) {
        if (files.has(path) || directories.has(path) || links.has(path)) throw twice(path)
        links.set(path, { type: 'link', target })
        symlinkSync(target, join(root, path))
      }
      await sync.settle()
      // Deepest first, modes last: a directory may be meant to be read-only.
      for (const [path, mode] of [...directories].sort().reverse()) syncDirectory(join(root, path), mode)
      syncDirectory(root)
      const made = [...directories].map(([path, mode]) => [path, { type: 'directory', mode }] as const)
      return new Map<string, ManifestEntry>([...files, ...links, ...made])
    },
    room: () => sync.room(),
    async abandon() {
      // What failed is known already.
      await sync.settle().catch(() => {})
      if (current !== undefined) closeSync(current)
      current = undefined
    },
  }
}

/** The directory's names on disk, and with them its mode. */
function syncDirectory(path: string, mode?: number): void {
  const directory = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY)
  try {
    if (mode !== undefined) fchmodSync(directory, mode)
    fsyncSync(directory)
  } catch (error) {
    throw explainNoSpace(error, path)
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
