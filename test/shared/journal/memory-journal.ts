/** A journal in memory: the promises of reader.ts in their plainest form, for tests of what is built on them. */
import { type Cursor, parseCursor, sameEntry } from '../../../src/shared/journal/cursor.ts'
import type { JournalEntry } from '../../../src/shared/journal/entry.ts'
import type { JournalReader } from '../../../src/shared/journal/reader.ts'
import { type Clock, systemClock } from '../../../src/shared/time/clock.ts'

const ID = '0'.repeat(31)

/** The `number`-th entry of a journal with one sequence and one boot, a second apart; MESSAGE is `E<number>`. */
export function memoryEntry(number: number): JournalEntry {
  const us = number * 1_000_000
  return {
    cursor: `s=${ID}1;i=${number.toString(16)};b=${ID}2;m=${us.toString(16)};t=${us.toString(16)};x=${number.toString(16)}`,
    realtimeUs: us,
    monotonicUs: us,
    fields: [{ name: 'MESSAGE', value: Buffer.from(`E${number}`) }],
  }
}

export interface MemoryReaderOptions {
  /** By which a follower looks again each second. */
  clock?: Clock
  /** Ends following. */
  signal?: AbortSignal
}

/**
 * A reader over these entries; `at` runs from -1 (before the first) to their number (behind the last). Who appends to the array lets
 * the journal grow.
 */
export function memoryReader(
  entries: readonly JournalEntry[],
  { clock = systemClock, signal }: MemoryReaderOptions = {},
): JournalReader {
  let at = -1
  const cursorAt = (index: number): Cursor | undefined => entries[index] && parseCursor(entries[index].cursor)
  const clamp = (count: bigint, room: number) => (count < BigInt(room) ? Number(count) : room)
  return {
    current: () => cursorAt(at),
    seekHead() {
      at = -1
    },
    seekTail() {
      at = entries.length
    },
    async seekCursor(cursor) {
      at = entries.findIndex(entry => parseCursor(entry.cursor).seqnum >= cursor.seqnum)
      if (at < 0) at = entries.length
    },
    async seekRealtime(realtimeUs) {
      at = entries.findIndex(entry => entry.realtimeUs >= realtimeUs)
      if (at < 0) at = entries.length
    },
    async next(count) {
      const moved = clamp(count, Math.max(entries.length - 1 - at, 0))
      at += moved
      return BigInt(moved)
    },
    async previous(count) {
      const moved = clamp(count, Math.max(at, 0))
      at -= moved
      return BigInt(moved)
    },
    async *entries(direction, limit, skipCurrent) {
      const ordered = direction === 'forwards' ? entries.slice(Math.max(at, 0)) : entries.slice(0, at + 1).reverse()
      const here = cursorAt(at)
      const wanted = ordered.filter(
        ({ cursor }) => !(skipCurrent && here !== undefined && sameEntry(parseCursor(cursor), here)),
      )
      const taken = limit === 0n ? wanted : wanted.slice(0, clamp(limit, wanted.length))
      if (taken.length > 0) yield taken
    },
    async *follow(skipCurrent) {
      if (at < 0 || (skipCurrent && at < entries.length)) at++
      for (;;) {
        const added = entries.slice(at)
        at = entries.length
        if (added.length > 0) yield { entries: added, lost: 0n }
        yield { entries: [], lost: 0n }
        await clock.sleep(1000, signal)
      }
    },
    async [Symbol.asyncDispose]() {},
  }
}
