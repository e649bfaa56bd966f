// A search over a reader is a reader over a shorter list: each promise of reader.ts, and of log 3.3, holds for what is found.
import { execFileSync } from 'node:child_process'
import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import t from 'tap'
import { bounded } from '../../../src/log/bounds.ts'
import { SEARCH_QUIET_MAX_MS } from '../../../src/log/grep/reader.ts'
import { type Position, takePosition } from '../../../src/log/position.ts'
import { parseCursor } from '../../../src/shared/journal/cursor.ts'
import type { JournalEntry } from '../../../src/shared/journal/entry.ts'
import { openJournalFiles } from '../../../src/shared/journal/file/open.ts'
import { openJournalctl } from '../../../src/shared/journal/journalctl.ts'
import type { FollowedBatch, Journal, JournalReader } from '../../../src/shared/journal/reader.ts'
import { systemClock } from '../../../src/shared/time/clock.ts'
import { addedBetween } from '../../shared/journal/file/added-between.ts'
import { journalRemoteMissing } from '../../shared/journal/file/write-journal.ts'
import { journalctlMissing } from '../../shared/journal/journalctl-missing.ts'
import { memoryEntry, memoryReader } from '../../shared/journal/memory-journal.ts'
import { all, messages, readerSuite, writeRecordedJournal } from '../../shared/journal/reader-suite.ts'
import { createDrivenClock } from '../../support/clock.ts'
import { memoryJournal, searchJournal } from './search-journal.ts'

/** A clause over one field as a regular expression; what the suite looks for has no special characters. */
function searchedInstead(journal: Journal): Journal {
  const { searching } = searchJournal(journal, systemClock)
  return {
    open(clauses, signal) {
      const [searched, rest] = [true, false].map(one =>
        clauses.filter(clause => (new Set(clause.map(({ field }) => field)).size === 1) === one),
      )
      const regexes = searched?.map(clause => ({
        field: clause[0]?.field ?? '',
        pattern: `^(${clause.map(({ value }) => Buffer.from(value).toString()).join('|')})$`,
      }))
      return searching.matching(regexes ?? [], { patient: false }).open(rest ?? [], signal)
    },
    fieldValues: (...given) => searching.fieldValues(...given),
  }
}

t.test('the recorded journal, by the reader of files', async t => {
  await readerSuite(t, directory => searchedInstead(openJournalFiles({ directory })))
})

t.test('the recorded journal, by journalctl', { skip: journalctlMissing() }, async t => {
  await readerSuite(t, directory => searchedInstead(openJournalctl({ directory })))
})

t.test('what is found is what journalctl --grep finds', { skip: journalctlMissing() }, async t => {
  const directory = t.testdir()
  writeRecordedJournal(directory)
  const { open } = searchJournal(openJournalFiles({ directory }), systemClock)
  for (const pattern of ['index-[0-9]$', '^u$', '(a|b)c', '[0-9]{4}', '^.{400,}$', '(?i)LINE[13]|two', 'É|é|日']) {
    const args = [
      '--directory',
      directory,
      '--output=json',
      '--output-fields=MESSAGE',
      '--case-sensitive=yes',
      '--grep',
      pattern,
    ]
    const lines = execFileSync('journalctl', args, { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 })
      .trim()
      .split('\n')
    await using reader = await open(pattern)
    const cursors = (await all(reader, 'forwards', 0n, false)).map(({ cursor }) => cursor)
    t.ok(cursors.length > 0, `'${pattern}' is found in ${cursors.length}`)
    t.strictSame(
      cursors,
      lines.map(line => JSON.parse(line).__CURSOR),
    )
  }
})

const numbers = fc
  .uniqueArray(fc.integer({ min: 1, max: 40 }), { maxLength: 25 })
  .map(list => list.sort((a, b) => a - b))
const some = fc.option(fc.integer({ min: 0, max: 42 }), { nil: undefined })
const count = fc.bigInt({ min: 0n, max: 12n })

/** Ends in 0, 3 or 7: less than a third of all. */
const PATTERN = '[037]$'
const found = (entry: JournalEntry) => /[037]$/.test(messages([entry])[0] ?? '')

type Step = (reader: JournalReader) => unknown
const cursorOf = (number: number) => parseCursor(memoryEntry(number).cursor)
const place = fc.integer({ min: 1, max: 42 })
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.constant<Step>(reader => reader.seekHead()),
  fc.constant<Step>(reader => reader.seekTail()),
  place.map<Step>(number => reader => reader.seekCursor(cursorOf(number))),
  place.map<Step>(number => reader => reader.seekRealtime(number * 1e6 - 500)),
  count.map<Step>(by => reader => reader.next(by)),
  count.map<Step>(by => reader => reader.previous(by)),
  fc
    .tuple(fc.constantFrom('forwards' as const, 'backwards' as const), count, fc.boolean())
    .map<Step>(given => async reader => messages(await all(reader, ...given))),
)

t.test('step by step it does what a reader over the found entries alone does', async t => {
  const holds = async (list: number[], steps: Step[]) => {
    const entries = list.map(memoryEntry)
    const naive = memoryReader(entries.filter(found))
    await using reader = await searchJournal(memoryJournal(entries, systemClock)).open(PATTERN)
    for (const each of steps) {
      if (!isDeepStrictEqual(await each(reader), await each(naive))) return false
      if (reader.current()?.text !== naive.current()?.text) return false
    }
    return true
  }
  await t.resolves(fc.assert(fc.asyncProperty(numbers, fc.array(step, { maxLength: 8 }), holds), { numRuns: 300 }))
})

const asked = fc.record({ cursor: some, since: some, until: some, next: count, prev: count, reverse: fc.boolean() })
type Asked = typeof asked extends fc.Arbitrary<infer T> ? T : never

t.test('log 3.3, 3.5: position, limit and bounds count what is found', async t => {
  const holds = async (list: number[], { cursor, since, until, next, prev, reverse }: Asked, limit: bigint) => {
    const bounds = {
      ...(since !== undefined && { sinceUs: since * 1e6 }),
      ...(until !== undefined && { untilUs: until * 1e6 }),
    }
    const position: Position = {
      ...(cursor !== undefined && { cursor: cursorOf(cursor) }),
      ...{ skipNext: next, skipPrev: prev, reverse, ...bounds },
    }
    const read = async (reader: JournalReader) => {
      const start = await takePosition(reader, position)
      const entries: JournalEntry[] = []
      const batches = reader.entries(start.direction, 0n, start.skipCurrent)
      for await (const batch of bounded(batches, start.direction, bounds, limit)) entries.push(...batch)
      return { skipped: [start.skippedNext, start.skippedPrev], messages: messages(entries) }
    }
    const entries = list.map(memoryEntry)
    await using reader = await searchJournal(memoryJournal(entries, systemClock)).open(PATTERN, {
      bounds,
      counting: next > 0n,
    })
    return isDeepStrictEqual(await read(reader), await read(memoryReader(entries.filter(found))))
  }
  await t.resolves(fc.assert(fc.asyncProperty(numbers, asked, count, holds), { numRuns: 400 }))
})

/** Takes batches until it has seen `ends` that have nothing. */
async function followed(
  reader: JournalReader,
  skipCurrent: boolean,
  ends: number,
  atEnd: (end: number) => void = () => {},
) {
  const got: string[] = []
  let seen = 0
  for await (const { entries } of reader.follow(skipCurrent)) {
    got.push(...messages(entries))
    if (entries.length === 0) {
      if (++seen > ends) break
      atEnd(seen)
    }
  }
  return got
}

t.test('a follower gets what is found of what there is, and of what is added', async t => {
  const entries = [1, 3, 5, 7].map(memoryEntry)
  const clock = createDrivenClock()
  const { open } = searchJournal(memoryJournal(entries, clock), clock)
  await using reader = await open(PATTERN)
  await reader.next(1n)
  const following = followed(reader, true, 2, end => {
    if (end === 1) entries.push(...[8, 10, 11].map(memoryEntry))
  })
  await clock.run(5000)
  t.strictSame(await following, ['E7', 'E10'])
  t.equal(reader.current()?.text, cursorOf(10).text, 'it moves along')
  t.equal(await reader.previous(1n), 1n)
  t.equal(reader.current()?.text, cursorOf(7).text, 'and can be moved again')
})

const nothingFound: { what: string; to: (reader: JournalReader) => unknown }[] = [
  { what: 'a cursor that only others follow', to: reader => reader.seekCursor(cursorOf(5)) },
  { what: 'a cursor that nothing follows', to: reader => reader.seekCursor(cursorOf(9)) },
  { what: 'a time after which nothing is found', to: reader => reader.seekRealtime(5e6) },
  {
    what: 'the end, where nothing is found before it',
    async to(reader) {
      reader.seekTail()
      await reader.previous(3n)
    },
  },
]
for (const { what, to } of nothingFound) {
  t.test(`who follows from ${what} misses nothing that was added since`, async t => {
    const entries = [1, 5, 6].map(memoryEntry)
    const clock = createDrivenClock()
    const { open } = searchJournal(memoryJournal(entries, clock), clock)
    await using reader = await open(PATTERN)
    await to(reader)
    t.equal(reader.current(), undefined)
    entries.push(memoryEntry(8), memoryEntry(13))
    const following = followed(reader, true, 1)
    await clock.run(3000)
    t.strictSame(await following, ['E13'])
  })
}

t.test(
  'who follows from the end, where there is nothing to search, misses nothing that was added since',
  { skip: journalRemoteMissing() },
  async t => {
    const searched = (journal: Journal) =>
      searchJournal(journal, systemClock).searching.matching([{ field: 'MESSAGE', pattern: '[23]$' }], {
        patient: false,
      })
    t.strictSame(await addedBetween(t, searched), ['entry 2', 'entry 3'])
  },
)

/** A reader that hands out these batches to a follower, a second for each. */
function scripted(batches: readonly FollowedBatch[], clock = createDrivenClock()) {
  const reader = (signal: AbortSignal): JournalReader => ({
    ...memoryReader([], { clock, signal }),
    async *follow() {
      for (const batch of batches) {
        yield batch
        clock.advance(400)
      }
    },
  })
  return searchJournal(memoryJournal([], clock, reader), clock)
}

t.test('what was lost is told at once, and a long search once a second', async t => {
  const others = { entries: [memoryEntry(1)], lost: 0n }
  const batches = [others, others, { entries: [memoryEntry(2)], lost: 4n }, others, others, others, others]
  await using reader = await scripted([...batches, { entries: [memoryEntry(3)], lost: 0n }]).open(PATTERN)
  const told: string[] = []
  for await (const { entries, lost } of reader.follow(false)) told.push(`${messages(entries).join()} ${lost}`)
  t.strictSame(told, [' 4', ' 0', 'E3 0'])
})

/** A reader of `batches` batches in which nothing is found, ten seconds for each, then of one in which something is. */
function slow(batches: number) {
  const clock = createDrivenClock()
  const reader = (signal: AbortSignal): JournalReader => ({
    ...memoryReader([], { clock, signal }),
    async *entries() {
      for (let i = 0; i < batches; i++) {
        clock.advance(10_000)
        yield [memoryEntry(1)]
      }
      yield [memoryEntry(3)]
    },
  })
  return searchJournal(memoryJournal([], clock, reader), clock)
}

t.test('a search that finds nothing for too long gives up, unless its client is told that it goes on', async t => {
  const tooLong = { code: 'LOG_SEARCH_TOO_LONG', status: 503, message: 'nothing found within 40 seconds' }
  t.equal(SEARCH_QUIET_MAX_MS, 40_000)
  await using quick = await slow(4).open(PATTERN)
  t.strictSame(messages(await all(quick, 'forwards', 0n, false)), ['E3'])
  await using late = await slow(5).open(PATTERN)
  await t.rejects(all(late, 'forwards', 0n, false), tooLong)
  await using patient = await slow(50).open(PATTERN, { patient: true })
  t.strictSame(messages(await all(patient, 'forwards', 0n, false)), ['E3'])
  await t.rejects(patient.next(1n), tooLong, 'before it is in its place the client knows nothing')
})

t.test('what lies beyond the bounds is not searched', async t => {
  const entries = [1, 3, 5, 7, 9, 10, 20, 30].map(memoryEntry)
  const clock = createDrivenClock()
  const { open, metrics } = searchJournal(memoryJournal(entries, clock), clock)
  await using reader = await open('3$', { bounds: { untilUs: 8e6 } })
  t.strictSame(messages(await all(reader, 'forwards', 0n, false)), ['E3'])
  t.match(await metrics.text(), /searched_entries_total 4$/m)
  const searched: string[] = []
  for (const position of [
    { sinceUs: 8e6, untilUs: 15e6 },
    { untilUs: 4e6, reverse: true },
    { untilUs: 4e6, skipPrev: 9n },
  ]) {
    const { open, metrics } = searchJournal(memoryJournal(entries, clock), clock)
    await using reader = await open('[02468]7$', { bounds: position, counting: false })
    const { direction } = await takePosition(reader, { skipNext: 0n, skipPrev: 0n, reverse: false, ...position })
    t.strictSame(await all(reader, direction, 0n, false), [])
    searched.push(/searched_entries_total (\d+)/.exec(await metrics.text())?.[1] ?? '')
  }
  t.strictSame(searched, ['2', '2', '2'], 'by a seek neither')
})

t.test('the signal ends a search', async t => {
  const gone = new AbortController()
  const { open } = searchJournal(memoryJournal([1, 2].map(memoryEntry), systemClock))
  await using reader = await open(PATTERN, {}, gone.signal)
  const reading = all(reader, 'forwards', 0n, false)
  gone.abort(new Error('gone'))
  await t.rejects(reading, { message: 'gone' })
  await t.rejects(open(PATTERN, {}, gone.signal), { message: 'gone' })
})
