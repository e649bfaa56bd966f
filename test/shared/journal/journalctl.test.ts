// The journalctl reader: against the recorded journal, and against programs that behave badly in its place.
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { parseCursor } from '../../../src/shared/journal/cursor.ts'
import type { JournalEntry } from '../../../src/shared/journal/entry.ts'
import { openJournalctl } from '../../../src/shared/journal/journalctl.ts'
import type { JournalReader } from '../../../src/shared/journal/reader.ts'
import { createDrivenClock } from '../../support/clock.ts'
import { countReaders } from './counted-readers.ts'
import { journalctlMissing } from './journalctl-missing.ts'
import { all, messages, readerSuite } from './reader-suite.ts'

const forever = new AbortController().signal

t.test('the recorded journal', { skip: journalctlMissing() }, async t => {
  await readerSuite(t, directory => openJournalctl({ directory }))
})

t.test('clauses that exclude each other start no child', async t => {
  const none = ['algebra', 'other'].map(value => [{ field: 'TESTSET', value: Buffer.from(value) }])
  await using reader = await openJournalctl({ program: '/nonexistent' }).open(none, forever)
  t.same(await all(reader, 'forwards', 0n, false), [])
  t.equal(await reader.next(3n), 0n)
})

/** A program that notes its pid and then does as told. */
function program(t: Test, body: string): { path: string; pids: () => number[] } {
  const directory = t.testdir()
  mkdirSync(directory, { recursive: true })
  const path = join(directory, 'program')
  writeFileSync(path, `#!/bin/sh\necho $$ >> ${directory}/pids\n${body}\n`)
  chmodSync(path, 0o755)
  return { path, pids: () => readFileSync(join(directory, 'pids'), 'utf8').trim().split('\n').map(Number) }
}

const ENTRY =
  '__CURSOR=s=688b4afcfd4b464db09cbec6b53e07dc;i=1;b=2c357020b6e54863a5ac9dee71d5872c;m=1;t=1;x=1\\nMESSAGE=x\\n\\n'
const ENDLESS = `while :; do printf '${ENTRY}'; done`

const alive = (pid: number) => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

t.test('leaving the loop ends the child', async t => {
  const { path, pids } = program(t, ENDLESS)
  await using reader = await openJournalctl({ program: path }).open([], forever)
  for await (const batch of reader.entries('forwards', 0n, false)) {
    t.ok(batch.length > 0)
    break
  }
  t.same(pids().filter(alive), [])
})

t.test('the signal ends the child and frees the place, even when nobody pulls', async t => {
  const { path, pids } = program(t, ENDLESS)
  const { seen, observe } = countReaders()
  const journal = openJournalctl({
    program: path,
    readersMax: 1,
    observe,
  })
  const gone = new AbortController()
  const reader = await journal.open([], gone.signal)
  const reading = reader.entries('forwards', 0n, false)[Symbol.asyncIterator]()
  await reading.next()
  await t.rejects(journal.open([], forever), { code: 'JOURNAL_BUSY', status: 503, details: { retryAfterSeconds: 1 } })
  gone.abort()
  await using _second = await journal.open([], forever)
  await t.rejects(async () => {
    while (!(await reading.next()).done);
  })
  t.same(pids().filter(alive), [])
  await reader[Symbol.asyncDispose]()
  t.same(seen, { opened: 2, closed: 1, refused: 1 }, 'the place is given back once')
})

t.test('who does not read does not fill memory: the child stands still', async t => {
  const { path, pids } = program(t, ENDLESS)
  await using reader = await openJournalctl({ program: path }).open([], forever)
  const reading = reader.entries('forwards', 0n, false)[Symbol.asyncIterator]()
  await reading.next()
  const written = () => Number(/wchar: (\d+)/.exec(readFileSync(`/proc/${pids()[0]}/io`, 'utf8'))?.[1])
  // The child has stopped when two looks agree: its pipe and our one buffer are full.
  let before = -1
  for (let look = 0; look < 200 && written() !== before; look++) {
    before = written()
    await sleep(50)
  }
  t.equal(written(), before, 'it has stopped')
  t.ok(before < 1024 * 1024, `after ${before} bytes`)
  await reading.return?.(undefined)
  t.same(pids().filter(alive), [])
})

t.test('a child that fails: what it said is the cause, for the journal alone', async t => {
  let failures = 0
  const { path } = program(t, "printf 'Failed to open\\n' >&2; exit 3")
  await using reader = await openJournalctl({ program: path, observe: { failed: () => void failures++ } }).open(
    [],
    forever,
  )
  const fault = {
    code: 'JOURNAL_UNAVAILABLE',
    message: 'the journal cannot be read: journalctl failed',
    cause: 'Failed to open',
  }
  await t.rejects(all(reader, 'forwards', 0n, false), fault)
  await t.rejects(reader.next(1n), fault)
  t.equal(failures, 2)
})

t.test('complaints without end are cut, and do not block', async t => {
  const { path } = program(t, 'i=0; while [ $i -lt 20000 ]; do echo complaint >&2; i=$((i+1)); done; exit 1')
  await using reader = await openJournalctl({ program: path }).open([], forever)
  const error = await all(reader, 'forwards', 0n, false).catch(error => error)
  t.equal(error.code, 'JOURNAL_UNAVAILABLE')
  t.ok(error.cause.length <= 4096)
})

t.test('a program that is missing', async t => {
  await using reader = await openJournalctl({ program: '/nonexistent/journalctl' }).open([], forever)
  await t.rejects(all(reader, 'forwards', 0n, false), { code: 'JOURNAL_UNAVAILABLE', message: /cannot be started/ })
})

/** As journalctl does with the entries 1 to the number in a file, which a test lets grow. */
const GROWING = `
from=1 reverse= lines=1000
for argument; do
  case $argument in
    --cursor=*) from=$(printf %s "$argument" | sed 's/.*;i=\\([0-9]*\\);.*/\\1/') ;;
    --reverse) reverse=1 ;;
    --lines=*) lines=\${argument#*=} ;;
  esac
done
count=$(cat "$(dirname "$0")/count") i=$from
[ "$reverse" ] && i=$count
while [ "$i" -ge 1 ] && [ "$i" -le "$count" ] && [ "$lines" -gt 0 ]; do
  printf '__CURSOR=s=688b4afcfd4b464db09cbec6b53e07dc;i=%s;b=2c357020b6e54863a5ac9dee71d5872c;m=1;t=1;x=1\\nMESSAGE=%s\\n\\n' $i $i
  [ "$reverse" ] && i=$((i-1)) || i=$((i+1))
  lines=$((lines-1))
done`

const cursorOf = (number: number) =>
  parseCursor(ENTRY.slice('__CURSOR='.length, ENTRY.indexOf('\\n')).replace('i=1', `i=${number}`))

const followers: {
  what: string
  /** Entries when the reader is placed, when following begins, and after the first end was told. */
  grows: [number, number, number]
  place: (reader: JournalReader) => unknown
  skipCurrent?: boolean
  /** Messages before that end, and after it. */
  wanted: [string[], string[]]
}[] = [
  { what: 'the head', grows: [2, 2, 3], place: () => {}, wanted: [['1', '2'], ['3']] },
  {
    what: 'an entry',
    grows: [3, 3, 5],
    place: reader => reader.seekCursor(cursorOf(2)),
    wanted: [
      ['2', '3'],
      ['4', '5'],
    ],
  },
  {
    what: 'the last entry, which is not wanted',
    grows: [2, 2, 3],
    place: reader => reader.seekCursor(cursorOf(2)),
    skipCurrent: true,
    wanted: [[], ['3']],
  },
  { what: 'behind the last', grows: [2, 2, 3], place: reader => reader.seekTail(), wanted: [[], ['3']] },
  {
    what: 'behind the last, where none matches yet',
    grows: [0, 0, 2],
    place: reader => reader.seekTail(),
    wanted: [[], ['1', '2']],
  },
  {
    what: 'as far back as there are entries, where none matches yet',
    grows: [0, 1, 2],
    place: async reader => {
      reader.seekTail()
      await reader.previous(3n)
    },
    wanted: [['1'], ['2']],
  },
  {
    what: 'a cursor behind the last, whose like is added meanwhile',
    grows: [3, 5, 6],
    place: reader => reader.seekCursor(cursorOf(4)),
    wanted: [['4', '5'], ['6']],
  },
  {
    what: 'a cursor of the future',
    grows: [2, 2, 3],
    place: reader => reader.seekCursor(cursorOf(9)),
    wanted: [[], ['3']],
  },
]
for (const { what, grows, place, skipCurrent = false, wanted } of followers) {
  t.test(`following from ${what}: every entry that is added, once`, async t => {
    const { path, pids } = program(t, GROWING)
    const grow = (count: number) => writeFileSync(join(path, '../count'), String(count))
    const clock = createDrivenClock()
    const gone = new AbortController()
    await using reader = await openJournalctl({ program: path, clock }).open([], gone.signal)
    grow(grows[0])
    await place(reader)
    grow(grows[1])
    const following = reader.follow(skipCurrent)[Symbol.asyncIterator]()
    const untilEnd = async () => {
      const found: JournalEntry[] = []
      for (;;) {
        const next = following.next()
        const awake = setInterval(() => clock.advance(1000), 5)
        const { value } = await next.finally(() => clearInterval(awake))
        if (value.entries.length === 0) return messages(found)
        found.push(...value.entries)
      }
    }
    t.same(await untilEnd(), wanted[0])
    t.same(await untilEnd(), [], 'nothing is told twice')
    grow(grows[2])
    t.same(await untilEnd(), wanted[1])
    gone.abort()
    await t.rejects(following.next(), { name: 'AbortError' })
    t.same(pids().filter(alive), [])
  })
}
