// Every row of log 3.3, and since and until of 3.5, on five matching entries E1 to E5, which stand at 10, 20 … 50 of a longer journal.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { bounded } from '../../src/log/bounds.ts'
import { type Position, takePosition } from '../../src/log/position.ts'
import { RANGE_PARAMETERS } from '../../src/log/v1/parameters.ts'
import { parseRangeQuery } from '../../src/log/v1/query.ts'
import { parseCursor } from '../../src/shared/journal/cursor.ts'
import { memoryEntry, memoryReader } from '../shared/journal/memory-journal.ts'
import { tableRows } from '../support/contract-table.ts'

const MATCHING = [10, 20, 30, 40, 50].map(memoryEntry)

interface Row {
  /** Number in the longer journal: 30 is E3, 25 an entry that the filter excludes, 55 one behind every match. */
  cursor?: number
  next?: bigint
  prev?: bigint
  reverse?: boolean
  limit?: bigint
  /** Both in entries of the longer journal. */
  since?: number
  until?: number
  /** What is delivered. */
  wanted: string
  /** X-Journal-Skip-Next, X-Journal-Skip-Prev. */
  moved?: [bigint, bigint]
}

const MANY = (1n << 64n) - 1n

const rows: Row[] = [
  { wanted: 'E1 E2 E3 E4 E5' },
  { limit: 3n, wanted: 'E1 E2 E3' },
  { prev: 1n, wanted: 'E5', moved: [0n, 1n] },
  { prev: 2n, wanted: 'E4 E5', moved: [0n, 2n] },
  { prev: 5n, wanted: 'E1 E2 E3 E4 E5', moved: [0n, 5n] },
  { prev: 6n, wanted: 'E1 E2 E3 E4 E5', moved: [0n, 5n] },
  { prev: MANY, limit: 1n, wanted: 'E1', moved: [0n, 5n] },
  { prev: 3n, limit: 2n, wanted: 'E3 E4', moved: [0n, 3n] },
  { next: 1n, wanted: 'E1 E2 E3 E4 E5', moved: [1n, 0n] },
  { next: 2n, wanted: 'E2 E3 E4 E5', moved: [2n, 0n] },
  { next: 5n, wanted: 'E5', moved: [5n, 0n] },
  { next: 6n, wanted: 'E5', moved: [5n, 0n] },
  { next: MANY, wanted: 'E5', moved: [5n, 0n] },
  { cursor: 30, wanted: 'E4 E5' },
  { cursor: 50, wanted: '' },
  { cursor: 30, next: 1n, wanted: 'E4 E5', moved: [1n, 0n] },
  { cursor: 30, next: 2n, wanted: 'E5', moved: [2n, 0n] },
  { cursor: 30, next: 9n, wanted: 'E5', moved: [2n, 0n] },
  { cursor: 50, next: 1n, wanted: '' },
  { cursor: 30, prev: 1n, wanted: 'E2 E3 E4 E5', moved: [0n, 1n] },
  { cursor: 30, prev: 1n, limit: 2n, wanted: 'E2 E3', moved: [0n, 1n] },
  { cursor: 30, prev: 9n, wanted: 'E1 E2 E3 E4 E5', moved: [0n, 2n] },
  { cursor: 10, prev: 3n, wanted: 'E2 E3 E4 E5' },
  { cursor: 30, next: 2n, prev: 1n, wanted: 'E4 E5', moved: [2n, 1n] },
  { cursor: 30, next: 1n, prev: 1n, wanted: 'E4 E5', moved: [1n, 1n] },
  { cursor: 30, next: 9n, prev: 1n, wanted: 'E4 E5', moved: [2n, 1n] },
  { cursor: 30, next: 1n, prev: 9n, wanted: 'E1 E2 E3 E4 E5', moved: [1n, 3n] },
  { next: 2n, prev: 1n, wanted: 'E5', moved: [2n, 1n] },
  { next: 9n, prev: 9n, wanted: 'E1 E2 E3 E4 E5', moved: [5n, 5n] },
  { reverse: true, wanted: 'E5 E4 E3 E2 E1' },
  { cursor: 30, reverse: true, wanted: 'E2 E1' },
  { cursor: 10, reverse: true, wanted: '' },
  { prev: 1n, reverse: true, wanted: 'E5 E4 E3 E2 E1', moved: [0n, 1n] },
  { prev: 1n, reverse: true, limit: 2n, wanted: 'E5 E4', moved: [0n, 1n] },
  { prev: 9n, reverse: true, wanted: 'E1', moved: [0n, 5n] },
  { next: 3n, reverse: true, wanted: 'E3 E2 E1', moved: [3n, 0n] },
  { cursor: 20, next: 2n, reverse: true, wanted: 'E4 E3 E2 E1', moved: [2n, 0n] },
  { cursor: 50, next: 2n, reverse: true, wanted: 'E4 E3 E2 E1' },
  { cursor: 30, prev: 1n, reverse: true, wanted: 'E2 E1', moved: [0n, 1n] },
  { cursor: 25, wanted: 'E3 E4 E5' },
  { cursor: 25, next: 1n, wanted: 'E4 E5', moved: [1n, 0n] },
  { cursor: 25, prev: 1n, wanted: 'E2 E3 E4 E5', moved: [0n, 1n] },
  { cursor: 25, reverse: true, wanted: 'E3 E2 E1' },
  { cursor: 1, wanted: 'E1 E2 E3 E4 E5' },
  { cursor: 55, wanted: '' },
  { cursor: 55, next: 2n, wanted: '' },
  { cursor: 55, prev: 2n, wanted: 'E4 E5', moved: [0n, 2n] },
  { cursor: 55, reverse: true, wanted: 'E5 E4 E3 E2 E1' },
  { since: 20, wanted: 'E2 E3 E4 E5' },
  { since: 21, wanted: 'E3 E4 E5' },
  { since: 51, wanted: '' },
  { until: 40, wanted: 'E1 E2 E3 E4' },
  { until: 39, wanted: 'E1 E2 E3' },
  { until: 9, wanted: '' },
  { since: 20, until: 40, wanted: 'E2 E3 E4' },
  { since: 40, until: 20, wanted: '' },
  { since: 20, limit: 2n, wanted: 'E2 E3' },
  { since: 20, next: 1n, wanted: 'E2 E3 E4 E5', moved: [1n, 0n] },
  { since: 20, next: 2n, wanted: 'E3 E4 E5', moved: [2n, 0n] },
  { since: 20, next: 9n, wanted: 'E5', moved: [4n, 0n] },
  { since: 20, prev: 1n, wanted: 'E5', moved: [0n, 1n] },
  { since: 35, prev: 4n, wanted: 'E4 E5', moved: [0n, 4n] },
  { since: 51, prev: 4n, wanted: '', moved: [0n, 4n] },
  { since: 35, cursor: 10, wanted: 'E4 E5' },
  { since: 20, cursor: 30, wanted: 'E4 E5' },
  { since: 35, reverse: true, wanted: 'E5 E4' },
  { since: 35, cursor: 50, reverse: true, limit: 3n, wanted: 'E4' },
  { until: 40, prev: 2n, wanted: 'E3 E4', moved: [0n, 2n] },
  { until: 45, prev: 9n, wanted: 'E1 E2 E3 E4', moved: [0n, 4n] },
  { until: 9, prev: 2n, wanted: '' },
  { until: 99, prev: 2n, wanted: 'E4 E5', moved: [0n, 2n] },
  { until: 30, reverse: true, wanted: 'E3 E2 E1' },
  { until: 30, reverse: true, limit: 2n, wanted: 'E3 E2' },
  { until: 99, reverse: true, limit: 1n, wanted: 'E5' },
  { until: 30, prev: 1n, reverse: true, wanted: 'E3 E2 E1', moved: [0n, 1n] },
  { until: 25, cursor: 50, reverse: true, wanted: 'E2 E1' },
  { until: 40, cursor: 30, reverse: true, wanted: 'E2 E1' },
  { until: 40, cursor: 20, wanted: 'E3 E4' },
  { since: 20, until: 30, prev: 1n, reverse: true, wanted: 'E3 E2', moved: [0n, 1n] },
]

async function read(
  entries: typeof MATCHING,
  { cursor, next = 0n, prev = 0n, reverse = false, limit = 0n, since, until }: Omit<Row, 'wanted'>,
) {
  const bounds = { ...(since && { sinceUs: since * 1e6 }), ...(until && { untilUs: until * 1e6 }) }
  const position = { skipNext: next, skipPrev: prev, reverse, ...bounds }
  const from = cursor === undefined ? position : { ...position, cursor: parseCursor(memoryEntry(cursor).cursor) }
  return await deliver(entries, from, limit)
}

async function deliver(entries: typeof MATCHING, position: Position, limit: bigint) {
  const reader = memoryReader(entries)
  const start = await takePosition(reader, position)
  const delivered: string[] = []
  const read = reader.entries(start.direction, 0n, start.skipCurrent)
  for await (const batch of bounded(read, start.direction, position, limit))
    for (const { realtimeUs } of batch) delivered.push(`E${realtimeUs / 10_000_000}`)
  return { delivered: delivered.join(' '), moved: [start.skippedNext, start.skippedPrev] }
}

const CONTRACT = readFileSync(join(import.meta.dirname, '../../docs/contracts/dcos-log.md'), 'utf8')

/** Ex, which the filter excludes, and Ez, behind every match. */
const NUMBERS: Record<string, number> = { Ex: 25, Ez: 55 }
const numberOf = (name: string) => NUMBERS[name] ?? 10 * Number(name.slice(1))

/** Examples of a table's cell, `QUERY`: what is delivered; as a client sends them, names of entries replaced. */
function examplesOf(cell: string): { shown: string; query: string; wanted: string }[] {
  return [...cell.matchAll(/`([^`]+)`: ([^;]+)/g)].map(([, shown = '', wanted = '']) => {
    const query = shown
      .replace(/(?<=cursor=)E./, name => encodeURIComponent(memoryEntry(numberOf(name)).cursor))
      .replace(/(?<=since=|until=)E./, name => String(numberOf(name)))
    return { shown, query, wanted: wanted === 'nothing' ? '' : wanted }
  })
}

for (const heading of ['3.3 Position', '3.5 Times, priority, boot']) {
  for (const row of tableRows(CONTRACT, heading)) {
    const examples = examplesOf(row.at(-1) ?? '')
    for (const { shown, query, wanted } of examples) {
      t.test(`contract ${heading}: ${shown} → ${wanted || 'none'}`, async t => {
        const { position, limit } = parseRangeQuery(query, 0)
        t.equal((await deliver(MATCHING, position, limit)).delivered, wanted)
      })
    }
    // These choose entries, and move nobody.
    t.equal(examples.length > 0, !/priority|boot|unit/.test(row[0] ?? ''), `${heading}: ${row[0]} has examples`)
  }
}

t.test('the parameters that 1.9 ignored are those of the contract', async t => {
  const older = ['filter', 'cursor', 'skip_next', 'skip_prev', 'limit', 'read_reverse']
  const ours = Object.keys(RANGE_PARAMETERS).filter(name => !older.includes(name))
  const named = tableRows(CONTRACT, '3.5 Times, priority, boot').map(([name = '']) => name.replaceAll('`', ''))
  t.same(named.sort(), ours.sort())
})

for (const { wanted, moved = [0n, 0n], ...row } of rows) {
  const what = Object.entries(row).map(([name, value]) => `${name}=${value === MANY ? '2^64-1' : value}`)
  t.test(`log 3.3: ${what.join(' ') || 'nothing'} → ${wanted || 'none'}`, async t => {
    t.same(await read(MATCHING, row), { delivered: wanted, moved })
  })
}

t.test('on an empty journal every request finds nothing and moves nowhere', async t => {
  for (const { wanted: _, moved: __, ...row } of rows) t.same(await read([], row), { delivered: '', moved: [0n, 0n] })
})
