// A task's file: the table of the integration tests of 1.11, whole lines and characters, events over time (log 7.1, 7.2).
import { readFileSync } from 'node:fs'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { errorAnswer } from '../../../src/log/error-answer.ts'
import { createFollowers } from '../../../src/log/followers.ts'
import { declareLogMetrics } from '../../../src/log/metrics.ts'
import { fallback, routes } from '../../../src/log/routes.ts'
import { READERS_MAX, taskFile } from '../../../src/log/v2/task-file.ts'
import { startHttpServer } from '../../../src/shared/http/server.ts'
import { createLog } from '../../../src/shared/log/journald.ts'
import { createMetrics } from '../../../src/shared/metrics/registry.ts'
import { createDrivenClock, settle } from '../../support/clock.ts'
import { tableRows } from '../../support/contract-table.ts'
import { handlerRequest } from '../handler-request.ts'
import { NO_LIMITS } from '../log-server.ts'
import { AGENT_ID, mesosOver, SANDBOX, startMesosStub } from '../mesos-stub.ts'
import { socketPath } from '../socket-path.ts'

const RUN = '/v2/task/frameworks/f-1/executors/e.1/runs/c-1'

async function serve(t: Test, { auth = false } = {}) {
  const stub = await startMesosStub(t)
  const clock = createDrivenClock()
  const metrics = createMetrics('log')
  const path = socketPath(t)
  const lines: string[] = []
  const log = createLog({ write: line => void lines.push(line) })
  const counted = declareLogMetrics(metrics)
  const followers = createFollowers({ max: 1, metrics: counted, clock, log })
  const journal = {
    open: () => Promise.reject(new Error('no journal here')),
    fieldValues: async () => [],
  }
  const server = await startHttpServer({
    routes: routes(journal, {
      metrics: counted,
      followers,
      rangeLimits: NO_LIMITS,
      tasks: { role: 'agent', auth, mesos: await mesosOver(stub, clock) },
    }),
    fallback,
    errorAnswer,
    listener: { path },
    log,
    metrics,
  })
  t.teardown(() => server[Symbol.asyncDispose]())
  const open = (target: string, headers: Record<string, string> = {}, method = 'GET') =>
    new Promise<IncomingMessage>((resolve, reject) => {
      const request = httpRequest({ socketPath: path, path: target, agent: false, headers, method })
      request.on('error', reject).on('response', resolve).end()
    })
  const ask = async (target: string, headers?: Record<string, string>, method?: string) => {
    const response = await open(target, headers, method)
    const chunks: Buffer[] = []
    for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk)
    return { status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks).toString() }
  }
  const write = (name: string, content: string | Buffer) =>
    void stub.files.set(`${SANDBOX}/${name}`, Buffer.from(content))
  /** A follower waits for more lines, and for the time of a ping. */
  const atRest = () => clock.sleepers() === 2
  return { stub, clock, atRest, open, ask, write, lines, metrics }
}

const CONTRACT = readFileSync(join(import.meta.dirname, '../../../docs/contracts/dcos-log.md'), 'utf8')

const FIVE = 'one\ntwo\nthree\nfour\nfive\n\n'

const facts: { query: string; lastEventId?: string; body: string }[] = [
  ...tableRows(CONTRACT, '7.1 Parameters').map(([asked = '', lines = '']) => {
    const [, query = '', lastEventId] = /^`([^`]*)`(?: with `Last-Event-ID: (\d+)`)?$/.exec(asked) ?? []
    return { query, ...(lastEventId && { lastEventId }), body: lines.replaceAll('`', '').replace(/ |$/g, '\n') }
  }),
  { query: '', body: 'one\ntwo\nthree\nfour\nfive\n' },
  { query: 'cursor=END&skip=-50', body: 'one\ntwo\nthree\nfour\nfive\n' },
  { query: 'cursor=BEG&limit=2', body: 'one\ntwo\n' },
  { query: 'cursor=END', body: '' },
  { query: 'cursor=END&skip=3', body: '' },
  { query: 'cursor=5&limit=1', body: 'wo\n' },
  { query: 'cursor=5&skip=-1&limit=1', body: 'two\n' },
  { query: 'cursor=1000', body: '' },
  { query: 'cursor=1000&skip=-1', body: 'five\n' },
  { query: 'skip=x&limit=-3', lastEventId: '18', body: 'five\n' },
]
t.test('log 7.1: the table of facts', async t => {
  const { ask, write } = await serve(t)
  write('test', FIVE)
  t.equal(facts.filter(({ query }) => query !== '').length, 16, 'none of the contract is left out')
  for (const { query, lastEventId, body } of facts) {
    const headers = lastEventId === undefined ? {} : { 'Last-Event-ID': lastEventId }
    const answer = await ask(`${RUN}/test?${query}`, headers)
    t.match(answer, { status: 200, body }, `${query} ${lastEventId ?? ''}`)
    t.equal(answer.body, body)
    t.equal(answer.headers['content-type'], 'text/plain; charset=utf-8')
  }
})

const NAME_REFUSED = 'a part of the name of the file is empty, "." or "..", too long, or has a control character\n'

const refusals: { target: string; lastEventId?: string; status: number; body: string }[] = [
  { target: 'test?skip=x', status: 400, body: 'unable to parse skip parameter. x not an integer\n' },
  { target: 'test?limit=1.5', status: 400, body: 'unable to parse limit parameter. 1.5 not an integer\n' },
  { target: 'test?limit=-1', status: 400, body: 'unable to parse limit parameter. -1 not an integer\n' },
  { target: 'test?cursor=-7', status: 400, body: 'unable to parse cursor parameter. -7 not an integer\n' },
  { target: `test?cursor=${'9'.repeat(40)}`, status: 400, body: `unable to parse cursor parameter. ${'9'.repeat(40)}` },
  { target: 'test', lastEventId: 's=1', status: 400, body: 'unable to parse cursor parameter. s=1 not an integer\n' },
  { target: 'none', status: 404, body: 'File not found\n' },
  { target: 'none?cursor=7', status: 404, body: 'File not found\n' },
  { target: 'none?cursor=END', status: 204, body: '' },
  { target: 'a%2F%2Fb', status: 301, body: '' },
  { target: '%2E%2E%2Fsecret', status: 301, body: '' },
  { target: 'a%00b', status: 400, body: NAME_REFUSED },
  { target: 'a%2F', status: 400, body: NAME_REFUSED },
  { target: `${'n'.repeat(300)}`, status: 400, body: NAME_REFUSED },
  { target: '', status: 400, body: NAME_REFUSED },
  { target: 'files/browse/', status: 404, body: '404 page not found\n' },
]
t.test('log 7.1, 7.2: what is refused, in v2’s bare form', async t => {
  const { ask, write, stub } = await serve(t)
  write('test', FIVE)
  stub.files.set('/secret', Buffer.from('secret'))
  for (const { target, lastEventId, status, body } of refusals) {
    const answer = await ask(`${RUN}/${target}`, lastEventId === undefined ? {} : { 'Last-Event-ID': lastEventId })
    t.equal(answer.status, status, target)
    t.ok(answer.body.startsWith(body), target, { found: answer.body })
  }
  for (const { target } of stub.asked)
    t.match(decodeURIComponent(target), /^\/(state$|files\/read\?path=\/var\/lib\/mesos\/slave\/slaves\/)/)
})

t.test('log 4.10: lines and listings are coded for who asks, downloads and events are not', async t => {
  const { ask, write } = await serve(t)
  write('test', FIVE)
  const coding = async (target: string, headers = {}) =>
    (await ask(`${RUN}/${target}`, { 'Accept-Encoding': 'gzip', ...headers }, 'HEAD')).headers['content-encoding']
  t.equal(await coding('test'), 'gzip')
  t.equal(await coding('test', EVENTS), undefined)
  t.equal(await coding('test/download'), undefined)
  t.equal(await coding('files/browse'), undefined, 'a short listing')
  t.equal(await coding('files/browse', { 'Accept-Encoding': 'gzip, identity;q=0' }), 'gzip')
})

t.test('a file in a directory is named with %2F, one of a pod by its task', async t => {
  const { ask, write } = await serve(t)
  write('logs/a.log', 'in a directory\n')
  write('tasks/t.1/stdout', 'of a pod\n')
  t.equal((await ask(`${RUN}/logs%2Fa.log`)).body, 'in a directory\n')
  t.equal((await ask(`${RUN}/tasks/t.1/stdout`)).body, 'of a pod\n')
})

for (const escapes of [true, false]) {
  t.test(
    `log 7.2: long lines and characters at the edges of pieces are whole, bytes ${escapes ? 'escaped' : 'as they are'}`,
    async t => {
      const { ask, write, stub } = await serve(t)
      stub.escapes = escapes
      // Three bytes each, so that 64 KiB never end between two.
      const content = `${'€'.repeat(70_000)}\n\n${'ä'.repeat(100)}\n"\\\u0001\u007f\u2028`
      write('stdout', content)
      const { body } = await ask(`${RUN}/stdout`)
      t.ok(body === `${content.replace('\n\n', '\n')}\n`)
      const back = await ask(`${RUN}/stdout?cursor=END&skip=-3`)
      t.ok(back.body === body, 'also when looked for backwards')
    },
  )
}

t.test('a file that grows while it is read ends where it ended at first', async t => {
  const { ask, write, stub } = await serve(t)
  write('stdout', `${'x'.repeat(65_535)}\n`.repeat(3))
  stub.refuse = target => {
    if (target.includes('length=')) write('stdout', `${stub.files.get(`${SANDBOX}/stdout`)}more\n`)
    return undefined
  }
  t.equal((await ask(`${RUN}/stdout`)).body.length, 3 * 65_536)
})

t.test('the token goes to Mesos, which decides; the client hears no addresses', async t => {
  const { ask, write, stub, lines } = await serve(t)
  write('stdout', 'x\n')
  t.equal((await ask(`${RUN}/stdout`, { Authorization: 'token=abc' })).body, 'x\n')
  t.ok(stub.asked.every(({ authorization }) => authorization === 'token=abc'))
  for (const [status, ours] of [
    [401, 401],
    [403, 403],
    [404, 404],
    [400, 500],
    [307, 500],
    [503, 500],
  ] as const) {
    stub.refuse = target => (target.startsWith('/files') ? status : undefined)
    const answer = await ask(`${RUN}/stdout`)
    t.equal(answer.status, ours, `Mesos says ${status}`)
    t.notMatch(answer.body, /127\.0\.0\.1|\/files/)
  }
  t.match(lines.join(''), /LOG_MESOS_FAILED/)
})

t.test('a Mesos that is not there', async t => {
  const { ask, stub, lines } = await serve(t)
  stub.refuse = () => 0
  const asked = ask(`${RUN}/stdout`)
  for (let turns = 0; turns < 500 && stub.open.size === 0; turns++) await settle()
  for (const response of stub.open) response.destroy()
  t.match(await asked, { status: 500, body: 'no answer from the Mesos agent of this node\n' })
  t.match(lines.join(''), /LOG_MESOS_UNAVAILABLE/)
})

const EVENTS = { Accept: 'text/event-stream' }

/** What came so far. */
function listen(response: IncomingMessage): { text: string; ended: boolean } {
  const heard = { text: '', ended: false }
  response.on('data', chunk => {
    heard.text += chunk
  })
  response.on('error', () => {})
  response.on('close', () => {
    heard.ended = true
  })
  return heard
}

/** Lets sockets do their work until it is so. */
async function until(condition: () => boolean): Promise<void> {
  for (let turns = 0; turns < 2000 && !condition(); turns++) await settle()
}

t.test('log 7.2: events carry the end of their line as id, the first line none', async t => {
  const { open, write, clock, atRest, stub } = await serve(t)
  write('test', 'one\n\ntwo')
  const response = await open(`${RUN}/test`, EVENTS)
  t.match(response.headers, { 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' })
  const heard = listen(response)
  await until(() => heard.text.includes('one'))
  const fields = (message: string) =>
    `{"AGENT_ID":"${AGENT_ID}","CONTAINER_ID":"c-1","EXECUTOR_ID":"e.1","FILE":"test","FRAMEWORK_ID":"f-1","MESSAGE":"${message}"}`
  const event = (message: string, end: number, us: number) =>
    `data: {"fields":${fields(message)},"cursor":"${end}","realtime_timestamp":${us}}\n\n`
  const us = clock.nowMs() * 1000
  t.equal(heard.text, event('one', 3, us), 'a line that is not complete waits')
  await until(atRest)
  clock.advance(1000)
  await until(() => heard.text.includes('two'))
  t.equal(
    heard.text.slice(event('one', 3, us).length),
    `id: 8\n${event('two', 8, us + 1e6)}`,
    'until nothing more comes',
  )
  write('test', 'one\n\ntwo\nthree\n')
  await until(atRest)
  clock.advance(1000)
  await until(() => heard.text.includes('three'))
  t.match(heard.text, /\nid: 14\ndata: .*"MESSAGE":"three"/)
  response.destroy()
  await until(() => clock.sleepers() === 0 && stub.open.size === 0)
  t.equal(clock.sleepers(), 0, 'a client that goes leaves nothing behind')
})

t.test('log 7.2: a file that was shortened is begun anew; one that is away for a while is waited for', async t => {
  const { open, write, clock, atRest, stub } = await serve(t)
  write('test', FIVE)
  const response = await open(`${RUN}/test?cursor=END`, EVENTS)
  const heard = listen(response)
  const turn = async (condition: () => boolean) => {
    await until(atRest)
    clock.advance(1000)
    await until(condition)
  }
  await until(() => heard.text === ': ping\n\n')
  t.equal(heard.text, ': ping\n\n', 'nothing to say is said at once')
  stub.files.clear()
  const before = stub.asked.length
  await turn(() => stub.asked.length > before)
  write('test', 'anew\n')
  await turn(() => heard.text.includes('anew'))
  t.match(heard.text, /: ping\n\ndata: .*"MESSAGE":"anew"/)
  stub.files.clear()
  for (let i = 0; i < 70 && !heard.ended; i++) await turn(() => atRest() || heard.ended)
  t.ok(heard.ended, 'but not for ever')
})

t.test('log 7.1: after its limit a stream stays open, and pings', async t => {
  const { open, write, clock, atRest, stub } = await serve(t)
  write('test', FIVE)
  const response = await open(`${RUN}/test?limit=2&skip=1`, EVENTS)
  const heard = listen(response)
  await until(() => heard.text.includes('three'))
  t.match(heard.text, /"two".*"three"/s)
  t.notMatch(heard.text, /"four"/)
  await until(atRest)
  const asked = stub.asked.length
  for (let second = 0; second < 16; second++) {
    await until(atRest)
    clock.advance(1000)
  }
  await until(() => heard.text.endsWith(': ping\n\n'))
  t.match(heard.text, /\}\n\n: ping\n\n$/)
  t.equal(stub.asked.length, asked, 'Mesos is not asked any more')
  response.destroy()
  await until(() => clock.sleepers() === 0)
})

t.test(
  'log 7.2: events bear a client that pauses as those of the journal do, and who is cut off is counted',
  async t => {
    const { stub, clock } = await serve(t)
    stub.files.set(`${SANDBOX}/stdout`, Buffer.from(FIVE))
    const metrics = createMetrics('log')
    const handler = taskFile(await mesosOver(stub, clock), declareLogMetrics(metrics), clock)
    const params = { framework: 'f-1', executor: 'e.1', container: 'c-1', file: 'stdout' }
    const { stall } = await handler(handlerRequest('/', { params, headers: { accept: 'text/event-stream' } }))
    t.equal(stall?.limitMs, 300_000)
    stall?.cutOff()
    t.match(await metrics.text(), /followers_stalled_total 1$/m)
  },
)

t.test('HEAD answers as GET, without a body and without a follower', async t => {
  const { ask, write, clock } = await serve(t)
  write('test', FIVE)
  for (const headers of [{}, EVENTS]) {
    const answer = await ask(`${RUN}/test`, headers, 'HEAD')
    t.match(answer, { status: 200, body: '' })
    t.equal(answer.headers['content-length'], undefined, 'GET has no length either')
  }
  t.match(await ask(`${RUN}/test/download`, {}, 'HEAD'), { status: 200, headers: { 'content-length': '25' }, body: '' })
  t.equal(clock.sleepers(), 0)
})

t.test('log 7.2: the listing has whole seconds, a download Mesos’ own headers', async t => {
  const { ask, write } = await serve(t)
  write('test', FIVE)
  write('tasks/t.1/stdout', 'x')
  const listing = await ask(`${RUN}/files/browse`)
  t.equal(listing.headers['content-type'], 'application/json')
  t.equal(
    listing.body,
    `[${[
      ['test', 25],
      ['tasks/t.1/stdout', 1],
    ]
      .map(
        ([name, size]) =>
          `{"gid":"root","mode":"-rw-r--r--","mtime":1795357690,"nlink":1,"path":"${SANDBOX}/${name}","size":${size},"uid":"nobody"}`,
      )
      .join(',')}]\n`,
  )
  t.equal(JSON.parse((await ask(`${RUN}/tasks/t.1/files/browse`)).body).length, 1)
  t.match(await ask(`${RUN}/test/download`), {
    status: 200,
    body: FIVE,
    headers: {
      'content-type': 'application/octet-stream',
      'content-disposition': 'attachment; filename=test',
      'content-length': '25',
      server: undefined,
    },
  })
  t.match(await ask(`${RUN}/none/download`), { status: 404, body: 'File not found\n' })
})

t.test('auth: without a token Mesos is not even asked', async t => {
  const { ask, write, stub } = await serve(t, { auth: true })
  write('stdout', 'x\n')
  for (const target of ['stdout', 'files/browse', 'stdout/download']) {
    for (const headers of [{}, { Authorization: 'Basic eA==' }]) {
      t.match(await ask(`${RUN}/${target}`, headers as Record<string, string>), {
        status: 401,
        body: 'unable to get authorization header from a request\n',
      })
    }
  }
  t.equal(stub.asked.length, 0)
  t.equal((await ask(`${RUN}/stdout`, { Authorization: 'token=abc' })).body, 'x\n')
})

t.test(
  'of readers that take nothing there are so many at most; a place comes back when one has gone, or all was taken',
  async t => {
    const { open, ask, write } = await serve(t)
    write('long', Buffer.alloc(2_000_000, `${'x'.repeat(99)}\n`))
    write('short', 'a\n')
    for (let i = 0; i < 2 * READERS_MAX; i++) await ask(`${RUN}/short`)
    const mute: IncomingMessage[] = []
    for (let i = 0; i < READERS_MAX; i++) mute.push(await open(`${RUN}/long`))
    t.match(await ask(`${RUN}/short`), { status: 503, headers: { 'retry-after': '1' } })
    t.equal((await ask(`${RUN}/short`, {}, 'HEAD')).status, 503)
    mute.pop()?.destroy()
    let answer = await ask(`${RUN}/short`)
    for (let turns = 0; turns < 500 && answer.status === 503; turns++) answer = await ask(`${RUN}/short`)
    t.match(answer, { status: 200, body: 'a\n' })
    for (const each of mute) each.destroy()
  },
)
