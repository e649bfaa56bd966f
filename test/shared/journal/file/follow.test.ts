// Following: what is appended, across rotation, and what is removed under a reader's feet. A real writer, since only its stores are the contract.
import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  closeSync,
  copyFileSync,
  ftruncateSync,
  openSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
} from 'node:fs'
import { join } from 'node:path'
import type { Writable } from 'node:stream'
import t, { type Test } from 'tap'
import type { JournalEntry } from '../../../../src/shared/journal/entry.ts'
import { openDirectories } from '../../../../src/shared/journal/file/directory.ts'
import { createFileReader } from '../../../../src/shared/journal/file/file-reader.ts'
import { openJournalFiles } from '../../../../src/shared/journal/file/open.ts'
import { createDrivenClock } from '../../../support/clock.ts'
import { JOURNAL_REMOTE } from '../../../support/journal-remote.ts'
import { all, messages, writeRecordedJournal } from '../reader-suite.ts'
import { addedBetween } from './added-between.ts'
import { createRandom, journalRemoteMissing, madeUpEntries, writeJournal } from './write-journal.ts'

t.setTimeout(120_000)

const NEVER = new AbortController().signal

// A follower's timers and watches keep no process alive: in the daemon its sockets do, here nothing would once the writer has ended.
const alive = setInterval(() => {}, 1000)
t.teardown(() => clearInterval(alive))

/** Of a link; '' for the descriptor that listed the others, which is gone. */
function target(link: string): string {
  try {
    return readlinkSync(link)
  } catch {
    return ''
  }
}

/** A writer that keeps its file open. */
function startWriter(t: Test, path: string): ChildProcessByStdio<Writable, null, null> {
  const writer = spawn(JOURNAL_REMOTE, ['-o', path, '-'], { stdio: ['pipe', 'ignore', 'ignore'] })
  t.teardown(() => writer.kill('SIGKILL'))
  return writer
}

t.test(
  'appended entries come, across rotation, none twice and none lost',
  { skip: journalRemoteMissing() },
  async t => {
    const directory = t.testdir()
    const path = join(directory, 'system.journal')
    const entries = madeUpEntries(createRandom(7), 300, false)
    const first = startWriter(t, path)
    first.stdin.write(Buffer.concat(entries.slice(0, 100)))
    const journal = openJournalFiles({ directory, corrupt: (_, what) => t.fail(what) })
    const gone = new AbortController()
    await using reader = await journal.open([], gone.signal)
    const got: JournalEntry[] = []
    let step = 0
    await t.rejects(async () => {
      for await (const { entries: batch, lost } of reader.follow(false)) {
        t.equal(lost, 0n)
        got.push(...batch)
        if (step === 0 && got.length === 100) {
          step = 1
          first.stdin.write(Buffer.concat(entries.slice(100, 200)))
        } else if (step === 1 && got.length === 200) {
          step = 2
          // As journald does it: the old file gets a name of its own, and a new one is made.
          first.stdin.end()
          await once(first, 'exit')
          renameSync(path, join(directory, `system@${'0'.repeat(32)}-0000000000000001-0000000000000001.journal`))
          startWriter(t, path).stdin.end(Buffer.concat(entries.slice(200)))
        } else if (got.length >= 300 && batch.length === 0) gone.abort(new Error('enough'))
      }
    })
    t.same(
      messages(got),
      Array.from({ length: 300 }, (_, i) => `entry ${i}`),
    )
  },
)

t.test(
  'a follower from the tail, and from a cursor that nothing follows, gets what is new',
  { skip: journalRemoteMissing() },
  async t => {
    const directory = t.testdir()
    const entries = madeUpEntries(createRandom(8), 20, false)
    const writer = startWriter(t, join(directory, 'system.journal'))
    writer.stdin.write(Buffer.concat(entries.slice(0, 10)))
    const journal = openJournalFiles({ directory })
    const gone = new AbortController()
    await using reader = await journal.open([], gone.signal)
    // Until the writer has written.
    for await (const _ of reader.follow(false))
      if ((await all(await journal.open([], gone.signal), 'forwards', 0n, false)).length === 10) break
    reader.seekTail()
    const got: JournalEntry[] = []
    await t.rejects(async () => {
      let told = false
      for await (const { entries: batch } of reader.follow(false)) {
        got.push(...batch)
        if (!told) writer.stdin.write(Buffer.concat(entries.slice(10)))
        told = true
        if (got.length === 10) gone.abort(new Error('enough'))
      }
    })
    t.same(
      messages(got),
      Array.from({ length: 10 }, (_, i) => `entry ${10 + i}`),
    )
  },
)

t.test('without inotify a look once a second finds what is new', { skip: journalRemoteMissing() }, async t => {
  const directory = t.testdir()
  const form = { compact: true, keyedHash: true, compressed: true }
  const entries = madeUpEntries(createRandom(9), 20, false)
  writeJournal(join(directory, 'one.journal'), Buffer.concat(entries.slice(0, 10)), form)
  const clock = createDrivenClock()
  const files = openDirectories({
    directories: [{ path: directory, optional: false }],
    observe: {},
    corrupt: (_, what) => t.fail(what),
    clock,
    watchDirectory() {
      throw new Error('no inotify')
    },
  })
  await using reader = createFileReader(files, [], NEVER, () => files.close())
  const following = reader.follow(false)[Symbol.asyncIterator]()
  const next = async () => messages((await following.next()).value?.entries ?? [])
  t.equal((await next()).length, 10)
  t.same(await next(), [], 'that is all for now')
  let got: string[] | undefined
  const coming = next().then(batch => {
    got = batch
  })
  writeJournal(join(directory, 'two.journal'), Buffer.concat(entries.slice(10)), form)
  await clock.run(999)
  t.equal(got, undefined)
  await clock.run(1)
  await coming
  t.same(
    got,
    Array.from({ length: 10 }, (_, i) => `entry ${10 + i}`),
  )
  await following.return?.()
})

t.test(
  'who went back from the tail in vain follows from then on, whatever is added before he follows',
  { skip: journalRemoteMissing() },
  async t => void t.same(await addedBetween(t, journal => journal), ['entry 2', 'entry 3']),
)

t.test('a file that is removed while it is read ends there, whole so far, and counts as no corrupt one', async t => {
  const directory = t.testdir()
  writeRecordedJournal(directory)
  const wanted = messages(await all(await openJournalFiles({ directory }).open([], NEVER), 'forwards', 0n, false))
  const journal = openJournalFiles({ directory, corrupt: (_, what) => t.fail(what) })
  await using reader = await journal.open([], NEVER)
  const got: (string | undefined)[] = []
  for await (const batch of reader.entries('forwards', 0n, false)) {
    // As journald's vacuum does it: what is read from now on is zeros.
    if (got.length === 0) {
      const file = openSync(join(directory, 'system.journal'), 'r+')
      rmSync(join(directory, 'system.journal'))
      ftruncateSync(file, 0)
      ftruncateSync(file, 8 * 1024 ** 2)
      closeSync(file)
    }
    // What is large is good for now alone.
    got.push(...messages(batch))
  }
  t.ok(got.length < wanted.length, `${got.length} of ${wanted.length}`)
  t.same(got, wanted.slice(0, got.length))
  t.same(await all(reader, 'forwards', 0n, false), [], 'and then it is gone')
})

t.test('of removed files only so many are kept for those who read them', async t => {
  const directory = t.testdir()
  writeRecordedJournal(directory)
  const path = join(directory, 'system.journal')
  const names = Array.from({ length: 12 }, (_, i) => join(directory, `copy-${i}.journal`))
  for (const name of names) copyFileSync(path, name)
  rmSync(path)
  const journal = openJournalFiles({ directory })
  await using reader = await journal.open([], new AbortController().signal)
  for await (const _ of reader.entries('forwards', 0n, false)) {
    for (const name of names) rmSync(name)
    await using other = await journal.open([], new AbortController().signal)
    t.same(await all(other, 'forwards', 0n, false), [])
    const open = readdirSync('/proc/self/fd').map(fd => target(`/proc/self/fd/${fd}`))
    t.equal(open.filter(path => names.some(name => path === `${name} (deleted)`)).length, 8)
    break
  }
})
