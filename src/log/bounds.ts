/** Entries as they are read → those within since, until and the limit. Pure but for the reading. */
import type { JournalEntry } from '../shared/journal/entry.ts'
import type { Direction } from '../shared/journal/reader.ts'

/** Both included, µs since the epoch. */
export interface Bounds {
  sinceUs?: number
  untilUs?: number
}

/**
 * Ends at the first entry beyond the bound that lies ahead, as journalctl does; what lies before the other bound is left out. Leaving
 * the batches is what ends the reading. `limit` 0: all. No batch is empty.
 */
export async function* bounded(
  batches: AsyncIterable<JournalEntry[]>,
  direction: Direction,
  { sinceUs = Number.NEGATIVE_INFINITY, untilUs = Number.POSITIVE_INFINITY }: Bounds,
  limit: bigint,
): AsyncGenerator<JournalEntry[]> {
  const forwards = direction === 'forwards'
  const isAhead = ({ realtimeUs }: JournalEntry) => (forwards ? realtimeUs > untilUs : realtimeUs < sinceUs)
  const isBefore = ({ realtimeUs }: JournalEntry) => (forwards ? realtimeUs < sinceUs : realtimeUs > untilUs)
  let left = limit === 0n ? Number.POSITIVE_INFINITY : Number(limit)
  for await (const batch of batches) {
    const end = batch.findIndex(isAhead)
    // As it came where nothing is left out, so that its taker can empty it.
    const isWhole = end < 0 && batch.length <= left && !batch.some(isBefore)
    const ahead = end < 0 ? batch : batch.slice(0, end)
    const within = isWhole ? batch : ahead.filter(entry => !isBefore(entry)).slice(0, left)
    left -= within.length
    if (within.length > 0) yield within
    if (end >= 0 || left <= 0) return
  }
}
