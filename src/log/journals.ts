/** The journal for those who read and leave and for those who stay: neither can take the readers or the searches of the other. */
import { createAdmission } from '../shared/journal/admission.ts'
import type { Journal } from '../shared/journal/reader.ts'
import type { Clock } from '../shared/time/clock.ts'
import { createTurns } from '../shared/time/turns.ts'
import { type SearchableJournal, searchable } from './grep/searchable.ts'
import type { LogMetrics } from './metrics.ts'

export interface Journals {
  /** Also rejects with JOURNAL_BUSY, above RANGE_READERS_MAX. */
  readonly ranges: SearchableJournal
  /** Who may follow has been decided already: followers.ts. */
  readonly followed: SearchableJournal
}

/** Of ranges, downloads and fields together; however slowly 64 clients take them, streams go on. */
export const RANGE_READERS_MAX = 64

export function shareJournal(
  journal: Journal,
  metrics: Pick<LogMetrics, 'observer' | 'searchedEntries' | 'searchesRefused'>,
  clock: Clock,
  readersMax = RANGE_READERS_MAX,
): Journals {
  const turns = createTurns()
  return {
    ranges: searchable(limited(journal, readersMax, metrics), metrics, clock, turns),
    followed: searchable(journal, metrics, clock, turns),
  }
}

/** The readers themselves are counted by the journal. */
function limited(journal: Journal, readersMax: number, { observer }: Pick<LogMetrics, 'observer'>): Journal {
  const places = createAdmission(readersMax, { readerRefused: () => observer.readerRefused?.() })
  return {
    async open(matches, signal, only) {
      const leave = await places.enter(signal)
      try {
        const reader = await journal.open(matches, signal, only)
        return {
          ...reader,
          async [Symbol.asyncDispose]() {
            leave()
            await reader[Symbol.asyncDispose]()
          },
        }
      } catch (error) {
        leave()
        throw error
      }
    },
    async fieldValues(field, signal) {
      const leave = await places.enter(signal)
      try {
        return await journal.fieldValues(field, signal)
      } finally {
        leave()
      }
    },
  }
}
