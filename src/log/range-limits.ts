/** How much one answer that ends may hold, whatever was asked for (log 4.11): who wants more goes on from the last cursor. */
import { isFault } from '../shared/errors/fault.ts'
import type { JournalEntry } from '../shared/journal/entry.ts'
import { cutEvent } from './encode/sse.ts'
import { faults } from './errors.ts'
import type { Format } from './format.ts'
import type { LogMetrics } from './metrics.ts'

export interface RangeLimits {
  /** Of one answer; 0: no limit. */
  entriesMax: number
  /** Before compression; 0: no limit. The piece that passes it, of 64 KiB or one entry, is the last. */
  bytesMax: number
}

/** No more entries than that. Rejects with LOG_RANGE_TOO_LONG before one more; never before the first. */
export async function* withinEntries(
  batches: AsyncIterable<readonly JournalEntry[]>,
  { entriesMax }: RangeLimits,
): AsyncGenerator<readonly JournalEntry[]> {
  let left = entriesMax === 0 ? Number.POSITIVE_INFINITY : entriesMax
  for await (const batch of batches) {
    if (left > 0) yield batch.length > left ? batch.slice(0, left) : batch
    left -= batch.length
    if (left < 0) throw faults.RANGE_TOO_LONG(entriesMax, 'entries')
  }
}

/**
 * No more bytes than that, and an end that tells of either limit: it rejects with LOG_RANGE_TOO_LONG, so that the answer is cut off and no
 * client takes it for a whole one; events say why before. Never before the first piece.
 */
export async function* withinBytes(
  pieces: AsyncIterable<Uint8Array>,
  { bytesMax }: RangeLimits,
  { name: format }: Pick<Format, 'name'>,
  { rangesCut }: Pick<LogMetrics, 'rangesCut'>,
): AsyncGenerator<Uint8Array> {
  let left = bytesMax === 0 ? Number.POSITIVE_INFINITY : bytesMax
  try {
    for await (const piece of pieces) {
      if (left <= 0) throw faults.RANGE_TOO_LONG(bytesMax, 'bytes')
      left -= piece.length
      yield piece
    }
  } catch (error) {
    if (!isFault(error, 'LOG_RANGE_TOO_LONG')) throw error
    rangesCut.inc()
    if (format === 'sse') yield cutEvent(error.message)
    throw error
  }
}
