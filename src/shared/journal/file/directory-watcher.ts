/** Tells followers that something changed in the journal's directories: inotify as journald feeds it, and a look once a second where that does not reach. */
import { type FSWatcher, watch } from 'node:fs'
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

/** `places`: the directories there are now; asked again after each change. */
export function createDirectoryWatcher(places: () => readonly string[], clock: Clock): DirectoryWatcher {
  const watchers = new Map<string, FSWatcher>()
  const waiting = new Set<() => void>()
  let followers = 0
  let events = 0

  function wake(): void {
    events++
    for (const each of [...waiting]) each()
  }

  function watchPlaces(): void {
    for (const place of places()) {
      if (watchers.has(place)) continue
      try {
        const watcher = watch(place, { persistent: false }, wake)
        watcher.on('error', () => {
          watchers.delete(place)
          watcher.close()
        })
        watchers.set(place, watcher)
      } catch {
        // Without inotify the poll finds what is new.
      }
    }
  }

  async function changeOrPoll(signal: AbortSignal): Promise<void> {
    const woken = new AbortController()
    const stop = () => woken.abort()
    waiting.add(stop)
    try {
      await clock.sleep(POLL_MS, AbortSignal.any([signal, woken.signal])).catch(() => {})
      signal.throwIfAborted()
    } finally {
      waiting.delete(stop)
    }
  }

  return {
    get events() {
      return events
    },
    watch() {
      followers++
      watchPlaces()
      let seen = events
      let wokenMs = Number.NEGATIVE_INFINITY
      let closed = false
      return {
        async changed(signal) {
          const restMs = WAKE_MS - (clock.monotonicMs() - wokenMs)
          if (restMs > 0) await clock.sleep(restMs, signal)
          if (seen === events) await changeOrPoll(signal)
          seen = events
          wokenMs = clock.monotonicMs()
          // A directory may have come meanwhile.
          watchPlaces()
        },
        close() {
          if (closed) return
          closed = true
          if (--followers > 0) return
          for (const watcher of watchers.values()) watcher.close()
          watchers.clear()
        },
      }
    },
  }
}
