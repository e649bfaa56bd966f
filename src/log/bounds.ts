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
  batches: AsyncIterable<readonly JournalEntry[]>,
  direction: Direction,
  { sinceUs = Number.NEGATIVE_INFINITY, untilUs = Number.POSITIVE_INFINITY }: Bounds,
  limit: bigint,
): AsyncGenerator<readonly JournalEntry[]> {
  const forwards = direction === 'forwards'
  let left = limit === 0n ? Number.POSITIVE_INFINITY : Number(limit)
  for await (const batch of batches) {
    const end = batch.findIndex(({ realtimeUs }) => (forwards ? realtimeUs > untilUs : realtimeUs < sinceUs))
    const ahead = end < 0 ? batch : batch.slice(0, end)
    const within = ahead
      .filter(({ realtimeUs }) => (forwards ? realtimeUs >= sinceUs : realtimeUs <= untilUs))
      .slice(0, left)
    if (within.length > 0) yield within
    left -= within.length
    if (end >= 0 || left <= 0) return
  }
}
