// The journalctl reader: against the recorded journal, and against programs that behave badly in its place.
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { openJournalctl } from '../../../src/shared/journal/journalctl.ts'
import { journalctlMissing } from './journalctl-missing.ts'
import { all, readerSuite } from './reader-suite.ts'

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
  const seen = { opened: 0, closed: 0, refused: 0 }
  const journal = openJournalctl({
    program: path,
    readersMax: 1,
    observe: {
      readerOpened: () => void seen.opened++,
      readerClosed: () => void seen.closed++,
      readerRefused: () => void seen.refused++,
    },
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
