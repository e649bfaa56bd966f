// What a stream owes its client beyond the recorded pairs: pings on time, every entry once, a word about those that are lost, limits.
import type { IncomingMessage } from 'node:http'
import t, { type Test } from 'tap'
import { follow } from '../../../src/log/follow.ts'
import { formatFor } from '../../../src/log/format.ts'
import { declareLogMetrics } from '../../../src/log/metrics.ts'
import { stream } from '../../../src/log/v1/stream.ts'
import type { JournalEntry } from '../../../src/shared/journal/entry.ts'
import { faults as journalFaults } from '../../../src/shared/journal/errors.ts'
import type { FollowedBatch, Journal, JournalReader } from '../../../src/shared/journal/reader.ts'
import { createMetrics } from '../../../src/shared/metrics/registry.ts'
import { startIdleExit } from '../../../src/shared/systemd/idle-exit.ts'
import { memoryEntry, memoryReader } from '../../shared/journal/memory-journal.ts'
import { createDrivenClock, settle } from '../../support/clock.ts'
import { until } from '../../support/within.ts'
import { growing as growingOver, listen } from '../growing.ts'
import { startLogServer } from '../log-server.ts'

const EVENTS = { Accept: 'text/event-stream' }

/** A daemon over `entries`, which a test lets grow, or over readers of its own; and how many readers are open. */
async function serve(
  t: Test,
  {
    entries = [],
    reader = (_: AbortSignal): Partial<JournalReader> => ({}),
    max = 10,
    stallLimitMs = 60_000,
  }: {
    entries?: JournalEntry[]
    reader?: (signal: AbortSignal) => Partial<JournalReader>
    max?: number
    stallLimitMs?: number
  },
) {
  const clock = createDrivenClock()
  let readers = 0
  const journal: Journal = {
    async open(_, signal) {
      readers++
      const memory = memoryReader(entries, { clock, signal })
      return {
        ...memory,
        ...reader(signal),
        async [Symbol.asyncDispose]() {
          readers--
        },
      }
    },
    fieldValues: async () => [],
  }
  const { ask: asked, metrics, ...served } = await startLogServer(t, () => journal, { clock, max, stallLimitMs })
  const ask = (target: string, headers: Record<string, string> = {}, method = 'GET') =>
    asked(target, { headers, method })
  const value = async (name: string) => {
    const line = (await metrics.text()).split('\n').find(each => each.startsWith(`dcos_log_${name} `))
    return Number(line?.split(' ')[1])
  }
  return { ...served, ask, clock, readers: () => readers, value }
}

/** What has come so far; the end of a stream that a test leaves is no failure. */
function received(response: IncomingMessage): { text: string; ended?: 'whole' | 'cut' } {
  const seen: { text: string; ended?: 'whole' | 'cut' } = { text: '' }
  response.setEncoding('utf8').on('data', (chunk: string) => {
    seen.text += chunk
  })
  response
    .on('error', () => {})
    .on('close', () => {
      seen.ended = response.complete ? 'whole' : 'cut'
    })
  return seen
}

/** Without a socket between. */
const growing = (entries: JournalEntry[]) =>
  growingOver(entries, ({ followed }, _, followers) => stream(followed, followers))

const PING = ': ping\n\n'
const messages = (text: string) =>
  text.match(/"MESSAGE":"\w+"|ping|event: lost/g)?.map(each => each.replace(/.*:"|"/g, ''))

t.test('log 4.4: an event is its id and its data', async t => {
  const entry = memoryEntry(1)
  const { ask } = await serve(t, { entries: [entry] })
  const response = await ask('/stream/', EVENTS)
  t.match(response.headers, {
    'content-type': 'text/event-stream',
    'x-accel-buffering': 'no',
    'cache-control': 'no-cache',
    'access-control-allow-origin': '*',
    'x-journal-skip-next': '0',
    'x-journal-skip-prev': '0',
    'transfer-encoding': 'chunked',
  })
  const seen = received(response)
  const wanted =
    `id: ${entry.cursor}\ndata: {"fields":{"MESSAGE":"E1"},"cursor":"${entry.cursor}",` +
    '"monotonic_timestamp":1000000,"realtime_timestamp":1000000}\n\n'
  await until(() => seen.text.length >= wanted.length)
  t.equal(seen.text, wanted)
  response.destroy()
})

t.test('log 4.4: pings: at once when nothing was sent, then 15 s after the last entry or ping', async t => {
  const { ask, clock, ended, add } = growing([])
  const { all } = listen((await ask('', { headers: { accept: EVENTS.Accept } })).body)
  await settle()
  t.same(all, [PING])
  const after = async (ms: number) => {
    const before = all.length
    await clock.run(ms)
    return messages(all.slice(before).join('')) ?? []
  }
  t.same(await after(14_999), [])
  t.same(await after(1), ['ping'])
  t.same(await after(10_000), [])
  add(memoryEntry(1))
  t.same(await after(1000), ['E1'], 'within a second')
  t.same(await after(14_000), [])
  t.same(await after(1000), ['ping'])
  t.same(await after(60_000), ['ping', 'ping', 'ping', 'ping'])
  ended.abort()
})

t.test('log 4.4: no ping at once when there was an entry', async t => {
  const { ask, clock, ended } = growing([memoryEntry(1)])
  const { all } = listen((await ask('', { headers: { accept: EVENTS.Accept } })).body)
  await clock.run(14_000)
  t.same(messages(all.join('')), ['E1'])
  ended.abort()
})

for (const accept of ['text/plain', 'application/json']) {
  t.test(`log 4.4: ${accept}: headers at once, then silence until there is an entry`, async t => {
    const { ask } = await serve(t, {})
    const response = await ask('/stream/', { Accept: accept })
    t.match(response.headers, { 'content-type': accept, 'x-accel-buffering': 'no' })
    response.on('error', () => {}).destroy()
    const { ask: asked, clock, ended, add } = growing([])
    const { all } = listen((await asked('', { headers: { accept } })).body)
    await clock.run(100_000)
    t.same(all, [])
    add(memoryEntry(7))
    await clock.run(1000)
    t.match(all.join(''), /E7/)
    ended.abort()
  })
}

const starts: { what: string; target: string; id?: string; wanted: string[]; skipped?: [string, string] }[] = [
  { what: 'from the head', target: '/stream/', wanted: ['E1', 'E2', 'E3', 'E4'] },
  { what: 'from the last', target: '/stream/?skip_prev=1', wanted: ['E3', 'E4'], skipped: ['0', '1'] },
  {
    what: 'from further back than there is',
    target: '/v1/stream/?skip_prev=9',
    wanted: ['E1', 'E2', 'E3', 'E4'],
    skipped: ['0', '3'],
  },
  { what: 'after a cursor', target: `/stream/?cursor=${memoryEntry(2).cursor}`, wanted: ['E3', 'E4'] },
  { what: 'after the last', target: `/stream/?cursor=${memoryEntry(3).cursor}`, wanted: ['ping', 'E4'] },
  { what: 'behind the last', target: `/stream/?cursor=${memoryEntry(9).cursor}`, wanted: ['ping', 'E4'] },
  { what: 'since a time', target: '/stream/?since=2', wanted: ['E2', 'E3', 'E4'] },
  {
    what: 'the last ones, but since a time',
    target: '/stream/?since=3&skip_prev=2',
    wanted: ['E3', 'E4'],
    skipped: ['0', '2'],
  },
  { what: 'since a time after the last', target: '/stream/?since=3.5', wanted: ['ping', 'E4'] },
  {
    what: 'again, by Last-Event-ID',
    target: `/stream/?cursor=${memoryEntry(1).cursor}&skip_prev=2&since=-1h`,
    id: memoryEntry(2).cursor,
    wanted: ['E3', 'E4'],
  },
]
for (const { what, target, id, wanted, skipped = ['0', '0'] } of starts) {
  t.test(`log 3.3, 3.4: ${what}, then what is added`, async t => {
    const entries = [1, 2, 3].map(memoryEntry)
    const { ask, clock } = await serve(t, { entries })
    const response = await ask(target, { ...EVENTS, ...(id && { 'Last-Event-ID': id }) })
    t.same([response.headers['x-journal-skip-next'], response.headers['x-journal-skip-prev']], skipped)
    const seen = received(response)
    await until(() => seen.text !== '')
    entries.push(memoryEntry(4))
    await clock.run(1000)
    await until(() => seen.text.includes('E4'))
    t.same(messages(seen.text), wanted)
    response.destroy()
  })
}

t.test('log 4.7: entries lost are told: as an event, else in log and metrics', async t => {
  const batches = (): FollowedBatch[] => [
    { entries: [memoryEntry(1)], lost: 0n },
    { entries: [memoryEntry(9)], lost: 7n },
    { entries: [], lost: 2n },
  ]
  const reader = (signal: AbortSignal): Partial<JournalReader> => ({
    async *follow() {
      yield* batches()
      await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
    },
  })
  const { ask, lines, value } = await serve(t, { reader })
  const events = await ask('/stream/', EVENTS)
  const seen = received(events)
  await until(() => seen.text.includes('"lost":2'))
  t.same(messages(seen.text), ['E1', 'event: lost', 'E9', 'event: lost'])
  t.match(seen.text, /\n\nevent: lost\ndata: \{"fields":\{\},"lost":7,"realtime_timestamp":\d+\}\n\nid: /)
  const text = await ask('/stream/')
  const plain = received(text)
  await until(async () => plain.text.includes('E9') && (await value('followers_lost_entries_total')) === 18)
  t.match(plain.text, /^[\d: -]+: E1\n[\d: -]+: E9\n$/)
  t.equal(await value('followers_lost_entries_total'), 18)
  t.equal(lines.length, 1, 'one line a minute, since followers read what is logged')
  t.match(lines[0], /^<4>entries were removed before a follower came to them, going on .* entries=7\n$/)
  for (const response of [events, text]) response.destroy()
})

t.test('a client that goes frees reader and place at once', async t => {
  const { ask, readers, value, server } = await serve(t, { max: 1 })
  for (const target of ['/stream/', '/v1/stream/', '/stream/framework/f/executor/e/container/c']) {
    const response = await ask(target, EVENTS)
    const seen = received(response)
    await until(() => seen.text === PING)
    t.equal(readers(), 1)
    t.equal(await value('followers'), 1)
    response.destroy()
    await until(() => readers() === 0 && server.connections() === 0)
    t.equal(readers(), 0, target)
    t.equal(await value('followers'), 0)
  }
})

t.test('more followers than the limit: 503 and when to come again; a range is answered', async t => {
  const { ask, readers, value } = await serve(t, { max: 2, entries: [memoryEntry(1)] })
  const inside = [await ask('/stream/', EVENTS), await ask('/stream/', EVENTS)]
  for (const response of inside) received(response)
  const refused = await ask('/stream/', EVENTS)
  t.equal(refused.statusCode, 503)
  t.equal(refused.headers['retry-after'], '10')
  const seen = received(refused)
  await until(() => seen.ended !== undefined)
  t.match(seen.text, /^Message: 2 clients follow the journal already \[/)
  t.equal(await value('followers_refused_total'), 1)
  const range = await ask('/range/')
  t.equal(range.statusCode, 200)
  range.resume()
  inside[0]?.destroy()
  await until(async () => (await value('followers')) === 1)
  const next = await ask('/stream/', EVENTS)
  t.equal(next.statusCode, 200)
  for (const response of [...inside, next]) response.destroy()
  await until(() => readers() === 0)
})

t.test('a stream that cannot begin gives its place back', async t => {
  const { ask, readers, value } = await serve(t, {
    max: 1,
    reader: () => ({
      async previous() {
        throw journalFaults.UNAVAILABLE('journalctl failed')
      },
    }),
  })
  for (const time of ['first', 'second']) {
    const response = await ask('/stream/?skip_prev=1', EVENTS)
    response.resume()
    t.equal(response.statusCode, 500, time)
  }
  t.equal(readers(), 0)
  t.equal(await value('followers'), 0)
})

t.test('a journal that fails in the middle: the stream is cut, not ended', async t => {
  const { ask, value } = await serve(t, {
    reader: () => ({
      async *follow() {
        yield { entries: [memoryEntry(1)], lost: 0n }
        throw journalFaults.UNAVAILABLE('journalctl failed')
      },
    }),
  })
  const seen = received(await ask('/stream/', EVENTS))
  await until(() => seen.ended !== undefined)
  t.equal(seen.ended, 'cut')
  t.equal(await value('followers'), 0)
})

t.test('HEAD is answered and follows nothing', async t => {
  const { ask, readers, value } = await serve(t, {})
  const response = await ask('/stream/', EVENTS, 'HEAD')
  const seen = received(response)
  await until(() => seen.ended !== undefined)
  t.match(response.headers, { 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' })
  t.equal(seen.text, '')
  t.equal(readers(), 0)
  t.equal(await value('followers'), 0)
})

t.test('a client that takes nothing holds the journal back, and is cut off when its time is over', async t => {
  let batches = 0
  const { ask, readers, value } = await serve(t, {
    stallLimitMs: 500,
    reader: () => ({
      async *follow() {
        for (;;) {
          batches++
          yield { entries: Array.from({ length: 1000 }, (_, i) => memoryEntry(i)), lost: 0n }
        }
      },
    }),
  })
  const response = await ask('/stream/', EVENTS)
  response.on('error', () => {}).pause()
  await until(async () => (await value('followers_stalled_total')) === 1)
  t.equal(await value('followers_stalled_total'), 1)
  await until(() => readers() === 0)
  t.equal(readers(), 0)
  t.ok(batches < 100, `after ${batches} batches`)
  response.destroy()
})

t.test('a silent stream keeps the daemon, and ends whole when it stops', async t => {
  const { ask, clock, server, readers } = await serve(t, {})
  let stopped = 0
  await using _idle = startIdleExit({
    connections: server.connections,
    idleMs: 60_000,
    stop: () => void stopped++,
    clock,
  })
  const response = await ask('/stream/')
  const seen = received(response)
  await clock.run(600_000)
  t.equal(stopped, 0)
  await server[Symbol.asyncDispose]()
  await until(() => seen.ended !== undefined)
  t.equal(seen.ended, 'whole')
  t.equal(readers(), 0)
})

t.test('the lag is that of the newest entry, when it was sent', async t => {
  const entries: JournalEntry[] = []
  const { ask, clock, value } = await serve(t, { entries })
  const response = await ask('/stream/', EVENTS)
  const seen = received(response)
  await until(() => seen.text === PING)
  entries.push({ ...memoryEntry(1), realtimeUs: (clock.nowMs() + 750) * 1000 })
  await clock.run(1000)
  await until(() => seen.text.includes('E1'))
  t.equal(await value('followers_lag_seconds'), 0.25)
  const late = received(await ask('/stream/', EVENTS))
  await clock.run(5000)
  entries.push(memoryEntry(2))
  await clock.run(1000)
  await until(() => seen.text.includes('E2') && late.text.includes('E2'))
  t.equal(await value('followers_lag_seconds'), 0.25, 'an older entry does not count')
  entries.push({ ...memoryEntry(3), realtimeUs: (clock.nowMs() + 86_400_000) * 1000 })
  await clock.run(1000)
  entries.push({ ...memoryEntry(4), realtimeUs: (clock.nowMs() + 500) * 1000 })
  await clock.run(1000)
  await until(() => seen.text.includes('E4') && late.text.includes('E4'))
  t.equal(await value('followers_lag_seconds'), 0.5, 'one of the future does not hide those after it')
  response.destroy()
})

t.test('the slowest follower shows, as long as it is there', async t => {
  const clock = createDrivenClock()
  const metrics = createMetrics('log')
  const counted = declareLogMetrics(metrics)
  const entries = [memoryEntry(1)]
  const begin = (gone = new AbortController()) => {
    const { signal } = gone
    const reader = memoryReader(entries, { clock, signal })
    const format = formatFor('application/json')
    const bytes = follow({ reader, skipCurrent: false, format, metrics: counted, clock, lost() {}, signal })
    return { bytes, gone }
  }
  const behind = async () => Number(/followers_behind_seconds ([\d.]+)$/m.exec(await metrics.text())?.[1])
  t.equal(await behind(), 0)
  const slow = begin()
  await slow.bytes.next()
  const fast = begin()
  await fast.bytes.next()
  const waiting = fast.bytes.next()
  await clock.run(7000)
  t.equal(await behind(), 7, 'one has not taken the next, the other has all')
  await slow.bytes.return(undefined)
  t.equal(await behind(), 0)
  entries.push(memoryEntry(2))
  await clock.run(1000)
  await waiting
  await clock.run(3000)
  t.equal(await behind(), 3)
  fast.gone.abort()
  await fast.bytes.return(undefined)
  t.equal(await behind(), 0)
})

t.test('log 3.1: a regular expression chooses what a stream gives, from a Last-Event-ID too', async t => {
  const entries = [1, 2, 3].map(memoryEntry)
  const { ask, clock, readers } = await serve(t, { entries })
  const headers = { ...EVENTS, 'Last-Event-ID': memoryEntry(1).cursor }
  const response = await ask('/stream/?filter=MESSAGE~[135]$', headers)
  const seen = received(response)
  await until(() => seen.text.includes('E3'))
  entries.push(...[4, 5].map(memoryEntry))
  await clock.run(1000)
  await until(() => seen.text.includes('E5'))
  t.strictSame(seen.text.match(/E\d/g), ['E3', 'E5'])
  await clock.run(15_000)
  await until(() => seen.text.endsWith(PING))
  response.destroy()
  await until(() => readers() === 0)
  t.equal(readers(), 0)
})
