// Passing over many entries at once comes to where steps come to, however the files lie to each other.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { parseCursor } from '../../../../src/shared/journal/cursor.ts'
import { openJournalFiles } from '../../../../src/shared/journal/file/open.ts'
import { all } from '../reader-suite.ts'
import { type NumberedFile, writeNumberedJournal } from './numbered-journal.ts'
import { OBJECT_TYPE, walkObjects } from './walk-objects.ts'
import { journalRemoteMissing } from './write-journal.ts'

const NEVER = new AbortController().signal
const A = 'a'.repeat(32)
const B = 'b'.repeat(32)

/** From `first` on, each `step`th. */
const numbers = (first: number, count: number, step = 1) => Array.from({ length: count }, (_, i) => first + i * step)
const file = (numbers: number[], seqnumId = A): NumberedFile => ({ numbers, seqnumId, common: true })

// prettier-ignore
const ARRANGEMENTS: [string, NumberedFile[]][] = [
  ['one file', [file(numbers(1, 700))]],
  ['numbers that are not there', [file(numbers(1, 700, 3))]],
  ['one behind the other', [file(numbers(1, 300)), file(numbers(301, 300)), file(numbers(601, 90))]],
  ['one within the other', [file([...numbers(1, 200), ...numbers(401, 200)]), file(numbers(201, 200))]],
  ['in turns', [file(numbers(1, 300, 2)), file(numbers(2, 300, 2))]],
  [
    'in turns of a hundred',
    [
      file([...numbers(1, 100), ...numbers(201, 100), ...numbers(401, 100)]),
      file([...numbers(101, 100), ...numbers(301, 100)]),
    ],
  ],
  ['the same entries twice', [file(numbers(1, 300)), file(numbers(101, 300))]],
  ['two sequences, in turns', [file(numbers(1, 300, 2), A), file(numbers(2, 300, 2), B)]],
  ['two sequences, one behind the other', [file(numbers(1, 300), A), file(numbers(301, 300), B)]],
]
const COUNTS = [1, 63, 64, 65, 150, 299, 300, 301, 450, 599, 600, 1000]

t.test('next and previous come to the entry that many steps away', { skip: journalRemoteMissing() }, async t => {
  for (const [what, files] of ARRANGEMENTS) {
    const directory = t.testdir()
    for (const [i, each] of files.entries()) writeNumberedJournal(join(directory, `${i}.journal`), each)
    const journal = openJournalFiles({ directory, corrupt: (_, broken) => t.fail(broken) })
    const whole = await journal.open([], NEVER)
    const entries = await all(whole, 'forwards', 0n, false)
    const found: string[] = []
    const wanted: string[] = []
    for (const count of COUNTS) {
      for (const back of [false, true]) {
        await using reader = await journal.open([], NEVER)
        if (back) reader.seekTail()
        const moved = await (back ? reader.previous(BigInt(count)) : reader.next(BigInt(count)))
        found.push(`${count} ${back} ${moved} ${reader.current()?.seqnum}`)
        const steps = Math.min(count, entries.length)
        const at = entries[back ? entries.length - steps : steps - 1]!
        wanted.push(`${count} ${back} ${steps} ${parseCursor(at.cursor).seqnum}`)
      }
    }
    t.strictSame(found, wanted, what)
    await whole[Symbol.asyncDispose]()
  }
})

t.test('where an entry is broken a leap ends at a whole one', { skip: journalRemoteMissing() }, async t => {
  const directory = t.testdir()
  const path = join(directory, 'system.journal')
  writeNumberedJournal(path, file(numbers(1, 400)))
  const bytes = readFileSync(path)
  const offsets = walkObjects(bytes).filter(({ type }) => type === OBJECT_TYPE.entry)
  // Number 200, on which a leap over 199 would end.
  bytes[offsets[199]!.offset] = 99
  writeFileSync(path, bytes)
  await using reader = await openJournalFiles({ directory }).open([], NEVER)
  t.equal(await reader.next(200n), 200n)
  t.equal(reader.current()?.seqnum, 201n)
})
