/** A JournalReader over journal files: each step goes through a snapshot of the files, from where the step before came to. */
import { createTurns } from '../../time/turns.ts'
import { type Cursor, parseCursor } from '../cursor.ts'
import type { MatchClause } from '../matches.ts'
import type { Direction, FollowedBatch, JournalReader } from '../reader.ts'
import { CorruptPart } from './corrupt.ts'
import { copyHead, type EntryHead, emptyHead, headOfCursor } from './entry-head.ts'
import { cursorOf, FileEntry } from './file-entry.ts'
import type { FileSet, Snapshot } from './file-set.ts'
import { LARGE_BYTES, LargeEntry } from './large-entry.ts'
import { createFinder } from './match-iterator.ts'
import { createMerge, type Merge, type Walk } from './merge.ts'
import { createPassed } from './passed.ts'
import { seekOffset } from './seek.ts'

/** Of one batch. */
const BATCH_ENTRIES = 1024
const BATCH_BYTES = 64 * 1024

/** Without a turn of the event loop. */
const TURN_MS = 4

/** Steps between two looks at the time: with many filters each may read many pages, the more readers there are, the more. */
const TURN_STEPS = 16

/** To step over fewer entries costs no more than to find where they end. */
const LEAP_MIN = 64

/** All readers': of those that only waited for the loop, 64 would have it for a quarter of a second each time round. */
const turn = createTurns()

/** `sought`: a cursor that nothing follows; what is added later may. */
type Place =
  | { readonly kind: 'head' }
  | { readonly kind: 'tail'; readonly sought?: EntryHead }
  | { readonly kind: 'entry'; readonly head: EntryHead }
  | { readonly kind: 'sought'; readonly head: EntryHead }

interface Batch {
  readonly entries: (FileEntry | LargeEntry)[]
  /** Of the last of them, if there are any. */
  readonly last: EntryHead
  readonly ended: boolean
  /** The last of them, where it is large. */
  readonly large?: LargeEntry
}

/** `only`: the one field that is wanted of entries. `close` is called once or more. */
export function createFileReader(
  files: FileSet,
  matches: readonly MatchClause[],
  signal: AbortSignal,
  close: () => void,
  only?: string,
): JournalReader {
  const passed = createPassed()
  let place: Place = { kind: 'head' }

  /** A way through the files from `from`; undefined when nothing can lie there. */
  function start(
    snapshot: Snapshot,
    direction: Direction,
    from: Place,
    skip: boolean,
    clauses = matches,
  ): Merge | undefined {
    const ahead = direction === 'forwards'
    if (from.kind === (ahead ? 'tail' : 'head')) return undefined
    const walks: Walk[] = []
    for (const file of snapshot.files) {
      try {
        const offset = 'head' in from ? seekOffset(file, from.head, direction) : ahead ? 1 : Number.MAX_SAFE_INTEGER
        const finder = offset === 0 ? undefined : createFinder(file, clauses, direction)
        const seqnumMax = ahead
          ? (snapshot.newest.get(file.header.seqnumId)?.seqnum ?? Number.POSITIVE_INFINITY)
          : Number.POSITIVE_INFINITY
        const entries = clauses.length === 0 ? file.entries : undefined
        if (finder) walks.push({ file, finder, entries, from: offset, seqnumMax })
      } catch (error) {
        if (!(error instanceof CorruptPart)) throw error
        files.corrupt(file, error)
      }
    }
    // What was sought is not an entry: others are nearest by the rule of each file, as libsystemd has it.
    const first = from.kind === 'entry' ? from.head : undefined
    return createMerge(walks, direction, first, skip, files.corrupt)
  }

  /** At most `left` entries, as many as a batch may have; ends before the first behind a cut. */
  function take(merge: Merge, left: number, isCut: () => boolean): Batch {
    const entries: (FileEntry | LargeEntry)[] = []
    const untilMs = performance.now() + TURN_MS
    const last = emptyHead()
    let sizeBytes = 0
    while (entries.length < left && entries.length < BATCH_ENTRIES && sizeBytes < BATCH_BYTES) {
      const step = merge.next()
      if (step === 'end' || isCut()) return { entries, last, ended: true }
      if (step === 'paused') {
        if (performance.now() > untilMs) break
        continue
      }
      const { head } = merge
      try {
        const fields = merge.file.readFields(head.offset, only)
        // It was removed meanwhile, so that fields may be missing.
        if (merge.file.closed) continue
        let entryBytes = 0
        for (const { value } of fields) entryBytes += value.length
        sizeBytes += entryBytes
        copyHead(head, last)
        if (entryBytes > LARGE_BYTES) {
          const { file } = merge
          const { offset } = head
          const large = new LargeEntry(head, fields, () => file.readFields(offset, only))
          entries.push(large)
          return { entries, last, ended: false, large }
        }
        entries.push(new FileEntry(head, fields))
      } catch (error) {
        if (!(error instanceof CorruptPart)) throw error
        files.corrupt(merge.file, error)
      }
      if (entries.length % TURN_STEPS === 0 && performance.now() > untilMs) break
    }
    return { entries, last, ended: false }
  }

  async function* batches(merge: Merge, limit: bigint, isCut = () => false): AsyncGenerator<Batch> {
    let left = limit === 0n ? Number.POSITIVE_INFINITY : Number(limit)
    for (;;) {
      await turn()
      signal.throwIfAborted()
      const batch = take(merge, left, isCut)
      left -= batch.entries.length
      try {
        yield batch
      } finally {
        batch.large?.release()
      }
      if (batch.ended || left <= 0) return
    }
  }

  /** Passes over at most `count` entries; the last of them, and how many they were. */
  async function skip(merge: Merge, count: bigint): Promise<{ moved: bigint; last: EntryHead | undefined }> {
    const wanted = Number(count)
    let moved = 0
    let untilMs = 0
    /** To try a leap again; later and later where files lie between each other. */
    let leapAt = 0
    let wait = LEAP_MIN
    const last = emptyHead()
    for (let steps = 1; moved < wanted; steps++) {
      const step = merge.next()
      if (step === 'end') break
      if (step === 'entry') {
        moved++
        if (moved >= leapAt && wanted - moved >= LEAP_MIN) {
          const leapt = merge.leap(wanted - moved)
          moved += leapt
          wait = leapt < LEAP_MIN ? wait * 2 : LEAP_MIN
          leapAt = leapt < LEAP_MIN ? moved + wait : moved
        }
        copyHead(merge.head, last)
      }
      if ((step === 'paused' || steps % TURN_STEPS === 0) && performance.now() > untilMs) {
        await turn()
        signal.throwIfAborted()
        untilMs = performance.now() + TURN_MS
      }
    }
    return { moved: BigInt(moved), last: moved > 0 ? last : undefined }
  }

  async function move(direction: Direction, count: bigint): Promise<bigint> {
    if (count === 0n) return 0n
    signal.throwIfAborted()
    const snapshot = files.refresh()
    try {
      const merge = start(snapshot, direction, place, true)
      if (merge === undefined) return 0n
      const { moved, last } = await skip(merge, count)
      if (last) place = { kind: 'entry', head: last }
      // Nothing matches: behind the last is before the first, and who follows from there misses nothing that is added since.
      else if (direction === 'backwards' && place.kind === 'tail' && !place.sought) place = { kind: 'head' }
      return moved
    } finally {
      snapshot.release()
    }
  }

  /** Stands on the first match at or behind a place. */
  async function seek(sought: EntryHead): Promise<void> {
    signal.throwIfAborted()
    const snapshot = files.refresh()
    try {
      const merge = start(snapshot, 'forwards', { kind: 'sought', head: sought }, false)
      const { last } = merge ? await skip(merge, 1n) : { last: undefined }
      place = last ? { kind: 'entry', head: last } : { kind: 'tail', sought }
    } finally {
      snapshot.release()
    }
  }

  /** The newest entry there is, matching or not: what a follower from the tail has behind him. */
  async function newest(): Promise<Place> {
    const snapshot = files.refresh()
    try {
      const merge = start(snapshot, 'backwards', { kind: 'tail' }, false, [])
      if (merge === undefined) return { kind: 'head' }
      const { last } = await skip(merge, 1n)
      return last ? { kind: 'entry', head: last } : { kind: 'head' }
    } finally {
      snapshot.release()
    }
  }

  return {
    current: () => (place.kind === 'entry' ? parseCursor(cursorOf(place.head)) : undefined),
    seekHead() {
      place = { kind: 'head' }
    },
    seekTail() {
      place = { kind: 'tail' }
    },
    async seekCursor(cursor: Cursor) {
      const sought = headOfCursor(cursor)
      await seek(sought)
      passed.reach(sought)
    },
    // Of no file and no boot: what is left to go by is the wall clock.
    seekRealtime: us => seek({ ...emptyHead(), realtimeUs: us }),
    next: count => move('forwards', count),
    previous: count => move('backwards', count),
    async *entries(direction, limit, skipCurrent) {
      signal.throwIfAborted()
      const snapshot = files.refresh()
      try {
        const merge = start(snapshot, direction, place, skipCurrent)
        if (merge === undefined) return
        for await (const { entries } of batches(merge, limit)) if (entries.length > 0) yield entries
      } finally {
        snapshot.release()
      }
    },
    async *follow(skipCurrent): AsyncGenerator<FollowedBatch> {
      const watch = files.watch()
      let from: Place =
        place.kind === 'tail' ? (place.sought ? { kind: 'sought', head: place.sought } : await newest()) : place
      let lost = 0
      const told = () => {
        const entries = BigInt(lost)
        lost = 0
        return entries
      }
      let skip = skipCurrent || place.kind === 'tail'
      try {
        for (;;) {
          signal.throwIfAborted()
          const snapshot = files.refresh(watch)
          try {
            lost += passed.lost(snapshot)
            // Where he stands is behind what was removed, unless he has seen that entry.
            if ('head' in from && skip) lost += passed.advance(snapshot, from.head)
            const { taken } = files
            // A file was taken from under the reader: what it had is counted before anything behind it is told.
            const isCut = () => files.taken !== taken && snapshot.files.some(({ closed }) => closed)
            const merge = start(snapshot, 'forwards', from, skip)
            if (merge && !isCut()) {
              for await (const { entries, last } of batches(merge, 0n, isCut)) {
                if (entries.length === 0) continue
                // Within a sequence the last one is enough.
                for (let i = 0; i < entries.length; i++)
                  if (entries[i + 1]?.seqnumId !== entries[i]!.seqnumId) lost += passed.advance(snapshot, entries[i]!)
                place = from = { kind: 'entry', head: last }
                skip = true
                yield { entries, lost: told() }
              }
            }
            if (isCut()) continue
            for (const each of snapshot.newest.values()) lost += passed.advance(snapshot, each)
            yield { entries: [], lost: told() }
          } finally {
            snapshot.release()
          }
          await watch.changed(signal)
        }
      } finally {
        watch.close()
      }
    },
    async [Symbol.asyncDispose]() {
      close()
    },
  }
}
