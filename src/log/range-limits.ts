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
  /** Before compression; 0: no limit. The batch of entries that passes it is the last, and goes out whole. */
  bytesMax: number
}

export interface RangeLimit {
  /** No more entries than that. Rejects with LOG_RANGE_TOO_LONG before one more; never before the first. */
  entries(batches: AsyncIterable<JournalEntry[]>): AsyncGenerator<JournalEntry[]>
  /**
   * The bytes of these entries, with an end that tells: it rejects with LOG_RANGE_TOO_LONG, so that the answer is cut off and no client takes
   * it for a whole one; events say why before.
   */
  bytes(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array>
}

/** Of one answer. */
export function limitRange(
  { entriesMax, bytesMax }: RangeLimits,
  { name: format }: Pick<Format, 'name'>,
  { rangesCut }: Pick<LogMetrics, 'rangesCut'>,
): RangeLimit {
  let entriesLeft = entriesMax === 0 ? Number.POSITIVE_INFINITY : entriesMax
  let bytesLeft = bytesMax === 0 ? Number.POSITIVE_INFINITY : bytesMax
  return {
    async *entries(batches) {
      for await (const batch of batches) {
        // Not between two pieces: an entry may have several.
        if (bytesLeft <= 0) throw faults.RANGE_TOO_LONG(bytesMax, 'bytes')
        const given = batch.length > entriesLeft ? batch.slice(0, entriesLeft) : batch
        entriesLeft -= batch.length
        if (given.length > 0) yield given
        if (entriesLeft < 0) throw faults.RANGE_TOO_LONG(entriesMax, 'entries')
      }
    },
    async *bytes(pieces) {
      try {
        for await (const piece of pieces) {
          bytesLeft -= piece.length
          yield piece
        }
      } catch (error) {
        if (!isFault(error, 'LOG_RANGE_TOO_LONG')) throw error
        rangesCut.inc()
        if (format === 'sse') yield cutEvent(error.message)
        throw error
      }
    },
  }
}
