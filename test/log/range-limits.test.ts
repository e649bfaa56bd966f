// What one answer may hold (log 4.11): beyond it the answer is cut off so that nobody takes it for a whole one.
import type { IncomingMessage } from 'node:http'
import { gunzipSync } from 'node:zlib'
import t, { type Test } from 'tap'
import type { RangeLimits } from '../../src/log/range-limits.ts'
import type { JournalReader } from '../../src/shared/journal/reader.ts'
import { memoryEntry, memoryReader } from '../shared/journal/memory-journal.ts'
import { NO_LIMITS, startLogServer } from './log-server.ts'

/** Five entries in batches of two. */
async function serve(t: Test, limits: Partial<RangeLimits>) {
  const entries = [1, 2, 3, 4, 5].map(memoryEntry)
  const open = async (): Promise<JournalReader> => {
    const reader = memoryReader(entries)
    return {
      ...reader,
      async *entries(...given) {
        for await (const all of reader.entries(...given))
          for (let at = 0; at < all.length; at += 2) yield all.slice(at, at + 2)
      },
    }
  }
  const journal = { open, fieldValues: async () => [] }
  return await startLogServer(t, () => journal, { rangeLimits: { ...NO_LIMITS, ...limits } })
}

/** What came, and whether the client's library says that it is all. */
async function received(response: IncomingMessage) {
  const chunks: Buffer[] = []
  let whole = true
  try {
    for await (const chunk of response) chunks.push(chunk)
  } catch {
    whole = false
  }
  return { status: response.statusCode, bytes: Buffer.concat(chunks), whole }
}

const ALL = ['E1', 'E2', 'E3', 'E4', 'E5']

const cases: { target: string; accept: string; limits: Partial<RangeLimits>; wanted: string[]; cut?: string }[] = [
  { target: '/range/', accept: 'text/plain', limits: { entriesMax: 3 }, wanted: ['E1', 'E2', 'E3'], cut: '3 entries' },
  { target: '/range/', accept: 'application/json', limits: { entriesMax: 2 }, wanted: ['E1', 'E2'], cut: '2 entries' },
  { target: '/range/', accept: 'text/event-stream', limits: { entriesMax: 1 }, wanted: ['E1'], cut: '1 entries' },
  { target: '/range/', accept: 'application/json', limits: { bytesMax: 1 }, wanted: ['E1', 'E2'], cut: '1 bytes' },
  { target: '/range/', accept: 'text/event-stream', limits: { bytesMax: 9 }, wanted: ['E1', 'E2'], cut: '9 bytes' },
  { target: '/range/', accept: 'text/plain', limits: { entriesMax: 5, bytesMax: 200 }, wanted: ALL },
  { target: '/range/?limit=3', accept: 'text/plain', limits: { entriesMax: 3 }, wanted: ['E1', 'E2', 'E3'] },
  { target: '/range/', accept: 'text/plain', limits: {}, wanted: ALL },
  {
    target: '/range/?since=2&filter=MESSAGE~E',
    accept: 'text/event-stream',
    limits: { entriesMax: 2 },
    wanted: ['E2', 'E3'],
    cut: '2 entries',
  },
  { target: '/v2/component', accept: 'application/json', limits: { entriesMax: 2 }, wanted: ['E1', 'E2'], cut: '' },
  { target: '/v2/component', accept: 'text/plain', limits: { bytesMax: 1 }, wanted: ['E1', 'E2'], cut: '' },
]
for (const { target, accept, limits, wanted, cut } of cases) {
  t.test(`log 4.11: ${target} as ${accept}, ${JSON.stringify(limits)}: ${wanted}`, async t => {
    const { ask, metrics } = await serve(t, limits)
    const { status, bytes, whole } = await received(await ask(target, { headers: { Accept: accept } }))
    t.equal(status, 200)
    t.equal(whole, cut === undefined)
    t.same(bytes.toString().match(/\bE\d\b/g), wanted)
    const told = /event: cut\ndata: (.*)\n\n$/.exec(bytes.toString())?.[1]
    t.same(
      told && JSON.parse(told),
      accept === 'text/event-stream' && cut !== undefined
        ? { fields: {}, cut: `the answer was cut off after ${cut}` }
        : undefined,
    )
    t.match(await metrics.text(), new RegExp(`ranges_cut_total ${cut === undefined ? 0 : 1}$`, 'm'))
  })
}

t.test('log 4.11: no entry is cut in two, however large', async t => {
  const message = 'x'.repeat(1_000_000)
  const large = { ...memoryEntry(1), fields: [{ name: 'MESSAGE', value: Buffer.from(message) }], large: true }
  const open = async (): Promise<JournalReader> => ({
    ...memoryReader([large]),
    async *entries() {
      yield [large]
      yield [memoryEntry(2)]
    },
  })
  const { ask } = await startLogServer(t, () => ({ open, fieldValues: async () => [] }), {
    rangeLimits: { ...NO_LIMITS, bytesMax: 1 },
  })
  const { bytes, whole } = await received(await ask('/range/', { headers: { Accept: 'text/event-stream' } }))
  t.notOk(whole)
  const [entry = '', cut, end] = bytes.toString().split('\n\n')
  t.equal(JSON.parse(entry.slice('data: '.length)).fields.MESSAGE, message)
  t.match(cut, /^event: cut\ndata: /)
  t.equal(end, '')
})

t.test('log 4.11: a download that was cut off is no whole gzip file', async t => {
  const { ask } = await serve(t, { entriesMax: 3 })
  const { bytes, whole } = await received(await ask('/range/download'))
  t.notOk(whole)
  t.throws(() => gunzipSync(bytes), { code: 'Z_BUF_ERROR' })
})

t.test('log 4.11: a stream has no such limit', async t => {
  const { ask, metrics } = await serve(t, { entriesMax: 2, bytesMax: 1 })
  const response = await ask('/stream/', { headers: { Accept: 'application/json' } })
  let all = ''
  for await (const chunk of response) {
    all += chunk
    if (all.includes('E5')) break
  }
  t.same(all.match(/\bE\d\b/g), ALL)
  t.match(await metrics.text(), /ranges_cut_total 0$/m)
})
