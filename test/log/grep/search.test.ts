// Which entries meet regular expressions: all of them must be found, each in any value of its field.
import t from 'tap'
import { compileRegex } from '../../../src/log/grep/regex.ts'
import { createSearch } from '../../../src/log/grep/search.ts'
import type { JournalEntry } from '../../../src/shared/journal/entry.ts'
import { memoryEntry } from '../../shared/journal/memory-journal.ts'
import { forever } from './search-journal.ts'

const entry = (...fields: [name: string, value: string][]): JournalEntry => ({
  ...memoryEntry(1),
  fields: fields.map(([name, value]) => ({ name, value: Buffer.from(value) })),
})

async function meets(given: JournalEntry, ...wanted: [field: string, pattern: string][]): Promise<boolean> {
  const tests = await Promise.all(
    wanted.map(async ([field, pattern]) => ({ field, regex: await compileRegex(pattern) })),
  )
  const search = createSearch(tests, async () => {}, forever)
  return (await search([given], () => {})).length === 1
}

const message: [string, string] = ['MESSAGE', 'refused']
const two = entry(message, ['TAG', 'one'], ['TAG', 'two'], ['MESSAGEX', 'granted'])

const rows: { what: string; wanted: [string, string][]; met: boolean }[] = [
  { what: 'one is found', wanted: [['MESSAGE', 'ref']], met: true },
  { what: 'in another field', wanted: [['MESSAGE', 'granted']], met: false },
  { what: 'in no field of the entry', wanted: [['PRIORITY', '']], met: false },
  { what: 'in the first of two values', wanted: [['TAG', '^one$']], met: true },
  { what: 'in the last of two values', wanted: [['TAG', '^two$']], met: true },
  {
    what: 'two are found, each in its field',
    wanted: [
      ['MESSAGE', 'ref'],
      ['TAG', 'two'],
    ],
    met: true,
  },
  {
    what: 'two are found, in two values of one field',
    wanted: [
      ['TAG', 'one'],
      ['TAG', 'two'],
    ],
    met: true,
  },
  {
    what: 'one of two is not found',
    wanted: [
      ['MESSAGE', 'ref'],
      ['TAG', 'three'],
    ],
    met: false,
  },
]
for (const { what, wanted, met } of rows) {
  t.test(`${what}: ${met ? 'met' : 'not met'}`, async t => t.equal(await meets(two, ...wanted), met))
}

t.test('each batch waits for its turn, and gives up when it is told to', async t => {
  const seen: string[] = []
  const search = createSearch([], async () => void seen.push('turn'), forever)
  t.equal((await search([two, two], () => void seen.push('asked'))).length, 2)
  t.strictSame(seen, ['turn', 'asked'])
  const enough = () => {
    throw new Error('enough')
  }
  await t.rejects(search([two], enough), { message: 'enough' })
  await t.rejects(
    createSearch([], async () => {}, AbortSignal.abort(new Error('gone')))([], () => {}),
    { message: 'gone' },
  )
})

t.test('long tests have a turn each', async t => {
  let turns = 0
  const regex = {
    test() {
      for (const untilMs = performance.now() + 5; performance.now() < untilMs; );
      return true
    },
  }
  const search = createSearch([{ field: 'TAG', regex }], async () => void turns++, forever)
  await search([two, two, two], () => {})
  t.equal(turns, 3)
})
