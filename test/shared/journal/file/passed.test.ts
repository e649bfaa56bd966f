// What vacuum took before a follower came there, by the numbers of the files that are left; as systemd 254 and newer counts, and as older ones did.
import t from 'tap'
import { CorruptPart } from '../../../../src/shared/journal/file/corrupt.ts'
import type { JournalFile } from '../../../../src/shared/journal/file/journal-file.ts'
import { createPassed } from '../../../../src/shared/journal/file/passed.ts'

interface FileOptions {
  seqnumId?: string
  machineId?: string
  /** Of systemd 254 or newer. */
  common?: boolean
  /** Everything was written so much earlier. */
  earlierUs?: number
  /** The last number is taken, but no entry has it. */
  unlinked?: boolean
  closed?: boolean
}

/** An entry's time is its number. */
function file(numbers: readonly number[], options: FileOptions = {}): JournalFile {
  const { seqnumId = 'system', machineId = 'm', common = false, earlierUs = 0, unlinked, closed = false } = options
  const [headSeqnum, tailSeqnum] = [numbers[0] ?? 0, numbers.at(-1) ?? 0]
  const length = numbers.length - (unlinked ? 1 : 0)
  const header = {
    ...{ seqnumId, machineId, headSeqnum, tailSeqnum, entries: length, numberedInCommon: common },
    ...{ headRealtimeUs: headSeqnum - earlierUs, tailRealtimeUs: tailSeqnum - earlierUs },
  }
  const readHead = (offset: number, into: { seqnum: number }) => {
    if (closed) throw new CorruptPart('the file was removed')
    into.seqnum = numbers[offset - 1]!
    return true
  }
  return {
    header,
    closed,
    entries: { length, at: (i: number) => i + 1 },
    readHead,
  } as unknown as JournalFile
}

const range = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, i) => first + i)
const place = (seqnumId: string, seqnum: number) => ({ seqnumId, seqnum, realtimeUs: seqnum })
const users = { seqnumId: 'user' }

const cases: { what: string; reached: Record<string, number>; files: JournalFile[]; lost: number }[] = [
  { what: 'the next entry is there', reached: { system: 50 }, files: [file(range(1, 60))], lost: 0 },
  { what: 'the next file begins with the next entry', reached: { system: 50 }, files: [file(range(51, 60))], lost: 0 },
  {
    what: 'files up to 99 were removed',
    reached: { system: 50 },
    files: [file(range(100, 200)), file(range(201, 300))],
    lost: 49,
  },
  { what: 'nothing new', reached: { system: 50 }, files: [file(range(1, 50))], lost: 0 },
  { what: 'a sequence never read', reached: { other: 50 }, files: [file(range(100, 200))], lost: 0 },
  { what: 'a file without entries', reached: { system: 50 }, files: [file([])], lost: 0 },
  {
    what: 'a user wrote around a rotation',
    reached: { system: 56 },
    files: [file(range(1, 56)), file(range(59, 62)), file([57, 58], users)],
    lost: 0,
  },
  {
    what: 'the same, the user’s file was removed first: nothing behind a file that is there',
    reached: { system: 56 },
    files: [file(range(1, 56)), file(range(59, 62))],
    lost: 0,
  },
  {
    what: 'the file he has read was removed, and users had the numbers between',
    reached: { system: 56 },
    files: [file(range(59, 62)), file([40, 57], users), file([58], { seqnumId: 'another user' })],
    lost: 0,
  },
  {
    what: 'users had some of the numbers between',
    reached: { system: 56 },
    files: [file(range(80, 90)), file([40, 57, 79, 85], users)],
    lost: 21,
  },
  {
    what: 'a user wrote before, and long after',
    reached: { user: 58, system: 8999 },
    files: [file(range(8000, 9010)), file([9011], users)],
    lost: 0,
  },
  {
    what: 'of both sequences files were removed',
    reached: { system: 56, user: 58 },
    files: [file([...range(100, 119), 121]), file([120], users)],
    lost: 41,
  },
  {
    what: 'he begins with a user’s entry, and the system’s files were removed',
    reached: { user: 58 },
    files: [file(range(100, 200)), file([40, 58, 70, 150], users)],
    lost: 40,
  },
  {
    what: 'he begins with a user’s entry, and nothing was removed',
    reached: { user: 58 },
    files: [file([...range(1, 57), 59, 60]), file([58], users), file([61], { seqnumId: 'another user' })],
    lost: 0,
  },
  {
    what: 'the same numbers in an earlier boot',
    reached: { system: 50 },
    files: [file(range(100, 200)), file(range(1, 99), { ...users, earlierUs: 1000 })],
    lost: 49,
  },
  {
    what: 'the same numbers on another machine',
    reached: { system: 50 },
    files: [file(range(100, 200)), file(range(1, 99), { ...users, machineId: 'n' })],
    lost: 49,
  },
]

for (const { what, reached, files, lost } of cases) {
  t.test(`before systemd 254: ${what}`, async t => {
    const passed = createPassed()
    for (const [seqnumId, seqnum] of Object.entries(reached)) passed.reach(place(seqnumId, seqnum))
    t.equal(passed.lost({ files, whole: true }), lost)
    t.equal(passed.lost({ files, whole: true }), 0, 'told once')
    for (const { header } of files)
      t.equal(
        passed.advance({ files, whole: true }, place(header.seqnumId, header.tailSeqnum)),
        0,
        'also while he reads on',
      )
  })
}

const common = { common: true }

const commonCases: { what: string; from: number; files: JournalFile[]; to: number[]; lost: number[] }[] = [
  { what: 'nothing removed', from: 50, files: [file(range(1, 60), common)], to: [55, 60], lost: [0, 0] },
  { what: 'files removed', from: 50, files: [file(range(100, 200), common)], to: [100, 200], lost: [49, 0] },
  {
    what: 'a user’s file spans what was removed',
    from: 50,
    files: [file([5, 60, 180], common), file([...range(100, 179), ...range(181, 200)], common)],
    to: [60, 150, 200],
    lost: [9, 39, 0],
  },
  {
    what: 'a user’s file ends in what was removed',
    from: 50,
    files: [file([5, 60, 70], common), file(range(100, 200), common)],
    to: [200],
    lost: [47],
  },
  {
    what: 'entries that he does not want are in other files',
    from: 50,
    files: [file([...range(1, 51), 53], common), file([52], common), file(range(54, 60), common)],
    to: [53, 60],
    lost: [0, 0],
  },
  {
    what: 'the newest number is taken, and its entry not there yet',
    from: 50,
    files: [file([1, ...range(51, 60)], { ...common, unlinked: true })],
    to: [60, 60],
    lost: [0, 0],
  },
  {
    what: 'a number was taken for an entry that the next file got',
    from: 50,
    files: [file([1, ...range(51, 60)], { ...common, unlinked: true }), file(range(61, 70), common)],
    to: [70],
    lost: [0],
  },
  {
    what: 'the file went from under him while he read it',
    from: 50,
    files: [file([1, ...range(30, 70)], { ...common, closed: true }), file(range(71, 80), common)],
    to: [60, 80],
    lost: [0, 0],
  },
  { what: 'another sequence, which began later', from: 50, files: [file(range(1, 9), common)], to: [], lost: [] },
]

for (const { what, from, files, to, lost } of commonCases) {
  t.test(`systemd 254 and newer: ${what}`, async t => {
    const passed = createPassed()
    passed.reach(place('system', from))
    const snapshot = { files, whole: true }
    t.equal(passed.lost(snapshot), 0, 'told when he comes there')
    t.same(
      to.map(seqnum => passed.advance(snapshot, place('system', seqnum))),
      lost,
    )
    t.equal(passed.lost(snapshot), 0)
  })
}

t.test('a file that cannot be read may have what is missing: only what lies before the first file counts', async t => {
  const passed = createPassed()
  passed.reach(place('system', 50))
  const snapshot = { files: [file(range(100, 110), common), file(range(120, 130), common)], whole: false }
  t.equal(passed.lost(snapshot), 49)
  t.equal(passed.advance(snapshot, place('system', 130)), 0)
})

t.test('what is first seen of a sequence is no loss', async t => {
  const passed = createPassed()
  const snapshot = { files: [file(range(100, 110), common)], whole: true }
  t.equal(passed.lost(snapshot), 0)
  t.equal(passed.advance(snapshot, place('system', 105)), 0)
})
