/** Cursor, skips and direction → where reading begins: the position algebra of log 3.3, over whatever reader. */
import { type Cursor, sameEntry } from '../shared/journal/cursor.ts'
import type { Direction, JournalReader } from '../shared/journal/reader.ts'

export interface Position {
  cursor?: Cursor
  skipNext: bigint
  skipPrev: bigint
  reverse: boolean
}

/** Where the reader was put, for `reader.entries`. */
export interface Start {
  direction: Direction
  /** The reader stands on the client's own cursor, which is never delivered. */
  skipCurrent: boolean
  /** Really moved: X-Journal-Skip-Next and X-Journal-Skip-Prev, by which a client sees the top and the bottom. */
  skippedNext: bigint
  skippedPrev: bigint
}

/**
 * Seek the cursor, skip_next, skip_prev, in this order. If the reader then stands on an entry that is not the cursor's own, that
 * entry is the first one; otherwise the one after it in the reading direction.
 *
 * QUIRK (log 3.3): without a cursor the reader stands *before* the first entry, so skip_next=k passes over k-1 of them; and
 * skip_prev without a cursor starts from the tail, which undoes skip_next, although its header still tells it.
 * DEPARTURE (log 3.2): a cursor behind every matching entry stands behind the last; 1.9 answered 500.
 * DEPARTURE (log 3.3): read_reverse alone starts at the newest entry; 1.9 gave exactly the oldest one.
 */
export async function takePosition(reader: JournalReader, position: Position): Promise<Start> {
  const { cursor, skipNext, skipPrev, reverse } = position
  if (cursor) await reader.seekCursor(cursor)
  else reader.seekHead()
  const skippedNext = await reader.next(skipNext)
  if (!cursor && (skipPrev > 0n || (reverse && skipNext === 0n))) reader.seekTail()
  const skippedPrev = await reader.previous(skipPrev)
  const current = reader.current()
  return {
    direction: reverse ? 'backwards' : 'forwards',
    skipCurrent: cursor !== undefined && current !== undefined && sameEntry(current, cursor),
    skippedNext,
    skippedPrev,
  }
}
