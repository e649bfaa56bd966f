// A journal that can be searched, with what it counts: in memory, or another one.
import { type SearchHow, searchable } from '../../../src/log/grep/searchable.ts'
import { declareLogMetrics } from '../../../src/log/metrics.ts'
import type { JournalEntry } from '../../../src/shared/journal/entry.ts'
import type { Journal, JournalReader } from '../../../src/shared/journal/reader.ts'
import { createMetrics } from '../../../src/shared/metrics/registry.ts'
import type { Clock } from '../../../src/shared/time/clock.ts'
import { createTurns } from '../../../src/shared/time/turns.ts'
import { memoryReader } from '../../shared/journal/memory-journal.ts'
import { createDrivenClock } from '../../support/clock.ts'

export const forever = new AbortController().signal

export function memoryJournal(
  entries: readonly JournalEntry[],
  clock: Clock,
  reader = (signal: AbortSignal): JournalReader => memoryReader(entries, { clock, signal }),
): Journal {
  return { open: async (_, signal) => reader(signal), fieldValues: async () => [] }
}

export function searchJournal(journal: Journal, clock: Clock = createDrivenClock(), searchesMax?: number) {
  const metrics = createMetrics('log')
  const searching = searchable(journal, declareLogMetrics(metrics), clock, createTurns(), searchesMax)
  const open = (pattern: string, how: Partial<SearchHow> = {}, signal = forever) =>
    searching.matching([{ field: 'MESSAGE', pattern }], { patient: false, ...how }).open([], signal)
  return { searching, open, metrics }
}
