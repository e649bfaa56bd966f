// What vacuum took before a follower came there, by the numbers in the headers of the files that are left.
import t from 'tap'
import type { JournalFile } from '../../../../src/shared/journal/file/journal-file.ts'
import { createPassed } from '../../../../src/shared/journal/file/passed.ts'

/** Only the header is looked at. */
const file = (seqnumId: string, headSeqnum: number, tailSeqnum: number, entries = 1) =>
  ({ header: { seqnumId, headSeqnum, tailSeqnum, entries } }) as JournalFile

const cases = [
  { what: 'the next entry is there', reached: 50, files: [file('a', 1, 60)], lost: 0n },
  { what: 'the next file begins with the next entry', reached: 50, files: [file('a', 51, 60)], lost: 0n },
  { what: 'files up to 99 were removed', reached: 50, files: [file('a', 100, 200), file('a', 201, 300)], lost: 49n },
  { what: 'nothing new', reached: 50, files: [file('a', 1, 50)], lost: 0n },
  { what: 'a sequence never read', reached: 50, files: [file('b', 100, 200)], lost: 0n },
  { what: 'a file without entries', reached: 50, files: [file('a', 0, 60, 0)], lost: 0n },
  { what: 'a second writer that goes on', reached: 50, files: [file('a', 5, 180), file('a', 100, 200)], lost: 0n },
]

for (const { what, reached, files, lost } of cases) {
  t.test(what, async t => {
    const passed = createPassed()
    passed.reach('a', reached)
    t.equal(passed.lost(files), lost)
    t.equal(passed.lost(files), 0n, 'told once')
  })
}
