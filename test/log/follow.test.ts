// A client that comes again with the last id it got, when vacuum has removed what followed: it is told how much, exactly, and gets the rest.
import { rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { openJournalFiles } from '../../src/shared/journal/file/open.ts'
import { numberedUnit, writeNumberedJournal } from '../shared/journal/file/numbered-journal.ts'
import { journalRemoteMissing } from '../shared/journal/file/write-journal.ts'
import { within } from '../support/within.ts'
import { startLogServer } from './log-server.ts'

const skip = journalRemoteMissing()

/** Of each file. */
const ENTRIES = 60

const SYSTEM = 'a'.repeat(32)
const USER = 'b'.repeat(32)

/** Numbers of three files of the system's, and of one of a user's that spans them. */
interface Layout {
  what: string
  /** Of the numbers from 1 on, a user has each so-manieth; 0 for none. */
  userEach: number
  userId: string
  common: boolean
}

const layouts: Layout[] = [
  { what: 'no user has written', userEach: 0, userId: '', common: true },
  { what: 'no user has written, systemd 252', userEach: 0, userId: '', common: false },
  { what: 'a user’s file of the same sequence spans the gap', userEach: 4, userId: SYSTEM, common: true },
  { what: 'a user’s file spans the gap, systemd 252', userEach: 4, userId: USER, common: false },
]
const paths = ['/v1/stream/', '/v2/component']
const CURSOR = 41

/** Messages by the numbers they have, and the sum of what was told to be lost, until `last` has come. */
async function follow(ask: Ask, path: string, last: number, lastEventId?: string) {
  const headers = { Accept: 'text/event-stream', ...(lastEventId && { 'Last-Event-ID': lastEventId }) }
  const response = await ask(path, { headers })
  let text = ''
  const events = async () => {
    for await (const chunk of response.setEncoding('utf8')) {
      text += chunk
      if (text.endsWith('\n\n') && numbersOf(text).includes(last)) return
    }
  }
  await within(`entry ${last}`, events())
  response.destroy()
  const lost = text.match(/^event: lost\ndata: .*"lost":\d+/gm)?.map(each => Number(each.split(':').at(-1))) ?? []
  return { text, numbers: numbersOf(text), lost: lost.reduce((sum, each) => sum + each, 0) }
}

type Ask = Awaited<ReturnType<typeof startLogServer>>['ask']

const numbersOf = (text: string) => [...text.matchAll(/^id: s=\w+;i=(\w+);/gm)].map(([, i]) => Number.parseInt(i!, 16))

const idOf = (text: string, number: number) =>
  new RegExp(`^id: (s=\\w+;i=${number.toString(16)};.*)$`, 'm').exec(text)![1]!

function write(t: Test, { userEach, userId, common }: Layout) {
  const directory = t.testdir()
  const isUsers = (number: number) => userEach > 0 && number % userEach === 0
  const counted = Array.from({ length: (userEach === 0 ? 3 : 4) * ENTRIES }, (_, i) => i + 1)
  const system = counted.filter(number => !isUsers(number))
  const parts = [0, 1, 2].map(i => system.slice(i * ENTRIES, (i + 1) * ENTRIES))
  const files = parts.map((numbers, i) => ({ path: join(directory, `system-${i}.journal`), numbers }))
  for (const { path, numbers } of files) writeNumberedJournal(path, { numbers, seqnumId: SYSTEM, common })
  const users = counted.filter(isUsers)
  if (userEach > 0)
    writeNumberedJournal(join(directory, 'user-1000.journal'), { numbers: users, seqnumId: userId, common })
  const units = new Map([...parts, users].flatMap(numbers => numbers.map((number, i) => [number, numberedUnit(i)])))
  return { directory, counted, files, units }
}

for (const layout of layouts) {
  for (const path of paths) {
    t.test(`log 4.7, ${path}, the journal was vacuumed meanwhile: ${layout.what}`, { skip }, async t => {
      const { directory, counted, files, units } = write(t, layout)
      const corrupt = (_: string, what: string) => t.fail(what)
      const { ask } = await startLogServer(t, () => openJournalFiles({ directory, corrupt }))
      const last = counted.at(-1)!
      const whole = await follow(ask, path, last)
      t.same(whole.numbers, counted)
      t.equal(whole.lost, 0)
      const lastEventId = idOf(whole.text, CURSOR)
      const unharmed = await follow(ask, path, last, lastEventId)
      t.same(unharmed.numbers, counted.slice(CURSOR))
      t.equal(unharmed.lost, 0)

      for (const { path } of files.slice(0, 2)) rmSync(path)
      const gone = new Set(files.slice(0, 2).flatMap(({ numbers }) => numbers))
      const left = counted.filter(number => number > CURSOR && !gone.has(number))
      const lost = last - CURSOR - left.length
      const again = await follow(ask, path, last, lastEventId)
      t.same(again.numbers, left)
      t.equal(again.lost, lost)
      const filtered = await follow(ask, `${path}?filter=_SYSTEMD_UNIT:${units.get(last)}`, last, lastEventId)
      t.same(
        filtered.numbers,
        left.filter(number => units.get(number) === units.get(last)),
      )
      t.equal(filtered.lost, lost, 'matching or not')
    })
  }
}

t.test(
  'log 4.7, a file that cannot be opened may have what is missing: it is not told to be lost',
  { skip },
  async t => {
    const { directory, counted, files } = write(t, layouts.find(({ userId, common }) => userId === SYSTEM && common)!)
    const { ask } = await startLogServer(t, () => openJournalFiles({ directory }))
    const last = counted.at(-1)!
    const { text } = await follow(ask, '/v1/stream/', last)
    for (const { path } of files.slice(0, 2)) rmSync(path)
    symlinkSync(files[2]!.path, join(directory, 'link.journal'))
    const again = await follow(ask, '/v1/stream/', last, idOf(text, CURSOR))
    t.equal(again.numbers.at(-1), last)
    t.equal(again.lost, 0)
  },
)
