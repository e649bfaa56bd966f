// Who may search: as many as the limit, each freed when its reader, its client or its expression is no more.
import t from 'tap'
import { systemClock } from '../../../src/shared/time/clock.ts'
import { memoryEntry } from '../../shared/journal/memory-journal.ts'
import { forever, memoryJournal, searchJournal } from './search-journal.ts'

const journal = memoryJournal([1, 2, 3].map(memoryEntry), systemClock)

t.test('without an expression it is the journal itself', async t => {
  const { searching } = searchJournal(journal)
  t.equal(searching.matching([], { patient: false }), journal)
  t.strictSame(await searching.fieldValues('STREAM', forever), [])
  await using reader = await searching.open([], forever)
  t.equal(await reader.next(9n), 3n)
})

t.test('above the limit 503, until one has gone', async t => {
  const { open, metrics } = searchJournal(journal, systemClock, 2)
  const busy = { code: 'LOG_SEARCHES_TOO_MANY', status: 503, details: { retryAfterSeconds: 5 } }
  const gone = new AbortController()
  const first = await open('1')
  const second = await open('2', {}, gone.signal)
  await t.rejects(open('3'), busy)
  t.match(await metrics.text(), /searches_refused_total 1$/m)
  await first[Symbol.asyncDispose]()
  await first[Symbol.asyncDispose]()
  const third = await open('3')
  await t.rejects(open('3'), busy, 'who goes twice frees one place')
  gone.abort()
  await second[Symbol.asyncDispose]()
  const fourth = await open('3')
  await t.rejects(open('3'), busy)
  for (const reader of [third, fourth]) await reader[Symbol.asyncDispose]()
})

t.test('what fails to open leaves no place taken', async t => {
  const failing = { ...journal, open: () => Promise.reject(new Error('no journal')) }
  const { open } = searchJournal(failing, systemClock, 1)
  await t.rejects(open('(', {}), { code: 'LOG_FILTER_REGEX_INVALID' })
  await t.rejects(open('a'), { message: 'no journal' })
  await t.rejects(open('a'), { message: 'no journal' })
})

t.test('what is searched is counted', async t => {
  const { open, metrics } = searchJournal(journal)
  await using reader = await open('3$')
  t.equal(await reader.next(9n), 1n)
  t.match(await metrics.text(), /searched_entries_total 3$/m)
})
