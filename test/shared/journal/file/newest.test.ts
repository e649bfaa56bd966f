// Up to where files that are written in turns can be read without passing over what one of them did not show yet.
import t from 'tap'
import type { FileHeader } from '../../../../src/shared/journal/file/header.ts'
import { newestOf } from '../../../../src/shared/journal/file/newest.ts'

const header = (seqnumId: string, tailSeqnum: number, tailRealtimeUs = tailSeqnum, machineId = 'm') =>
  ({ seqnumId, tailSeqnum, tailRealtimeUs, machineId, numberedInCommon: false }) as FileHeader
const common = (seqnumId: string, tailSeqnum: number) => ({ ...header(seqnumId, tailSeqnum), numberedInCommon: true })

const cases: { what: string; headers: FileHeader[]; newest: Record<string, number> }[] = [
  { what: 'files of one sequence', headers: [header('a', 10), header('a', 30), header('a', 20)], newest: { a: 30 } },
  { what: 'a file without entries', headers: [header('a', 0)], newest: {} },
  {
    what: 'a user’s file, which was read a moment later',
    headers: [header('system', 446), header('user', 450)],
    newest: { system: 450, user: 450 },
  },
  {
    what: 'a user who has long been silent',
    headers: [header('system', 446), header('user', 50)],
    newest: { system: 446, user: 446 },
  },
  {
    what: 'greater numbers of an earlier boot',
    headers: [header('system', 446, 1000), header('before', 9000, 500)],
    newest: { system: 446, before: 9000 },
  },
  {
    what: 'boots of systemd 254 and newer',
    headers: [common('before', 100), common('system', 446)],
    newest: { before: 100, system: 446 },
  },
  {
    what: 'another machine',
    headers: [header('system', 446), header('other', 9000, 9000, 'n')],
    newest: { system: 446, other: 9000 },
  },
]

for (const { what, headers, newest } of cases) {
  t.test(what, async t => {
    t.same(Object.fromEntries([...newestOf(headers)].map(([id, { seqnum }]) => [id, seqnum])), newest)
  })
}
