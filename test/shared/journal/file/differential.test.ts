// The reader of journal files against journalctl: seeded random queries over the recorded journal and over files in every form.
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import t, { type Test } from 'tap'
import { parseCursor } from '../../../../src/shared/journal/cursor.ts'
import type { JournalEntry } from '../../../../src/shared/journal/entry.ts'
import { openJournalFiles } from '../../../../src/shared/journal/file/open.ts'
import { openJournalctl } from '../../../../src/shared/journal/journalctl.ts'
import type { FieldMatch, MatchClause } from '../../../../src/shared/journal/matches.ts'
import type { Direction, Journal } from '../../../../src/shared/journal/reader.ts'
import { journalctlMissing } from '../journalctl-missing.ts'
import { all, writeRecordedJournal } from '../reader-suite.ts'
import {
  createRandom,
  type JournalForm,
  journalRemoteMissing,
  madeUpEntries,
  type Random,
  writeJournal,
} from './write-journal.ts'

const forever = new AbortController().signal
const SEED = Number(process.env.SEED ?? 20170401)
const QUERIES = 40
/** Of files with values of 1 MiB, over which journalctl takes its time. */
const QUERIES_OF_LONG = 10

const skip = journalctlMissing() || journalRemoteMissing()

/** Incompatible flags of the header; compression is announced even by a file that has none. */
const FLAGS = { keyedHash: 4, zstd: 8, compact: 16 }

/** Compatible, so to be passed over by who does not know it. */
const TAIL_ENTRY_BOOT_ID = 2

const forms: JournalForm[] = [
  { compact: true, keyedHash: true, compressed: true },
  { compact: false, keyedHash: false, compressed: true },
  { compact: false, keyedHash: true, compressed: false },
]

// journalctl is slow, above all while other tests run.
t.setTimeout(300_000)

t.test('the recorded journal', { skip }, async t => {
  const directory = t.testdir()
  writeRecordedJournal(directory)
  await agree(t, directory, createRandom(SEED))
})

for (const [i, form] of forms.entries()) {
  const name = Object.entries(form).flat().join(' ')
  t.test(`a file with ${name}`, { skip }, async t => {
    const directory = t.testdir()
    const random = createRandom(SEED + i)
    writeJournal(join(directory, 'system.journal'), Buffer.concat(madeUpEntries(random, 900)), form)
    const flags = (form.compact ? FLAGS.compact : 0) | (form.keyedHash ? FLAGS.keyedHash : 0)
    const found = readFileSync(join(directory, 'system.journal')).readUInt32LE(12)
    t.equal(found & ~FLAGS.zstd, flags, 'it has that form')
    await agree(t, directory, random)
  })
}

/** Written by systemd 257 in each compression (test/fixtures/journal/make.sh); 252 does not let one choose. */
for (const name of ['xz', 'xz-compact', 'lz4', 'lz4-compact', 'zstd', 'zstd-compact']) {
  t.test(`a file of systemd 257: ${name}`, { skip }, async t => {
    const directory = t.testdir()
    const bytes = gunzipSync(readFileSync(join(import.meta.dirname, `../../../fixtures/journal/${name}.journal.gz`)))
    t.equal(bytes.readUInt32LE(8), TAIL_ENTRY_BOOT_ID, 'it has a compatible flag that 252 does not know')
    writeFileSync(join(directory, 'system.journal'), bytes)
    await agree(t, directory, createRandom(SEED), QUERIES_OF_LONG)
  })
}

t.test('several files: interleaved writers in different forms, and one of them twice', { skip }, async t => {
  const directory = t.testdir()
  const random = createRandom(SEED + 100)
  const parts: Buffer[][] = [[], [], []]
  // Of entries of one time in several files journalctl may begin with another than the cursor's own, which here would count as a difference.
  for (const entry of madeUpEntries(random, 900, false)) parts[random(3)]!.push(entry)
  const machine = join(directory, '3'.repeat(32))
  mkdirSync(machine)
  for (const [i, part] of parts.entries())
    writeJournal(join(i === 0 ? directory : machine, `writer-${i}.journal`), Buffer.concat(part), forms[i]!)
  copyFileSync(join(directory, 'writer-0.journal'), join(machine, 'copy.journal'))
  await agree(t, directory, random)
})

/** Both readers, entry by entry and query by query. */
async function agree(t: Test, directory: string, random: Random, queries = QUERIES): Promise<void> {
  const [ours, theirs] = [
    openJournalFiles({ directory, corrupt: (_, what) => t.fail(what) }),
    openJournalctl({ directory }),
  ]
  const whole = await everything(theirs)
  t.ok(whole.length > 0)
  t.same((await everything(ours)).map(comparable), whole.map(comparable), 'every entry')
  for (const field of ['_SYSTEMD_UNIT', 'TAG', 'NONE']) {
    const values = async (journal: Journal) =>
      (await journal.fieldValues(field, forever)).map(value => Buffer.from(value).toString()).sort()
    t.same(await values(ours), [...new Set(await values(theirs))], `values of ${field}`)
  }
  let same = 0
  for (let i = 0; i < queries; i++) {
    const query = randomQuery(random, whole)
    const [found, wanted] = [await run(ours, query), await run(theirs, query)]
    if (t.same(found, wanted, `query ${i}`, { query: JSON.stringify(query) })) same++
  }
  t.equal(same, queries)
}

async function everything(journal: Journal): Promise<JournalEntry[]> {
  await using reader = await journal.open([], forever)
  return all(reader, 'forwards', 0n, false)
}

/** journalctl puts the boot first, whatever the file's order. */
function comparable({ cursor, realtimeUs, monotonicUs, fields }: JournalEntry): string {
  const values = fields.map(({ name, value }) => `${name}=${Buffer.from(value).toString('latin1')}`)
  return [cursor, realtimeUs, monotonicUs, ...values.sort()].join('\n')
}

type Move = { readonly to: Direction; readonly count: number }

interface Query {
  readonly clauses: { field: string; value: string }[][]
  readonly from: 'head' | 'tail' | { cursor: string }
  readonly moves: Move[]
  readonly to: Direction
  readonly limit: number
  readonly skipCurrent: boolean
}

function randomQuery(random: Random, whole: readonly JournalEntry[]): Query {
  const pick = <T>(list: readonly T[]): T => list[random(list.length)]!
  const direction = (): Direction => pick(['forwards', 'backwards'])
  const fields = ['_SYSTEMD_UNIT', 'PRIORITY', '_PID', 'SELDOM', 'TAG', 'STREAM', 'TESTSET', '_BOOT_ID', 'LONG']
  const clause = (field: string) => {
    const known = whole
      .flatMap(entry => entry.fields.filter(({ name }) => name === field))
      .map(({ value }) => Buffer.from(value).toString())
    return Array.from({ length: 1 + random(2) }, () => ({
      field,
      value: known.length > 0 && random(10) > 0 ? pick(known) : 'none',
    }))
  }
  // Two clauses of one field are another question to journalctl when an entry has the field twice.
  const chosen = Array.from({ length: pick([0, 1, 1, 2]) }, () => pick(fields))
  const clauses = [...new Set(chosen)].map(clause)
  if (clauses.length > 0 && random(4) === 0) clauses[0]!.push({ field: 'MESSAGE', value: `entry ${random(900)}` })
  return {
    clauses,
    from: pick(['head', 'tail', { cursor: randomCursor(random, pick(whole).cursor) }, { cursor: pick(whole).cursor }]),
    moves: Array.from({ length: random(3) }, () => ({ to: direction(), count: pick([1, 2, 7, random(500), 100_000]) })),
    to: direction(),
    limit: pick([1, 2, 10, 300]),
    skipCurrent: random(2) === 0,
  }
}

/** Of an entry that is not there: found by number, by boot and time, or by the wall clock alone. */
function randomCursor(random: Random, cursor: string): string {
  const x = cursor.replace(/x=.*/, 'x=1')
  if (random(4) === 0) return x.replace(/i=[0-9a-f]+/, `i=${(1 + random(3000)).toString(16)}`)
  const elsewhere = x.replace(/s=[0-9a-f]+/, `s=${'a'.repeat(32)}`)
  return random(2) === 0 ? elsewhere : elsewhere.replace(/b=[0-9a-f]+/, `b=${'b'.repeat(32)}`)
}

async function run(journal: Journal, { clauses, from, moves, to, limit, skipCurrent }: Query): Promise<unknown[]> {
  const matches: MatchClause[] = clauses.map(clause =>
    clause.map(({ field, value }): FieldMatch => ({ field, value: Buffer.from(value) })),
  )
  await using reader = await journal.open(matches, forever)
  if (from === 'tail') reader.seekTail()
  else if (from !== 'head') await reader.seekCursor(parseCursor(from.cursor))
  const steps: unknown[] = [reader.current()?.text]
  for (const { to, count } of moves) {
    steps.push(await (to === 'forwards' ? reader.next(BigInt(count)) : reader.previous(BigInt(count))))
    steps.push(reader.current()?.text)
  }
  const entries = await all(reader, to, BigInt(limit), skipCurrent)
  return [...steps, ...entries.map(comparable)]
}
