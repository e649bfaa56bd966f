/** A journal that can be searched by regular expressions (log 3.1, 3.6): who may search, with what, and for how long. */
import type { Journal } from '../../shared/journal/reader.ts'
import { createPlaces } from '../../shared/limits/places.ts'
import type { Clock } from '../../shared/time/clock.ts'
import type { Turns } from '../../shared/time/turns.ts'
import type { Bounds } from '../bounds.ts'
import { faults } from '../errors.ts'
import type { LogMetrics } from '../metrics.ts'
import { createSearchReader } from './reader.ts'
import { compileRegex, type FieldRegex } from './regex.ts'
import { createSearch, type FieldTest, type Search } from './search.ts'

export interface SearchHow {
  /** Of what is to be delivered. */
  bounds?: Bounds
  /** Forward moves are told to the client, those beyond the bounds too: see position.ts. */
  counting?: boolean
  /** The client is told of a search that goes on: once the reader is in its place, it may take as long as it takes. */
  patient: boolean
}

export interface SearchableJournal extends Journal {
  /** The entries that meet all of them; the journal itself when there are none. Its values of fields are those of all entries. */
  matching(regexes: readonly FieldRegex[], how: SearchHow): Journal
}

/** Of one such journal: each may keep the processor busy, and holds a megabyte of its automaton. */
export const SEARCHES_MAX = 16

/** Searches of ranges are over by then. */
const RETRY_AFTER_SECONDS = 5

/** `turns` are taken with all other searches. The result's `open` also rejects with LOG_SEARCHES_TOO_MANY and LOG_FILTER_REGEX_*; its readers with LOG_SEARCH_TOO_LONG. */
export function searchable(
  journal: Journal,
  metrics: Pick<LogMetrics, 'searchedEntries' | 'searchesRefused'>,
  clock: Clock,
  turns: Turns,
  searchesMax = SEARCHES_MAX,
): SearchableJournal {
  const places = createPlaces({
    max: searchesMax,
    refuse() {
      metrics.searchesRefused.inc()
      return faults.SEARCHES_TOO_MANY(searchesMax).with({ retryAfterSeconds: RETRY_AFTER_SECONDS })
    },
  })

  async function compiled(regexes: readonly FieldRegex[]): Promise<FieldTest[]> {
    const tests: FieldTest[] = []
    for (const { field, pattern } of regexes) {
      await turns()
      tests.push({ field, regex: await compileRegex(pattern, regexes.length) })
    }
    return tests
  }

  const matching = (regexes: readonly FieldRegex[], { bounds = {}, counting = true, patient }: SearchHow): Journal => ({
    async open(matches, signal) {
      const leave = await places.enter(signal)
      try {
        const tests = await compiled(regexes)
        const inner = await journal.open(matches, signal)
        const search = createSearch(tests, turns, signal)
        const counted: Search = (entries, paused) => {
          metrics.searchedEntries.inc(entries.length)
          return search(entries, paused)
        }
        return createSearchReader({ inner, search: counted, bounds, counting, patient, clock, close: leave })
      } catch (error) {
        leave()
        throw error
      }
    },
    fieldValues: (...given) => journal.fieldValues(...given),
  })

  return {
    open: (...given) => journal.open(...given),
    fieldValues: (...given) => journal.fieldValues(...given),
    matching: (regexes, how) => (regexes.length === 0 ? journal : matching(regexes, how)),
  }
}
