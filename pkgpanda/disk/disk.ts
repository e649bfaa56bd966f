/**
 * Everything that staging and swapping do to the disk, step by step and durable. One interface, so that tests can stop the
 * program before any step. Synchronous: a swap is a few milliseconds in which nothing else of this process may run.
 */
import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  closeSync,
  constants,
  cpSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  writeSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { explainNoSpace } from './space.ts'

export type DiskOperation = 'mkdir' | 'write' | 'symlink' | 'rename' | 'remove' | 'sync'

export interface Disk {
  /** One directory, mode 0755; its parent exists. */
  makeDirectory(path: string): void
  /** A new file with its content on disk; fails when the name is taken. */
  writeFile(path: string, content: string | Uint8Array, mode?: number): void
  /** Never on existing names. */
  makeLink(target: string, path: string): void
  rename(from: string, to: string): void
  /** A tree or file, or nothing at all. */
  remove(path: string): void
  /** A directory that holds nothing; another one, or none, stays as it is. */
  removeEmpty(path: string): void
  /** Names and renames in the directory survive a power cut. */
  syncDirectory(path: string): void
}

export interface DiskOptions {
  /** Called before each step; what it throws stops the program there. */
  before?: (operation: DiskOperation, path: string) => void
  rename?: (from: string, to: string) => void
}

/** Beside a name that has been copied elsewhere and whose removal may have been interrupted. */
const COPIED = '.copied'

/** Ends the removal of what was copied; nothing happens when there is none. */
export function removeCopied(disk: Disk, path: string): void {
  if (!existsSync(path + COPIED)) return
  disk.remove(path)
  disk.remove(path + COPIED)
}

/**
 * Replaces a file's content; on disk when it returns, and after a crash the old one or the new one, never a part. Throws
 * PKGPANDA_NO_SPACE or the system's error, the old content standing. The temporary name is always the same, `x.tmp`: what a
 * crash leaves is overwritten.
 */
export function replaceFile(disk: Disk, path: string, content: string): void {
  const temporary = `${path}.tmp`
  disk.remove(temporary)
  try {
    disk.writeFile(temporary, content)
    disk.rename(temporary, path)
  } catch (error) {
    disk.remove(temporary)
    throw explainNoSpace(error, path)
  }
  disk.syncDirectory(dirname(path))
}

export function openDisk({ before = () => {}, rename = renameSync }: DiskOptions = {}): Disk {
  return {
    makeDirectory(path) {
      before('mkdir', path)
      mkdirSync(path)
      // The umask of a caller (the API) may be narrower than the command line's 022.
      chmodSync(path, 0o755)
    },
    writeFile(path, content, mode = 0o644) {
      before('write', path)
      const file = openSync(
        path,
        constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW,
        mode,
      )
      try {
        const bytes = typeof content === 'string' ? Buffer.from(content) : content
        for (let written = 0; written < bytes.length; ) written += writeSync(file, bytes, written)
        chmodSync(path, mode)
        before('sync', path)
        fsyncSync(file)
      } finally {
        closeSync(file)
      }
    },
    makeLink(target, path) {
      before('symlink', path)
      symlinkSync(target, path)
    },
    rename(from, to) {
      before('rename', from)
      try {
        rename(from, to)
      } catch (error) {
        // overlay and aufs cannot rename a directory of a lower layer: EXDEV, although both names are side by side.
        if ((error as NodeJS.ErrnoException).code !== 'EXDEV') throw error
        const copy = `${to}.copy`
        rmSync(copy, { recursive: true, force: true })
        cpSync(from, copy, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true })
        // Before the only good copy goes: all of it at once, by sync(1), since Node has no syncfs.
        spawnSync('sync', ['--file-system', copy])
        renameSync(copy, to)
        // Half of it would look like something that still has to be moved.
        closeSync(openSync(from + COPIED, constants.O_WRONLY | constants.O_CREAT, 0o600))
        removeCopied(this, from)
      }
    },
    remove(path) {
      before('remove', path)
      rmSync(path, { recursive: true, force: true })
    },
    removeEmpty(path) {
      before('remove', path)
      try {
        rmdirSync(path)
      } catch (error) {
        // ENOTEMPTY: somebody else's files lie there too. ENOENT: done before.
        if (!['ENOTEMPTY', 'EEXIST', 'ENOENT'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
      }
    },
    syncDirectory(path) {
      before('sync', path)
      const directory = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY)
      try {
        fsyncSync(directory)
      } finally {
        closeSync(directory)
      }
    },
  }
}
