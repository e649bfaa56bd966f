// The parameter boot: an id, or counted back from the newest entry (log 3.5).
import t from 'tap'
import { bootClause, parseBoot } from '../../src/log/boot.ts'
import type { JournalEntry } from '../../src/shared/journal/entry.ts'
import type { Journal } from '../../src/shared/journal/reader.ts'
import { memoryEntry, memoryReader } from '../shared/journal/memory-journal.ts'

const ID = 'a1b2c3d4e5f60718293a4b5c6d7e8f90'

const given: [string, object][] = [
  [ID, { id: ID }],
  [ID.toUpperCase(), { id: ID }],
  ['a1b2c3d4-e5f6-0718-293a-4b5c6d7e8f90', { id: ID }],
  ['0', { back: 0 }],
  ['-1', { back: 1 }],
  ['-20', { back: 20 }],
]
for (const [text, wanted] of given) t.test(`log 3.5: ${text}`, async t => t.strictSame(parseBoot(text), wanted))

for (const text of ['1', '-21', '-999', '+0', '', ID.slice(1), `${ID}0`, ID.replace('a', 'g'), 'last'])
  t.test(`log 3.5: "${text}" is no boot`, async t => {
    t.throws(() => parseBoot(text), { code: 'LOG_BOOT_INVALID', status: 400 })
  })

/** Boots 1, 2 and 3, of which 2 and 1 are mixed where the clock was set back. */
const BOOTS = [1, 1, 2, 1, 3, 3]
const idOf = (boot: number) => String(boot).repeat(32)

function journal(boots: readonly number[]): { journal: Journal; open: () => number } {
  const entries = boots.map((boot, i): JournalEntry => {
    const entry = memoryEntry(i + 1)
    return { ...entry, cursor: entry.cursor.replace(/b=\w+/, `b=${idOf(boot)}`) }
  })
  let open = 0
  return {
    open: () => open,
    journal: {
      async open([clause]) {
        const id = clause && Buffer.from(clause[0]?.value ?? '').toString()
        open++
        return {
          ...memoryReader(entries.filter(({ cursor }) => id === undefined || cursor.includes(`b=${id}`))),
          async [Symbol.asyncDispose]() {
            open--
          },
        }
      },
      fieldValues: async () => [],
    },
  }
}

const back: [number, number | undefined][] = [
  [0, 3],
  [1, 1],
  [2, undefined],
  [20, undefined],
]
for (const [count, wanted] of back) {
  t.test(`log 3.5: ${count} back from the newest is ${wanted ?? 'none'}`, async t => {
    const { journal: boots, open } = journal(BOOTS)
    const clause = await bootClause(boots, { back: count }, new AbortController().signal)
    t.same(
      clause.map(({ field, value }) => `${field}=${Buffer.from(value)}`),
      wanted === undefined ? [] : [`_BOOT_ID=${idOf(wanted)}`],
    )
    t.equal(open(), 0, 'no reader is left')
  })
}

t.test('log 3.5: an empty journal has no boot', async t => {
  t.same(await bootClause(journal([]).journal, { back: 0 }, new AbortController().signal), [])
})
