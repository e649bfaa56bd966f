// The reader of journal files: what every reader must do, its limits, and the fallback.
import { spawnSync } from 'node:child_process'
import {
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { JournalEntry } from '../../../../src/shared/journal/entry.ts'
import { openDirectories } from '../../../../src/shared/journal/file/directory.ts'
import type { FileSet } from '../../../../src/shared/journal/file/file-set.ts'
import { openJournalFiles, valuesOf } from '../../../../src/shared/journal/file/open.ts'
import type { Direction, Journal } from '../../../../src/shared/journal/reader.ts'
import { systemClock } from '../../../../src/shared/time/clock.ts'
import { loopTurn } from '../../../support/clock.ts'
import { countReaders } from '../counted-readers.ts'
import { journalctlMissing } from '../journalctl-missing.ts'
import { all, messages, readerSuite, readMadeJournal, writeRecordedJournal } from '../reader-suite.ts'
import { OBJECT_TYPE, walkObjects } from './walk-objects.ts'
import { createRandom, journalRemoteMissing, madeUpEntries, writeJournal } from './write-journal.ts'

const forever = new AbortController().signal

t.test('the recorded journal', async t => {
  await readerSuite(t, directory => openJournalFiles({ directory }))
})

async function count(journal: Journal): Promise<number> {
  await using reader = await journal.open([], forever)
  return (await all(reader, 'forwards', 0n, false)).length
}

/** The recorded journal, changed by the test. */
function recorded(t: Test): { directory: string; path: string } {
  const directory = t.testdir()
  writeRecordedJournal(directory)
  return { directory, path: join(directory, 'system.journal') }
}

t.test(
  'the node’s own journal: this machine’s files of both directories',
  { skip: journalRemoteMissing() },
  async t => {
    const [own, other] = ['a'.repeat(32), 'b'.repeat(32)]
    const folders = () => ({ journal: { [own]: {}, [other]: {} } })
    const root = t.testdir({
      etc: { 'machine-id': `${own}\n` },
      var: { log: folders() },
      run: { log: folders() },
    })
    const entries = madeUpEntries(createRandom(5), 40, false)
    const form = { compact: true, keyedHash: true, compressed: true }
    for (const [i, place] of [`var/log/journal/${own}`, `run/log/journal/${own}`, `var/log/journal/${other}`].entries())
      writeJournal(join(root, place, 'system.journal'), Buffer.concat(entries.slice(i * 10, i * 10 + 10)), form)
    const got = async () => {
      await using reader = await openJournalFiles({ root }).open([], forever)
      return messages(await all(reader, 'forwards', 0n, false))
    }
    const upTo = (count: number) => Array.from({ length: count }, (_, i) => `entry ${i}`)
    t.same(await got(), upTo(20))
    rmSync(join(root, 'run'), { recursive: true })
    t.same(await got(), upTo(10), 'one of them need not be there')
    rmSync(join(root, 'etc'), { recursive: true })
    t.equal((await got()).length, 20, 'without an id whatever is there')
    rmSync(join(root, 'var'), { recursive: true })
    t.same(await got(), [], 'nor need the other')
  },
)

t.test('files: below a machine id, with a tilde, twice the same, and what is none', async t => {
  const { directory, path } = recorded(t)
  const told: string[] = []
  const journal = openJournalFiles({
    directory,
    corrupt: (path, what) => void told.push(`${path.slice(directory.length)} ${what}`),
  })
  t.equal(await count(journal), 2000)
  const machine = join(directory, 'f'.repeat(32))
  mkdirSync(machine)
  copyFileSync(path, join(machine, 'user-1000.journal~'))
  copyFileSync(path, join(directory, 'copy.txt'))
  mkdirSync(join(directory, 'remote'))
  copyFileSync(path, join(directory, 'remote/other.journal'))
  symlinkSync('/etc/passwd', join(directory, 'link.journal'))
  symlinkSync(path, join(directory, 'second.journal'))
  mkdirSync(join(directory, 'directory.journal'))
  t.equal(await count(journal), 2000, 'entries of a copy come once')
  t.same(told, [])
  // As journald makes them, before it writes a header.
  writeFileSync(join(directory, 'empty.journal'), '')
  t.equal(await count(journal), 2000)
  t.same(told, [])
  writeFileSync(join(directory, 'short.journal'), 'LPKSHHRH')
  writeFileSync(join(directory, 'text.journal'), 'x'.repeat(1000))
  t.equal(await count(journal), 2000)
  t.equal(await count(journal), 2000)
  t.same(
    told.sort(),
    ['/short.journal the file is shorter than a header', '/text.journal the file does not begin as a journal'],
    'told once each',
  )
})

t.test('a file that is cut off: what is left of it', async t => {
  const { directory, path } = recorded(t)
  let corrupt = 0
  let told = 0
  truncateSync(path, 4_500_000)
  const journal = openJournalFiles({
    directory,
    observe: { corrupt: () => void corrupt++ },
    corrupt: () => void told++,
  })
  const left = await count(journal)
  t.ok(left > 100 && left < 2000, `${left} entries`)
  t.ok(corrupt > 0)
  t.equal(told, 1, 'logged once')
})

t.test('files above the limit are left out, told once and counted, until there is room', async t => {
  const { directory, path } = recorded(t)
  for (const name of ['b', 'c', 'd']) copyFileSync(path, join(directory, `${name}.journal`))
  const told: string[] = []
  let leftOut = 0
  const files = openDirectories({
    directories: [{ path: directory, optional: false }],
    observe: {
      filesLeftOut: count => {
        leftOut = count
      },
    },
    corrupt: (_, what) => void told.push(what),
    clock: systemClock,
    filesMax: 2,
  })
  const read = () => {
    const snapshot = files.refresh()
    snapshot.release()
    return snapshot.files.length
  }
  t.equal(read(), 2)
  t.equal(leftOut, 2)
  t.equal(read(), 2)
  t.same(told, ['more than 2 files are there, of which so many are read'])
  for (const name of readdirSync(directory).slice(0, 2)) rmSync(join(directory, name))
  t.equal(read(), 2)
  t.equal(leftOut, 0)
  files.close()
})

t.test('as many readers as may be, and places that come back', async t => {
  const { directory } = recorded(t)
  const { seen, observe } = countReaders()
  const journal = openJournalFiles({
    directory,
    readersMax: 1,
    observe,
  })
  const gone = new AbortController()
  const reader = await journal.open([], gone.signal)
  const reading = reader.entries('forwards', 0n, false)[Symbol.asyncIterator]()
  await reading.next()
  await t.rejects(journal.open([], forever), { code: 'JOURNAL_BUSY', status: 503, details: { retryAfterSeconds: 1 } })
  await t.rejects(journal.fieldValues('STREAM', forever), { code: 'JOURNAL_BUSY' })
  gone.abort()
  await using _second = await journal.open([], forever)
  await t.rejects(async () => {
    while (!(await reading.next()).done);
  })
  await reader[Symbol.asyncDispose]()
  t.same(seen, { opened: 2, closed: 1, refused: 2 }, 'the place is given back once')
})

t.test('a batch is bounded, and comes before the next is read', async t => {
  const { directory } = recorded(t)
  await using reader = await openJournalFiles({ directory }).open([], forever)
  for await (const batch of reader.entries('forwards', 0n, false)) {
    t.ok(batch.length > 0 && batch.length <= 256)
    break
  }
})

t.test('values of a field that are too many to hold are told from a journal that cannot be read', async t => {
  const file = {
    *values() {
      for (let i = 0; i < 10; i++) yield Buffer.alloc(1024 * 1024, i)
    },
  }
  const files = { refresh: () => ({ files: [file], release() {} }) } as unknown as FileSet
  await t.rejects(valuesOf(files, 'STREAM', forever), {
    code: 'JOURNAL_VALUES_TOO_MANY',
    message: `the values of STREAM have more than ${8 * 1024 * 1024} bytes`,
  })
})

t.test('too many open files are told from a journal that cannot be read', async t => {
  const { directory, path } = recorded(t)
  copyFileSync(path, join(directory, 'second.journal'))
  const child = `
    import { closeSync, openSync } from 'node:fs'
    import { openJournalFiles } from '${new URL('../../../../src/shared/journal/file/open.ts', import.meta.url)}'
    const journal = openJournalFiles({ directory: '${directory}' })
    const held = []
    const codes = []
    try { for (;;) held.push(openSync('/dev/null')) } catch (error) { codes.push(error.code) }
    for (let free = 0; free < 4; free++) {
      try { await journal.open([], new AbortController().signal); codes.push('open') }
      catch (error) { codes.push(error.code) }
      closeSync(held.pop())
    }
    console.log(codes.join(' '))
    process.exit()`
  const args = ['-c', 'ulimit -n 64 && exec "$0" --input-type=module -e "$1"', process.execPath, child]
  const { stdout, stderr } = spawnSync('sh', args, { encoding: 'utf8' })
  const tooMany = 'JOURNAL_OPEN_FILES_TOO_MANY'
  t.equal(stdout.trim(), `EMFILE ${tooMany} ${tooMany} ${tooMany} open`, stderr)
})

t.test('readers take turns: no two read in one round of the event loop', async t => {
  const { directory } = recorded(t)
  const journal = openJournalFiles({ directory })
  const rounds: number[] = []
  let round = 0
  const read = async () => {
    await using reader = await journal.open([], forever)
    for await (const _ of reader.entries('forwards', 0n, false)) {
      rounds.push(round)
      break
    }
    await reader.next(5n)
  }
  let left = 8
  const readers = Array.from({ length: left }, () => read().finally(() => left--))
  for (; left > 0; round++) await loopTurn()
  await Promise.all(readers)
  t.equal(new Set(rounds).size, rounds.length, `${rounds}`)
})

t.test('values of a large entry are in memory for one reader at a time, and read again for the others', async t => {
  const directory = t.testdir()
  const message = (i: number) => Buffer.alloc(3_000_000, `${i} `.repeat(7))
  const entries = [1, 2].map(i =>
    Buffer.concat([
      Buffer.from(`__REALTIME_TIMESTAMP=${i}\n__MONOTONIC_TIMESTAMP=${i}\n_BOOT_ID=${'b'.repeat(32)}\nMESSAGE\n`),
      lengthOf(message(i)),
      message(i),
      Buffer.from('\n\n'),
    ]),
  )
  for (const compressed of [true, false]) {
    const path = join(directory, `${compressed}.journal`)
    writeJournal(path, Buffer.concat(entries), { compact: false, keyedHash: true, compressed })
    const journal = openJournalFiles({ directory })
    await using reader = await journal.open([], forever)
    await using other = await journal.open([], forever, 'MESSAGE')
    const batches = [reader, other].map(each => each.entries('forwards', 0n, false)[Symbol.asyncIterator]())
    const large: (JournalEntry | undefined)[] = []
    for (const each of batches) large.push((await each.next()).value?.[0])
    const value = (at: number) => large[at]?.fields.find(({ name }) => name === 'MESSAGE')?.value
    t.match(large, [{ large: true }, { large: true }])
    const first = value(0)
    t.ok(Buffer.from(first ?? '').equals(message(1)))
    t.ok(Buffer.from(value(1) ?? '').equals(message(1)))
    t.equal(first?.length, 0, 'its memory is given back at once')
    large[0] = (await batches[0]!.next()).value?.[0]
    t.ok(Buffer.from(value(0) ?? '').equals(message(2)))
    t.ok(Buffer.from(value(1) ?? '').equals(message(1)))
    rmSync(path)
    for (const each of batches) await each.return?.(undefined)
    t.same(await journal.fieldValues('MESSAGE', forever), [])
    t.throws(() => value(1), { code: 'JOURNAL_UNAVAILABLE' }, 'the file was removed, and its last reader has gone')
  }
})

function lengthOf(bytes: Buffer): Buffer {
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(bytes.length))
  return length
}

t.test('values with NUL and of bytes that are not UTF-8 can be looked for', async t => {
  const { directory } = recorded(t)
  const journal = openJournalFiles({ directory })
  await using everything = await journal.open([], forever)
  const binary = (await all(everything, 'forwards', 0n, false)).find(({ fields }) =>
    fields.some(({ value }) => value.includes(0)),
  )
  const field = binary?.fields.find(({ value }) => value.includes(0))
  t.ok(field)
  await using reader = await journal.open([[{ field: field!.name, value: field!.value }]], forever)
  t.same(
    (await all(reader, 'forwards', 0n, false)).map(({ cursor }) => cursor),
    [binary?.cursor],
  )
})

t.test('tags of a sealed file are passed over, and are broken entries to who is pointed to one', async t => {
  const directory = t.testdir()
  const path = join(directory, 'system.journal')
  const bytes = readMadeJournal('sealed')
  writeFileSync(path, bytes)
  const sealed = Array.from({ length: 60 }, (_, i) => `entry ${i}`)
  const objects = walkObjects(bytes)
  const tags = objects.filter(({ type }) => type === OBJECT_TYPE.tag)
  const entries = objects.filter(({ type }) => type === OBJECT_TYPE.entry)
  t.ok(tags.length > 10)
  t.ok(
    tags.some(({ offset }) => offset > entries[0]!.offset && offset < entries.at(-1)!.offset),
    'between entries',
  )
  const told: string[] = []
  const read = async (direction: Direction) => {
    await using reader = await openJournalFiles({ directory, corrupt: (_, what) => void told.push(what) }).open(
      [],
      forever,
    )
    if (direction === 'backwards') reader.seekTail()
    return messages(await all(reader, direction, 0n, false))
  }
  t.same(await read('forwards'), sealed)
  t.same(await read('backwards'), sealed.toReversed())
  t.same(told, [])
  // Item 0 of the first array of entries, whose items have four bytes in a compact file.
  const items = Number(bytes.readBigUInt64LE(176)) + 24
  t.equal(bytes.readUInt32LE(items), entries[0]!.offset)
  bytes.writeUInt32LE(tags[0]!.offset, items)
  writeFileSync(path, bytes)
  t.same(await read('forwards'), sealed.slice(1))
  t.same(told, [`the object at ${tags[0]!.offset} has type 7`])
})

t.test('a file with a flag of tomorrow: journalctl reads', { skip: journalctlMissing() }, async t => {
  const { directory, path } = recorded(t)
  const bytes = readFileSync(path)
  bytes.writeUInt32LE(bytes.readUInt32LE(12) | 0x80, 12)
  writeFileSync(join(directory, 'tomorrow.journal'), bytes)
  let fellBack = 0
  const told: string[] = []
  const journal = openJournalFiles({
    directory,
    observe: { fellBack: () => void fellBack++ },
    corrupt: (_path, what) => void told.push(what),
  })
  t.equal(await count(journal), 2000, 'it too passes over that file')
  t.equal((await journal.fieldValues('STREAM', forever)).length, 2)
  t.equal(fellBack, 2)
  t.same(told, ['incompatible flags 0x9c'])
})
