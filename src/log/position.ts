/** Cursor, skips and direction → where reading begins: the position algebra of log 3.3, over whatever reader. */
import { type Cursor, sameEntry } from '../shared/journal/cursor.ts'
import type { Direction, JournalReader } from '../shared/journal/reader.ts'
import type { Bounds } from './bounds.ts'

export interface Position extends Bounds {
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

/** Puts the reader where the answer begins; what it then reads ends at the bound that lies ahead (bounds.ts). */
export async function takePosition(reader: JournalReader, position: Position): Promise<Start> {
  const skipped = await seekAndSkip(reader, position)
  await keepToBounds(reader, position)
  const { cursor, reverse } = position
  const current = reader.current()
  return {
    direction: reverse ? 'backwards' : 'forwards',
    skipCurrent: cursor !== undefined && current !== undefined && sameEntry(current, cursor),
    ...skipped,
  }
}

/**
 * Seek the cursor, skip_next, skip_prev, in this order. If the reader then stands on an entry that is not the cursor's own, that
 * entry is the first one; otherwise the one after it in the reading direction.
 *
 * QUIRK (log 3.3): without a cursor the reader stands *before* the first entry, so skip_next=k passes over k-1 of them; and
 * skip_prev without a cursor starts from the tail, which undoes skip_next, although its header still tells it.
 * DEPARTURE (log 3.2): a cursor behind every matching entry stands behind the last; 1.9 answered 500.
 * DEPARTURE (log 3.3): read_reverse alone starts at the newest entry; 1.9 gave exactly the oldest one.
 * DEPARTURE (log 3.5): without a cursor the first entry is the first since `since`, the last one the last until `until`.
 */
async function seekAndSkip(
  reader: JournalReader,
  { cursor, skipNext, skipPrev, reverse, sinceUs, untilUs }: Position,
): Promise<Pick<Start, 'skippedNext' | 'skippedPrev'>> {
  const fromEnd = !cursor && (skipPrev > 0n || (reverse && skipNext === 0n))
  if (cursor) await reader.seekCursor(cursor)
  else if (sinceUs === undefined || (fromEnd && skipNext === 0n)) reader.seekHead()
  else await reader.seekRealtime(sinceUs)
  // The seek by time stands on its first entry, that of the head before it.
  const onFirst = !cursor && skipNext > 0n && reader.current() !== undefined ? 1n : 0n
  const skippedNext = onFirst + (await reader.next(skipNext - onFirst))
  if (fromEnd) await seekEnd(reader, untilUs)
  return { skippedNext, skippedPrev: await reader.previous(skipPrev) }
}

/** DEPARTURE (log 3.5): nothing beyond since and until is delivered; the skips were counted before a bound cuts them short here. */
async function keepToBounds(reader: JournalReader, { reverse, sinceUs, untilUs }: Position): Promise<void> {
  const reached = Number(reader.current()?.realtimeUs)
  if (!reverse && sinceUs !== undefined && reached < sinceUs) await reader.seekRealtime(sinceUs)
  if (reverse && untilUs !== undefined && reached > untilUs) await seekEnd(reader, untilUs)
}

/** Behind the last entry that may be delivered. */
async function seekEnd(reader: JournalReader, untilUs: number | undefined): Promise<void> {
  if (untilUs === undefined) reader.seekTail()
  else await reader.seekRealtime(untilUs + 1)
}
