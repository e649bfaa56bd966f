// What a range owes its client beyond the recorded pairs: an end when the client goes, a place in the queue, no file names made up.
import type { IncomingMessage } from 'node:http'
import { gunzipSync } from 'node:zlib'
import t, { type Test } from 'tap'
import { shareJournal } from '../../../src/log/journals.ts'
import { declareLogMetrics } from '../../../src/log/metrics.ts'
import { range } from '../../../src/log/v1/range.ts'
import { faults as journalFaults } from '../../../src/shared/journal/errors.ts'
import type { Journal, JournalReader } from '../../../src/shared/journal/reader.ts'
import { createMetrics } from '../../../src/shared/metrics/registry.ts'
import { memoryEntry, memoryReader } from '../../shared/journal/memory-journal.ts'
import { createDrivenClock, loopTurn, settle } from '../../support/clock.ts'
import { until } from '../../support/within.ts'
import { handlerRequest } from '../handler-request.ts'
import { NO_LIMITS, startLogServer } from '../log-server.ts'

const serve = (t: Test, journal: Partial<Journal>) =>
  startLogServer(t, () => ({ open: async () => memoryReader([]), fieldValues: async () => [], ...journal }))

async function text(response: IncomingMessage): Promise<string> {
  let all = ''
  for await (const chunk of response) all += chunk
  return all
}

/** Disposals counted; entries without end, or what `entries` says. */
function endless(signal: AbortSignal, seen: { closed: number; batches: number; stopped: number }): JournalReader {
  return {
    ...memoryReader([memoryEntry(1)]),
    async *entries() {
      try {
        while (!signal.aborted) {
          seen.batches++
          yield Array.from({ length: 1000 }, () => memoryEntry(1))
          await loopTurn()
        }
      } finally {
        seen.stopped++
      }
    },
    async [Symbol.asyncDispose]() {
      seen.closed++
    },
  }
}

for (const target of ['/range/', '/range/download', '/v1/range/']) {
  t.test(`${target}: a client that goes frees its reader`, async t => {
    const seen = { closed: 0, batches: 0, stopped: 0 }
    const { ask } = await serve(t, { open: async (_, signal) => endless(signal, seen) })
    const response = await ask(target)
    await new Promise(resolve => response.once('data', resolve))
    response.on('error', () => {})
    response.destroy()
    await until(() => seen.closed > 0)
    t.match(seen, { closed: 1, stopped: 1 })
  })
}

t.test('a client that does not read holds the journal back', async t => {
  const seen = { closed: 0, batches: 0, stopped: 0 }
  const journal: Journal = { open: async (_, signal) => endless(signal, seen), fieldValues: async () => [] }
  const counted = declareLogMetrics(createMetrics('log'))
  const clock = createDrivenClock()
  const { ranges } = shareJournal(journal, counted, clock)
  const { body } = await range(ranges, NO_LIMITS, counted, clock)(handlerRequest('/range/'))
  // As the server takes it: the next piece when the socket has room again.
  const pieces = (body as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]()
  await pieces.next()
  const before = seen.batches
  await settle()
  t.equal(seen.batches, before, 'nothing is read ahead')
  t.ok(before < 3, `after ${before} batches`)
  await pieces.return?.()
  t.match(seen, { closed: 1, stopped: 1 })
})

t.test('HEAD reads no further than the first entry', async t => {
  const seen = { closed: 0, batches: 0, stopped: 0 }
  const { ask } = await serve(t, { open: async (_, signal) => endless(signal, seen) })
  const response = await ask('/range/', { method: 'HEAD' })
  t.equal(await text(response), '')
  t.match(response.headers, { 'content-type': 'text/plain', 'x-journal-skip-next': '0' })
  t.same(seen, { closed: 1, batches: 1, stopped: 1 })
})

t.test('log 3.5: since, until, priority and boot', async t => {
  const asked: string[][] = []
  const entries = [1, 2, 3, 4, 5].map(memoryEntry)
  const open: Journal['open'] = async clauses => {
    asked.push(clauses.map(clause => clause.map(({ field, value }) => `${field}=${Buffer.from(value)}`).join('|')))
    return memoryReader(entries)
  }
  const { ask } = await serve(t, { open })
  const got = async (query: string) => {
    const response = await ask(`/range/?${query}`, { headers: { Accept: 'application/json' } })
    return (await text(response)).match(/E\d/g)?.join(' ') ?? `${response.statusCode}`
  }
  t.equal(await got('since=2&until=4'), 'E2 E3 E4')
  t.equal(await got('since=2&until=4&limit=2'), 'E2 E3')
  t.equal(await got('since=2&until=4&limit=2&read_reverse=true'), 'E4 E3')
  t.equal(await got('until=0.5'), '204')
  t.equal(await got('since=6'), '204')
  t.equal(await got('since=-15m'), '204')
  asked.length = 0
  await got('priority=alert&boot=2c357020b6e54863a5ac9dee71d5872c')
  t.same(asked, [['PRIORITY=0|PRIORITY=1', '_BOOT_ID=2c357020b6e54863a5ac9dee71d5872c']])
  asked.length = 0
  await got('boot=0')
  t.same(
    asked,
    [[], [`_BOOT_ID=${entries[4]?.cursor.slice(-100).match(/b=(\w+)/)?.[1]}`]],
    'the boot of the newest entry',
  )
})

t.test('too many readers: 503 and when to come again', async t => {
  const open = async () => {
    throw journalFaults.BUSY(16).with({ retryAfterSeconds: 1 })
  }
  const { ask } = await serve(t, { open })
  const response = await ask('/range/?limit=1')
  t.equal(response.statusCode, 503)
  t.equal(response.headers['retry-after'], '1')
  t.equal(
    await text(response),
    'Message: Error opening journal reader: 16 readers are at work already ' +
      '[request URI: /range/?limit=1; remote address: @; Accept: ; Proto: HTTP/1.1]\n',
  )
})

t.test('a journal that fails before the first byte: 500, and the inner cause stays inside', async t => {
  let closed = 0
  const open = async (): Promise<JournalReader> => ({
    ...memoryReader([]),
    // biome-ignore lint/correctness/useYield: it fails before
    async *entries() {
      throw journalFaults.UNAVAILABLE('journalctl failed').because('/secret/path')
    },
    async [Symbol.asyncDispose]() {
      closed++
    },
  })
  const { ask } = await serve(t, { open })
  const response = await ask('/range/')
  t.equal(response.statusCode, 500)
  t.notMatch(await text(response), /secret/)
  t.ok(closed > 0)
})

t.test('a journal that fails in the middle: the answer is cut, not ended', async t => {
  const open = async (): Promise<JournalReader> => ({
    ...memoryReader([]),
    async *entries() {
      yield [memoryEntry(1)]
      throw journalFaults.UNAVAILABLE('journalctl failed')
    },
  })
  const { ask } = await serve(t, { open })
  const response = await ask('/range/')
  t.equal(response.statusCode, 200)
  await t.rejects(text(response), { code: 'ECONNRESET' })
})

const names: [string, string][] = [
  ['/range/download?postfix=abc', 'root-range-abc.log.gz'],
  ['/range/download?postfix=..%2F..%2Fetc%2Fx', 'root-range-....etcx.log.gz'],
  ['/range/download?postfix=a%0d%0aSet-Cookie:%20x', 'root-range-aSet-Cookiex.log.gz'],
  ['/range/download?postfix=%22%27;b', 'root-range-b.log.gz'],
  ['/range/download?postfix=%00%01', 'root-range-.log.gz'],
  ['/range/framework/f/executor/e/container/p.c/download?postfix=stdout', 'task-p.c-stdout.log.gz'],
  ['/range/framework/f/executor/e/container/%22x%20y/download', 'task-xy.log.gz'],
  [`/range/download?postfix=${'x'.repeat(5000)}`, `root-range-${'x'.repeat(229)}.log.gz`],
]
t.test('log 4.5: names of downloads', async t => {
  const { ask } = await serve(t, { open: async () => memoryReader([memoryEntry(1)]) })
  for (const [target, name] of names) {
    const response = await ask(target)
    response.resume()
    t.equal(response.headers['content-disposition'], `attachment; filename=${name}`, target.slice(0, 60))
  }
})

t.test('paths are taken literally, and only as whole segments', async t => {
  const asked: string[] = []
  const open: Journal['open'] = async clauses => {
    asked.push(clauses.map(([match]) => `${match?.field}=${Buffer.from(match?.value ?? '')}`).join(' '))
    return memoryReader([memoryEntry(1)])
  }
  const { ask } = await serve(t, { open })
  const status = async (target: string) => {
    const response = await ask(target)
    response.resume()
    return response.statusCode
  }
  t.equal(await status('/range/framework/f%20g/executor/e*/container/c?filter=STREAM:STDOUT'), 200)
  t.same(asked, ['CONTAINER_ID=c FRAMEWORK_ID=f g EXECUTOR_ID=e* STREAM=STDOUT'])
  for (const [target, wanted] of [
    ['/range', 404],
    ['/fields/', 404],
    ['/fields/STREAM%2Fx', 404],
    ['/range/framework//executor/e/container/c', 301],
    ['/range/framework/f/executor/e%2Fx/container/c', 404],
    ['/range/framework/%2e%2e/executor/e/container/c', 301],
    ['/%', 404],
    ['/range/%ff', 404],
    ['*', 301],
  ] as const) {
    t.equal(await status(target), wanted, target)
  }
  t.equal(asked.length, 1)
})

t.test('log 3.1: regular expressions choose entries, within a container as outside', async t => {
  const asked: string[][] = []
  const entries = [1, 2, 3, 4, 5, 6].map(memoryEntry)
  const open: Journal['open'] = async clauses => {
    asked.push(clauses.map(clause => clause.map(({ field, value }) => `${field}=${Buffer.from(value)}`).join('|')))
    return memoryReader(entries)
  }
  const { ask } = await serve(t, { open })
  const got = async (target: string, headers: Record<string, string> = {}) => {
    const response = await ask(target, { headers })
    const body = await text(response)
    return body.match(/E\d/g)?.join(' ') ?? `${response.statusCode} ${body}`.trim()
  }
  t.equal(await got('/range/?filter=MESSAGE~[135]'), 'E1 E3 E5')
  t.equal(await got('/v1/range/?filter=message~e[1-4]'), '204', 'case counts')
  t.equal(await got('/range/?filter=message~(?i)e[1-4]'), 'E1 E2 E3 E4')
  t.equal(await got('/range/?filter=MESSAGE~[135]&filter=MESSAGE~[3-6]'), 'E3 E5')
  t.equal(await got('/range/?filter=MESSAGE~[135]&skip_prev=2'), 'E3 E5')
  t.equal(await got('/range/?filter=MESSAGE~[135]&skip_next=2&limit=1'), 'E3')
  t.equal(await got('/range/?filter=MESSAGE~[135]&read_reverse=true&limit=2'), 'E5 E3')
  t.equal(await got('/range/?filter=MESSAGE~[135]&since=2&until=4.5'), 'E3')
  t.equal(await got('/range/?filter=MESSAGE~9'), '204')
  t.match(
    await got('/range/?filter=MESSAGE~a(b'),
    /^400 Message: Incorrect filter parameter: .*missing closing \): `a\(b`/,
  )
  t.match(await got('/v2/component?filter=MESSAGE~a(b'), /^400 incorrect filter parameter: error parsing/)
  asked.length = 0
  const container = '/range/framework/f/executor/e/container/c'
  t.equal(await got(`${container}?filter=MESSAGE~[12]&filter=CONTAINER_ID:other&filter=X~y`), '204')
  t.equal(await got(`${container}?filter=MESSAGE~[12]&boot=0`), 'E1 E2')
  const path = ['FRAMEWORK_ID=f', 'EXECUTOR_ID=e', 'CONTAINER_ID=c'].sort()
  t.strictSame(
    asked.map(clauses => clauses.filter(clause => !clause.startsWith('_BOOT_ID')).sort()),
    [['CONTAINER_ID=other', ...path].sort(), [], path],
    'beside those of the path; the newest boot is sought among all entries',
  )
})

t.test('log 3.1: downloads and HEAD are searched as well', async t => {
  const { ask, counted } = await serve(t, { open: async () => memoryReader([1, 2, 3].map(memoryEntry)) })
  const response = await ask('/range/download?filter=MESSAGE~[13]')
  const zipped = Buffer.concat(await Array.fromAsync(response as AsyncIterable<Buffer>))
  t.strictSame(gunzipSync(zipped).toString().match(/E\d/g), ['E1', 'E3'])
  const head = await ask('/range/?filter=MESSAGE~9', { method: 'HEAD' })
  t.equal(head.statusCode, 204)
  t.equal(counted.readers(), 0)
})

t.test('log 3.6: a long search is 503 before the proxy gives it up; as events it goes on, with pings', async t => {
  const clock = createDrivenClock()
  /** Finds something after 100 s, and looks at the clock each second. */
  const slow = (signal: AbortSignal): JournalReader => ({
    ...memoryReader([]),
    async *entries() {
      for (let second = 0; second < 100; second++) {
        yield [memoryEntry(1)]
        await clock.sleep(1000, signal)
      }
      yield [memoryEntry(3)]
    },
  })
  const journal = { open: async (_: unknown, signal: AbortSignal) => slow(signal), fieldValues: async () => [] }
  const { ask } = await startLogServer(t, () => journal, { clock })
  const running = async <T>(work: Promise<T>): Promise<T> => {
    let over = false
    const done = () => {
      over = true
    }
    work.then(done, done)
    for (let seconds = 0; seconds < 200 && !over; seconds++) await clock.run(1000)
    return await work
  }
  for (const target of ['/range/', '/range/download', '/v1/range/', '/v2/component']) {
    const refused = await running(ask(`${target}?filter=MESSAGE~3`))
    t.equal(refused.statusCode, 503, target)
    t.match(await text(refused), 'nothing found within 40 seconds')
  }
  const events = { headers: { Accept: 'text/event-stream' } }
  t.equal((await running(ask('/range/?filter=MESSAGE~3', { method: 'HEAD', ...events }))).statusCode, 200)
  const answer = await running(ask('/range/?filter=MESSAGE~3', events))
  t.match(answer, { statusCode: 200, headers: { 'content-type': 'text/event-stream' } })
  t.match(await running(text(answer)), /^(: ping\n\n){6}data: .*"E3".*\n\n$/)
})
