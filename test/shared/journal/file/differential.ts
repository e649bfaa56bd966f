/**
 * Both readers over the same files, entry by entry and query by query: the seeded random queries whose answers must be journalctl's. Shared by
 * the tests of every run and those of test/long.
 */
import type { Test } from 'tap'
import { parseCursor } from '../../../../src/shared/journal/cursor.ts'
import type { JournalEntry } from '../../../../src/shared/journal/entry.ts'
import { openJournalFiles } from '../../../../src/shared/journal/file/open.ts'
import { openJournalctl } from '../../../../src/shared/journal/journalctl.ts'
import type { FieldMatch, MatchClause } from '../../../../src/shared/journal/matches.ts'
import type { Direction, Journal } from '../../../../src/shared/journal/reader.ts'
import { all } from '../reader-suite.ts'
import type { Random } from './write-journal.ts'

const forever = new AbortController().signal
const QUERIES = 40

/** `program`: another journalctl than this machine's. */
export async function agree(
  t: Test,
  directory: string,
  random: Random,
  queries = QUERIES,
  program = 'journalctl',
): Promise<void> {
  const [ours, theirs] = [
    openJournalFiles({ directory, corrupt: (_, what) => t.fail(what) }),
    openJournalctl({ directory, program }),
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
