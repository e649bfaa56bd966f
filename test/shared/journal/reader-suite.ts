/** What every reader of a journal must do, whoever reads: run by the tests of each implementation, on the recorded journal. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import type { Test } from 'tap'
import { parseCursor } from '../../../src/shared/journal/cursor.ts'
import type { JournalEntry } from '../../../src/shared/journal/entry.ts'
import type { Journal, JournalReader } from '../../../src/shared/journal/reader.ts'

const FIXTURES = join(import.meta.dirname, '../../fixtures')
const forever = new AbortController().signal

/** Puts the recorded journal of 2,000 entries into `directory`. */
export function writeRecordedJournal(directory: string): void {
  writeFileSync(join(directory, 'system.journal'), read('dcos-log/journal.journal.gz'))
}

/** A file that test/fixtures/journal/make.sh made (`xz-compact`, `sealed`): 60 entries of systemd 257. */
export function readMadeJournal(name: string): Buffer {
  return read(`journal/${name}.journal.gz`)
}

function read(path: string): Buffer {
  return gunzipSync(readFileSync(join(FIXTURES, path)))
}

export const messages = (entries: readonly JournalEntry[]) =>
  entries.map(({ fields }) => Buffer.from(fields.findLast(({ name }) => name === 'MESSAGE')?.value ?? '').toString())

export async function all(
  reader: JournalReader,
  ...options: Parameters<JournalReader['entries']>
): Promise<JournalEntry[]> {
  const entries: JournalEntry[] = []
  for await (const batch of reader.entries(...options)) entries.push(...batch)
  return entries
}

export async function readerSuite(t: Test, openJournal: (directory: string) => Journal): Promise<void> {
  const directory = t.testdir()
  writeRecordedJournal(directory)
  const journal = openJournal(directory)
  const algebra = [[{ field: 'TESTSET', value: Buffer.from('algebra') }]]
  const open = () => journal.open(algebra, forever)

  await t.test('forwards from the head, backwards from the tail', async t => {
    await using reader = await open()
    t.same(messages(await all(reader, 'forwards', 0n, false)), ['u', 'index-0', 'index-1', 'index-2', 'index-3'])
    t.same(messages(await all(reader, 'forwards', 2n, false)), ['u', 'index-0'])
    t.same(messages(await all(reader, 'backwards', 0n, false)), [], 'nothing lies before the head')
    reader.seekTail()
    t.same(messages(await all(reader, 'backwards', 2n, false)), ['index-3', 'index-2'])
    t.same(messages(await all(reader, 'forwards', 0n, false)), [], 'nothing lies behind the tail')
  })
  await t.test('moves, and how far', async t => {
    await using reader = await open()
    t.equal(await reader.next(2n), 2n)
    t.same(messages(await all(reader, 'forwards', 1n, false)), ['index-0'], 'it stands on the second')
    t.same(messages(await all(reader, 'forwards', 1n, true)), ['index-1'], 'which may be skipped')
    t.same(messages(await all(reader, 'backwards', 0n, true)), ['u'])
    t.equal(await reader.next(1n << 64n), 3n)
    t.equal(await reader.next(1n), 0n)
    t.equal(await reader.previous(1n), 1n)
    t.equal(await reader.previous(1n << 31n), 3n)
    t.equal(await reader.previous(1n), 0n)
    reader.seekTail()
    t.equal(await reader.previous(5n), 5n)
    t.equal(await reader.next(0n), 0n)
  })
  await t.test('cursors: of a match, of another entry, behind the last', async t => {
    await using reader = await open()
    const [third] = (await all(reader, 'forwards', 3n, false)).slice(2)
    await reader.seekCursor(parseCursor(third?.cursor ?? ''))
    t.equal(reader.current()?.text, third?.cursor)
    await reader.seekCursor(parseCursor(third?.cursor.replace('i=12d', 'i=12c') ?? ''))
    t.ok(reader.current(), 'the next match')
    await reader.seekCursor(parseCursor(third?.cursor.replace(/i=[0-9a-f]+/, 'i=ffff') ?? ''))
    t.equal(reader.current(), undefined)
    t.equal(await reader.previous(1n), 1n)
    t.same(messages(await all(reader, 'forwards', 0n, false)), ['index-3'])
  })
  await t.test('times: of an entry, between two, behind the last; to the microsecond', async t => {
    await using reader = await open()
    const third = (await all(reader, 'forwards', 3n, false))[2]
    const us = third?.realtimeUs ?? 0
    const at = async (realtimeUs: number) => {
      await reader.seekRealtime(realtimeUs)
      return messages(await all(reader, 'forwards', 1n, false))
    }
    t.same(await at(us), ['index-1'])
    t.same(await at(us - 1), ['index-1'])
    t.same(await at(us + 1), ['index-2'])
    t.same(await at(0), ['u'])
    t.same(await at(Date.UTC(2100, 0) * 1000), [])
    t.equal(await reader.previous(1n), 1n)
    t.same(messages(await all(reader, 'forwards', 0n, false)), ['index-3'])
  })
  await t.test('values of a field', async t => {
    const values = await journal.fieldValues('STREAM', forever)
    t.same(values.map(value => Buffer.from(value).toString()).sort(), ['STDERR', 'STDOUT'])
    t.same(await journal.fieldValues('NO_SUCH_FIELD', forever), [])
  })
  await t.test('a directory that is missing', async t => {
    const missing = async () => {
      await using reader = await openJournal(join(directory, 'none')).open([], forever)
      await all(reader, 'forwards', 0n, false)
    }
    await t.rejects(missing(), { code: 'JOURNAL_UNAVAILABLE', cause: /no such file/i })
  })
  await t.test('clauses narrow: alternatives of one, values of both', async t => {
    const clause = (...pairs: string[]) =>
      pairs.map(pair => ({ field: pair.split('=')[0] ?? '', value: Buffer.from(pair.split('=')[1] ?? '') }))
    const count = async (...clauses: ReturnType<typeof clause>[]) => {
      await using reader = await journal.open(clauses, forever)
      return (await all(reader, 'forwards', 0n, false)).length
    }
    const [out, err] = [await count(clause('STREAM=STDOUT')), await count(clause('STREAM=STDERR'))]
    t.ok(out > 0 && err > 0)
    t.equal(await count(clause('STREAM=STDOUT', 'STREAM=STDERR')), out + err)
    t.equal(await count(clause('STREAM=STDOUT'), clause('STREAM=STDERR')), 0)
    t.equal(await count(clause('STREAM=STDOUT', 'TESTSET=algebra'), clause('TESTSET=algebra')), 5)
    t.equal(await count(clause('NO_SUCH_FIELD=1', 'TESTSET=algebra')), 5)
    t.equal(await count(clause('NO_SUCH_FIELD=1')), 0)
  })
  await t.test('a follower gets what there is, is told of the end, and moves along', async t => {
    const gone = new AbortController()
    await using reader = await journal.open(algebra, gone.signal)
    await reader.next(3n)
    const got: JournalEntry[] = []
    await t.rejects(
      async () => {
        for await (const { entries, lost } of reader.follow(true)) {
          t.equal(lost, 0n)
          got.push(...entries)
          if (entries.length === 0) gone.abort(new Error('enough'))
        }
      },
      { message: /enough|aborted/ },
    )
    t.same(messages(got), ['index-2', 'index-3'])
    t.equal(reader.current()?.text, got.at(-1)?.cursor)
  })
  await t.test('a signal that was aborted', async t => {
    await t.rejects(journal.open([], AbortSignal.abort(new Error('gone'))), { message: 'gone' })
  })
}
