// What ranges and followers have of the journal: places of their own, each given back once.
import t from 'tap'
import { SEARCHES_MAX } from '../../src/log/grep/searchable.ts'
import { shareJournal } from '../../src/log/journals.ts'
import { declareLogMetrics } from '../../src/log/metrics.ts'
import type { Journal } from '../../src/shared/journal/reader.ts'
import { createMetrics } from '../../src/shared/metrics/registry.ts'
import { memoryEntry, memoryReader } from '../shared/journal/memory-journal.ts'
import { createDrivenClock } from '../support/clock.ts'
import { forever } from './grep/search-journal.ts'

const BUSY = { code: 'JOURNAL_BUSY', status: 503, details: { retryAfterSeconds: 1 } }

function share(readersMax: number, given: Partial<Journal> = {}) {
  const metrics = createMetrics('log')
  const journal: Journal = {
    open: async () => memoryReader([1, 2].map(memoryEntry)),
    fieldValues: async () => [Buffer.from('STDOUT')],
    ...given,
  }
  return { ...shareJournal(journal, declareLogMetrics(metrics), createDrivenClock(), readersMax), metrics }
}

t.test('ranges that stay long take no place of a follower', async t => {
  const { ranges, followed, metrics } = share(2)
  const first = await ranges.open([], forever)
  const gone = new AbortController()
  await ranges.open([], gone.signal)
  await t.rejects(ranges.open([], forever), BUSY)
  await t.rejects(ranges.fieldValues('STREAM', forever), BUSY)
  t.match(await metrics.text(), /readers_refused_total 2$/m)
  for (let follower = 0; follower < 9; follower++) t.ok(await followed.open([], forever))
  await first[Symbol.asyncDispose]()
  await first[Symbol.asyncDispose]()
  await using third = await ranges.open([], forever)
  t.equal(await third.next(9n), 2n, 'it reads as the journal does')
  await t.rejects(ranges.open([], forever), BUSY, 'who is disposed twice frees one place')
  gone.abort()
  t.same(await ranges.fieldValues('STREAM', forever), [Buffer.from('STDOUT')], 'a client that has gone frees its place')
  t.ok(await ranges.open([], forever))
})

t.test('what fails to open keeps no place', async t => {
  const { ranges } = share(1, {
    open: () => Promise.reject(new Error('no journal')),
    fieldValues: () => Promise.reject(new Error('no values')),
  })
  for (let attempt = 0; attempt < 2; attempt++) {
    await t.rejects(ranges.open([], forever), { message: 'no journal' })
    await t.rejects(ranges.fieldValues('STREAM', forever), { message: 'no values' })
  }
})

t.test('followers that search take no search of a range', async t => {
  const { ranges, followed } = share(99)
  const search = [[{ field: 'MESSAGE', pattern: 'E' }], { patient: true }] as const
  for (let one = 0; one < SEARCHES_MAX; one++) await followed.matching(...search).open([], forever)
  await t.rejects(followed.matching(...search).open([], forever), { code: 'LOG_SEARCHES_TOO_MANY' })
  await using reader = await ranges.matching(...search).open([], forever)
  t.equal(await reader.next(9n), 2n)
})
