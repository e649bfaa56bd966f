/**
 * The journal files of directories, as journald keeps them: `*.journal`, and `*.journal~` that were not closed properly, in the directory
 * and in those of machine ids below it. Renamed files are known by their inode; of removed ones readers get what is in memory.
 */
import { closeSync, constants, fstatSync, lstatSync, openSync, watch } from 'node:fs'
import { join } from 'node:path'
import type { Clock } from '../../time/clock.ts'
import type { JournalObserver } from '../admission.ts'
import { CorruptPart, RemovedFile } from './corrupt.ts'
import { createDataCache } from './data-cache.ts'
import { createDirectoryWatcher } from './directory-watcher.ts'
import type { FileSet, Snapshot } from './file-set.ts'
import { UnsupportedFile } from './header.ts'
import { directoriesIn, type JournalDirectory, namesIn, tooManyOpen } from './journal-directories.ts'
import { type JournalFile, openJournalFile } from './journal-file.ts'
import { newestOf } from './newest.ts'
import { createPageCache } from './pages.ts'
import type { Numbered } from './passed.ts'
import { descriptorSource } from './source.ts'

export interface DirectoryOptions {
  /** At least one must be there, unless all are optional. */
  directories: readonly JournalDirectory[]
  observe: JournalObserver
  /** Told once of each file that has a broken part, and once of one that is left out because there are too many. */
  corrupt(path: string, what: string): void
  clock: Clock
  /** FILES_MAX unless given. */
  filesMax?: number
  /** fs.watch unless given. */
  watchDirectory?: typeof watch
}

export interface DirectorySet extends FileSet {
  /** Closes all files that no reader is in; the next `refresh` opens them again. */
  close(): void
}

const NAME = /\.journal~?$/
/** An archived file's name is never used again. */
const ARCHIVED_NAME = /@.*\.journal$/

/** Far above what SystemMaxFiles= allows by default (100); each is a descriptor. */
const FILES_MAX = 4096

/** Removed files that readers are still in keep their space on the disk: so many at most. */
const REMOVED_MAX = 8

/** 2.5 MiB of blocks. */
const PAGES_MAX = 40

/** While files come and go. */
const LOOKS_MAX = 4

/** A look that one follower took serves the others. */
const SHARED_LOOK_MS = 10

// No link is followed out of the directory, and nothing waits for the other end of a pipe.
const OPEN_FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK

interface Known {
  readonly key: string
  path: string
  readonly file: JournalFile
  users: number
  removed: boolean
  reported: boolean
}

export function openDirectories(options: DirectoryOptions): DirectorySet {
  const { directories, observe, corrupt, clock, filesMax = FILES_MAX, watchDirectory = watch } = options
  const pages = createPageCache(PAGES_MAX)
  const shared = createDataCache()
  /** Device and inode → file. */
  const known = new Map<string, Known>()
  const byPath = new Map<string, Known>()
  const byFile = new WeakMap<JournalFile, Known>()
  /** Files that cannot be read → their state then, after a change of which they are tried again. */
  const refused = new Map<string, { state: string; reported: boolean; unsupported: string | undefined }>()
  const watcher = createDirectoryWatcher(directoriesNow, clock, watchDirectory)
  let taken = 0
  /** Of the last look: files above the limit. */
  let leftOut = 0
  let toldLeftOut = false
  let whole = true
  let last: { files: Known[]; whole: boolean; newest: Map<string, Numbered>; events: number; atMs: number } | undefined

  /** The directories that may hold files now. */
  function directoriesNow(): string[] {
    try {
      return directoriesIn(directories)
    } catch (error) {
      observe.failed?.()
      throw error
    }
  }

  /** True when files came or went. */
  function scan(): boolean {
    const before = [...known.values()]
    const seen = new Set<Known>()
    const seenRefused = new Set<string>()
    leftOut = 0
    whole = true
    for (const place of directoriesNow()) {
      for (const name of namesIn(place)) {
        if (!NAME.test(name)) continue
        const path = join(place, name)
        const named = byPath.get(path)
        if (named && ARCHIVED_NAME.test(name)) seen.add(named)
        else {
          const found = look(path, seenRefused)
          if (found === undefined) whole = false
          else if (found !== 'empty') seen.add(found)
        }
      }
    }
    for (const each of known.values()) if (!seen.has(each)) each.removed = true
    observe.filesLeftOut?.(leftOut)
    for (const key of refused.keys()) if (!seenRefused.has(key)) refused.delete(key)
    sweep()
    return known.size !== before.length || before.some(each => each.removed || !known.has(each.key))
  }

  /** The file of a path, opened if it is not known. Empty is what journald is just about to write a header to. */
  function look(path: string, seenRefused: Set<string>): Known | 'empty' | undefined {
    let fd: number | undefined
    let admitted: Known | undefined
    try {
      const { dev, ino, size, mtimeMs } = lstatSync(path)
      const key = `${dev}:${ino}`
      const state = `${size} ${mtimeMs}`
      const found = known.get(key)
      if (found) {
        found.removed = false
        if (byPath.get(found.path) === found) byPath.delete(found.path)
        found.path = path
        byPath.set(path, found)
        return found
      }
      if (size === 0) return 'empty'
      const before = refused.get(key)
      seenRefused.add(key)
      if (before?.state === state) return undefined
      if (known.size >= filesMax) {
        if (!toldLeftOut) corrupt(path, `more than ${filesMax} files are there, of which so many are read`)
        toldLeftOut = true
        leftOut++
        return undefined
      }
      fd = openSync(path, OPEN_FLAGS)
      const stats = fstatSync(fd)
      // Renamed in between: the next look finds it.
      if (!stats.isFile() || `${stats.dev}:${stats.ino}` !== key) return undefined
      admitted = admit(key, path, fd, state)
      return admitted
    } catch (error) {
      const tooMany = tooManyOpen(error)
      if (tooMany) throw tooMany
      if ((error as NodeJS.ErrnoException).code === undefined) throw error
      // Gone meanwhile, a link, or another user's: journalctl passes over them too.
      return undefined
    } finally {
      if (fd !== undefined && !admitted) closeSync(fd)
    }
  }

  function admit(key: string, path: string, fd: number, state: string): Known | undefined {
    try {
      const file = openJournalFile(descriptorSource(fd), pages, shared, {
        corrupt: error => report(file, error),
        cut: count => observe.fieldsCut?.(count),
      })
      const entry: Known = { key, path, file, users: 0, removed: false, reported: false }
      known.set(key, entry)
      byPath.set(path, entry)
      byFile.set(file, entry)
      refused.delete(key)
      return entry
    } catch (error) {
      // It went a moment after it was found.
      if (error instanceof RemovedFile) return undefined
      const unsupported = error instanceof UnsupportedFile
      if (!unsupported && !(error instanceof CorruptPart)) throw error
      const reported = refused.get(key)?.reported ?? false
      refused.set(key, { state, reported: true, unsupported: unsupported ? `${path}: ${error.message}` : undefined })
      if (!unsupported) observe.corrupt?.()
      if (!reported) corrupt(path, error.message)
      return undefined
    }
  }

  function report(file: JournalFile, error: CorruptPart): void {
    // What was taken from under a reader is no fault of the file.
    if (file.closed) return
    const entry = byFile.get(file)
    if (error instanceof RemovedFile) {
      if (entry) forget(entry)
      return
    }
    observe.corrupt?.()
    if (!entry || entry.reported) return
    entry.reported = true
    corrupt(entry.path, error.message)
  }

  /** Closes what was removed and nobody is in, and the oldest of what is left above the limit. */
  function sweep(): void {
    const removed = [...known.values()].filter(each => each.removed)
    let over = removed.filter(({ users }) => users > 0).length - REMOVED_MAX
    for (const each of removed) {
      if (each.users > 0 && over-- <= 0) continue
      forget(each)
    }
  }

  function forget(each: Known): void {
    if (each.users > 0) {
      taken++
      // Older files of that look went before it, unread since: to the next follower they would vouch for what he lost.
      last = undefined
    }
    each.file.close()
    known.delete(each.key)
    if (byPath.get(each.path) === each) byPath.delete(each.path)
  }

  function reread(): void {
    for (const each of known.values()) {
      if (each.removed || each.file.header.finished) continue
      try {
        each.file.refresh()
      } catch (error) {
        if (!(error instanceof CorruptPart || error instanceof UnsupportedFile)) throw error
        report(each.file, error instanceof RemovedFile ? error : new CorruptPart(error.message))
      }
    }
  }

  function lookTwice(): NonNullable<typeof last> {
    const { events } = watcher
    scan()
    reread()
    // What is numbered up to here was written before; so it is in what the second look reads, whichever file it went to.
    const tails = [...known.values()].map(each => ({ each, header: each.file.header }))
    // A rotation between listing and looking hides a file for once.
    for (let looks = 1; scan() && looks < LOOKS_MAX; looks++);
    reread()
    const files = [...known.values()].filter(({ removed }) => !removed)
    // A file that went meanwhile says nothing: who has not read it has lost it.
    const newest = newestOf(tails.filter(({ each }) => !each.removed).map(({ header }) => header))
    return { files, whole, newest, events, atMs: clock.monotonicMs() }
  }

  return {
    refresh(follower) {
      const isFresh =
        follower && last && last.events === watcher.events && clock.monotonicMs() - last.atMs < SHARED_LOOK_MS
      const now = isFresh ? last! : lookTwice()
      last = now
      const users = now.files.filter(({ file }) => !file.closed)
      for (const each of users) each.users++
      let released = false
      const snapshot: Snapshot = {
        files: users.map(({ file }) => file),
        whole: now.whole,
        newest: now.newest,
        unsupported: [...refused.values()].find(({ unsupported }) => unsupported !== undefined)?.unsupported,
        release() {
          if (released) return
          released = true
          for (const each of users) {
            each.users--
            if (each.removed && each.users === 0 && !each.file.closed) forget(each)
          }
        },
      }
      return snapshot
    },
    watch: watcher.watch,
    get taken() {
      return taken
    },
    corrupt: report,
    close() {
      for (const each of [...known.values()]) if (each.users === 0) forget(each)
      refused.clear()
      last = undefined
    },
  }
}
