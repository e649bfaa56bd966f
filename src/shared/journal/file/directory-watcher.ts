/** Tells followers that something changed in the journal's directories: inotify as journald feeds it, and a look once a second where that does not reach. */
import { type FSWatcher, statSync, watch } from 'node:fs'
import type { Clock } from '../../time/clock.ts'
import type { FileWatch } from './file-set.ts'

export interface DirectoryWatcher {
  /** Changes told so far. */
  readonly events: number
  /** Directories are watched while there is a follower. */
  watch(): FileWatch
}

/** Network file systems have no inotify, and it has a limit of its own. */
const POLL_MS = 1000

/** Followers look no more often: a writer without batches would wake them for every entry. */
const WAKE_MS = 50

/** `directories`: those there are now; asked again after each change. `watchDirectory` is there to be taken away by tests. */
export function createDirectoryWatcher(
  directories: () => readonly string[],
  clock: Clock,
  watchDirectory: typeof watch = watch,
): DirectoryWatcher {
  /** By path; `identity` is of the directory that had that name when the watch began, which is all that inotify watches. */
  const watchers = new Map<string, { watcher: FSWatcher; identity: string }>()
  const waiting = new Set<() => void>()
  let followers = 0
  let events = 0
  let wokenMs = Number.NEGATIVE_INFINITY
  /** Timers are all followers' in common, and end with the last of them. */
  let timers = new AbortController()
  let wakes = false
  let polls = false

  function wakeAll(): void {
    // A directory may have come meanwhile.
    watchPlaces()
    for (const each of [...waiting]) each()
  }

  function wake(): void {
    events++
    wokenMs = clock.monotonicMs()
    wakeAll()
  }

  function changed(): void {
    if (wakes || followers === 0) return
    const restMs = WAKE_MS - (clock.monotonicMs() - wokenMs)
    if (restMs <= 0) {
      wake()
      return
    }
    wakes = true
    later(restMs, () => {
      wakes = false
      wake()
    })
  }

  function poll(): void {
    if (polls) return
    polls = true
    later(POLL_MS, () => {
      polls = false
      wakeAll()
    })
  }

  function later(delayMs: number, run: () => void): void {
    clock.sleep(delayMs, timers.signal).then(run, () => {})
  }

  function watchPlaces(): void {
    let found: readonly string[]
    try {
      found = directories()
    } catch {
      // Whoever looks into them next is told why.
      return
    }
    for (const place of watchers.keys()) if (!found.includes(place)) unwatch(place)
    for (const place of found) {
      try {
        const identity = identityOf(place)
        if (watchers.get(place)?.identity === identity) continue
        unwatch(place)
        const watcher = watchDirectory(place, { persistent: false }, changed)
        watcher.on('error', () => {
          if (watchers.get(place)?.watcher === watcher) unwatch(place)
        })
        watchers.set(place, { watcher, identity })
      } catch {
        // Without inotify the poll finds what is new.
      }
    }
  }

  function unwatch(place: string): void {
    watchers.get(place)?.watcher.close()
    watchers.delete(place)
  }

  /** A listener for each follower, and nothing else: there are hundreds, and this is what they do all day. */
  function nextWake(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const gone = () => {
        waiting.delete(woken)
        reject(signal.reason)
      }
      const woken = () => {
        waiting.delete(woken)
        signal.removeEventListener('abort', gone)
        resolve()
      }
      waiting.add(woken)
      signal.addEventListener('abort', gone, { once: true })
      poll()
    })
  }

  return {
    get events() {
      return events
    },
    watch() {
      followers++
      watchPlaces()
      let seen = events
      let closed = false
      return {
        async changed(signal) {
          signal.throwIfAborted()
          if (seen === events) await nextWake(signal)
          seen = events
        },
        close() {
          if (closed) return
          closed = true
          if (--followers > 0) return
          timers.abort()
          timers = new AbortController()
          wakes = false
          polls = false
          for (const place of watchers.keys()) unwatch(place)
        },
      }
    },
  }
}

/** The time of birth, too: a file system gives the number of a removed directory to the next one. */
function identityOf(path: string): string {
  const { dev, ino, birthtimeMs } = statSync(path)
  return `${dev}:${ino}:${birthtimeMs}`
}
