/**
 * A JournalReader over those entries of another that a search finds: the same places, moves and promises (log 3.3), over a shorter list.
 * The other reader knows nothing of it, be it of files or of journalctl.
 */
import { type Cursor, parseCursor, sameEntry } from '../../shared/journal/cursor.ts'
import type { JournalEntry } from '../../shared/journal/entry.ts'
import type { Direction, JournalReader } from '../../shared/journal/reader.ts'
import type { Clock } from '../../shared/time/clock.ts'
import { type Bounds, bounded } from '../bounds.ts'
import { faults } from '../errors.ts'
import type { Search } from './search.ts'

export interface SearchReaderOptions {
  inner: JournalReader
  search: Search
  /** Entries beyond them end a search: they will not be delivered, so that none must be found behind them. */
  bounds: Bounds
  /** Moves count entries beyond the bounds as well, so that a seek must find them. */
  counting: boolean
  /** What reads `entries` waits for as long as it takes; else, and for moves always, a search that finds nothing gives up. */
  patient: boolean
  clock: Clock
  /** The reader was disposed. */
  close(): void
}

/** nginx, and so Admin Router, gives up an upstream that is silent for 60 s; this leaves it time for an answer. */
export const SEARCH_QUIET_MAX_MS = 40_000

/** A follower is told that nothing comes, as often as by a reader that does not search. */
const FOLLOW_QUIET_MS = 1000

/** Its methods reject with LOG_SEARCH_TOO_LONG, too. */
export function createSearchReader(options: SearchReaderOptions): JournalReader {
  const { inner, search, bounds, counting, patient, clock, close } = options
  let quietSinceMs = clock.monotonicMs()
  /** The entry it stands on. Where there is none, `inner` is before the first or behind the last. */
  let here: Cursor | undefined
  /** What was looked at last before it was put behind the last entry: what follows is new. */
  let scanned: Cursor | undefined
  /** `inner` stands on an entry that was not searched, since it is beyond the bounds; this one on the first found from there on. */
  let beyond = false

  const patience = () => {
    if (clock.monotonicMs() - quietSinceMs <= SEARCH_QUIET_MAX_MS) return
    throw faults.SEARCH_TOO_LONG(SEARCH_QUIET_MAX_MS / 1000)
  }
  const endless = () => {}

  const isHere = () => {
    const at = inner.current()
    return here !== undefined && at !== undefined && sameEntry(at, here)
  }

  /** Puts `inner` where this reader stands, or behind an entry that is no longer there. Resolves to whether to skip that one. */
  async function stand(direction: Direction, skipCurrent: boolean): Promise<boolean> {
    if (here === undefined) return beyond && direction === 'backwards'
    if (!isHere()) await inner.seekCursor(here)
    return isHere() ? skipCurrent : direction === 'backwards'
  }

  /** What is found from where it stands, with the batch in which it was. */
  async function* found(direction: Direction, skipCurrent: boolean, paused = patience, within: Bounds = {}) {
    const skip = await stand(direction, skipCurrent)
    for await (const batch of bounded(inner.entries(direction, 0n, skip), direction, within, 0n)) {
      yield { batch, entries: await search(batch, paused) }
    }
  }

  function leave(): void {
    here = scanned = undefined
    beyond = false
  }

  function standOn(cursor: Cursor): void {
    leave()
    here = cursor
  }

  /** `last`: the newest entry that was looked at; undefined when `inner` itself stands behind all there is. */
  function standBehind(last: JournalEntry | undefined): void {
    leave()
    if (last === undefined) return
    scanned = parseCursor(last.cursor)
    inner.seekTail()
  }

  /** From the place of `inner` to the first that is found. */
  async function seek(within: Bounds = {}): Promise<void> {
    leave()
    let last: JournalEntry | undefined
    for await (const { batch, entries } of found('forwards', false, patience, within)) {
      last = batch.at(-1)
      if (entries[0]) return standOn(parseCursor(entries[0].cursor))
    }
    standBehind(last)
  }

  async function move(direction: Direction, count: bigint): Promise<bigint> {
    if (count === 0n) return 0n
    if (beyond && direction === 'forwards') await seek()
    let moved = 0n
    let newest: JournalEntry | undefined
    let last: JournalEntry | undefined
    for await (const { batch, entries } of found(direction, true)) {
      newest ??= batch[0]
      const left = count - moved
      const passed = left < BigInt(entries.length) ? entries.slice(0, Number(left)) : entries
      moved += BigInt(passed.length)
      last = passed.at(-1) ?? last
      if (moved === count) break
    }
    if (last) standOn(parseCursor(last.cursor))
    // From behind the last entry to nothing: who follows gets what was added since then. Without anything to search `inner` sees to that.
    else if (direction === 'backwards' && !here && !scanned && !beyond) {
      if (newest) standBehind(newest)
      else await inner.previous(1n)
    }
    return moved
  }

  return {
    current: () => here,
    seekHead() {
      leave()
      inner.seekHead()
    },
    seekTail() {
      leave()
      inner.seekTail()
    },
    async seekCursor(cursor) {
      await inner.seekCursor(cursor)
      await seek()
    },
    async seekRealtime(realtimeUs) {
      await inner.seekRealtime(realtimeUs)
      if (counting) return await seek()
      if (realtimeUs <= (bounds.untilUs ?? Number.POSITIVE_INFINITY)) return await seek(bounds)
      leave()
      beyond = inner.current() !== undefined
    },
    next: count => move('forwards', count),
    previous: count => move('backwards', count),
    async *entries(direction, limit, skipCurrent) {
      let left = limit === 0n ? Number.POSITIVE_INFINITY : Number(limit)
      for await (const { entries } of found(direction, skipCurrent, patient ? endless : patience, bounds)) {
        const taken = entries.slice(0, left)
        left -= taken.length
        if (taken.length > 0) {
          yield taken
          quietSinceMs = clock.monotonicMs()
        }
        if (left <= 0) return
      }
    },
    async *follow(skipCurrent) {
      let skip = await stand('forwards', skipCurrent)
      if (here === undefined && scanned !== undefined) {
        await inner.seekCursor(scanned)
        const at = inner.current()
        skip = at !== undefined && sameEntry(at, scanned)
      }
      let last: JournalEntry | undefined
      let toldAtMs = clock.monotonicMs()
      try {
        for await (const { entries: added, lost } of inner.follow(skip)) {
          const entries = await search(added, endless)
          last = added.at(-1) ?? last
          const newest = entries.at(-1)
          if (newest) standOn(parseCursor(newest.cursor))
          const quiet = entries.length === 0 && lost === 0n && added.length > 0
          if (quiet && clock.monotonicMs() - toldAtMs < FOLLOW_QUIET_MS) continue
          yield { entries, lost }
          toldAtMs = clock.monotonicMs()
        }
      } finally {
        if (here === undefined && last) standBehind(last)
      }
    },
    async [Symbol.asyncDispose]() {
      close()
      await inner[Symbol.asyncDispose]()
    },
  }
}
