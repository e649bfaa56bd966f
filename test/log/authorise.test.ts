// Who may read a container's entries (log 6).
import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { createFollowers } from '../../src/log/followers.ts'
import { openMesos } from '../../src/log/mesos/open-mesos.ts'
import { declareLogMetrics } from '../../src/log/metrics.ts'
import { routes } from '../../src/log/routes.ts'
import type { HttpRequest } from '../../src/shared/http/route.ts'
import { createLog } from '../../src/shared/log/journald.ts'
import { createMetrics } from '../../src/shared/metrics/registry.ts'
import { memoryEntry, memoryReader } from '../shared/journal/memory-journal.ts'
import { createDrivenClock, settle } from '../support/clock.ts'
import { handlerRequest } from './handler-request.ts'
import { NO_LIMITS } from './log-server.ts'
import { AGENT_ID, mesosOver, SANDBOX, startMesosStub, WORK_DIR } from './mesos-stub.ts'

const CONTAINER = 'framework/:framework/executor/:executor/container/:container'
const IDS = { framework: 'f-1', executor: 'e.1', container: 'c-1' }
const TOKEN = { authorization: 'token=abc' }

async function serve(t: Test, { auth = true, role = 'agent' as 'agent' | 'master' | 'agent_public' } = {}) {
  const stub = await startMesosStub(t)
  stub.files.set(`${SANDBOX}/stdout`, Buffer.from('x'))
  const clock = createDrivenClock()
  const read: unknown[] = []
  const journal = {
    fieldValues: async () => [Buffer.from('STDOUT')],
    async open(matches: unknown) {
      read.push(matches)
      return memoryReader([memoryEntry(1)])
    },
  }
  const tasks = { role, auth, mesos: await mesosOver(stub, clock) }
  const metrics = declareLogMetrics(createMetrics('log'))
  const followers = createFollowers({ max: 1, metrics, clock, log: createLog() })
  const table = routes(journal, { metrics, followers, rangeLimits: NO_LIMITS, tasks })
  const ask = async (path: string, params: Record<string, string> = {}, headers: HttpRequest['headers'] = {}) =>
    await table.find(route => route.path === path)?.handler(handlerRequest(path, { params, headers }))
  return { ask, stub, read, clock, table }
}

for (const path of ['', '/v1'].flatMap(prefix => [
  `${prefix}/range/${CONTAINER}`,
  `${prefix}/range/${CONTAINER}/download`,
  `${prefix}/stream/${CONTAINER}`,
])) {
  t.test(`log 6: ${path} needs a token, and Mesos' word`, async t => {
    const { ask, stub, read } = await serve(t)
    for (const headers of [{}, { authorization: 'Bearer abc' }, { authorization: '' }]) {
      await t.rejects(ask(path, IDS, headers), {
        code: 'LOG_TOKEN_MISSING',
        status: 401,
        message: 'Token error: Missing token in auth request',
      })
    }
    t.equal(stub.asked.length, 0)
    t.match(await ask(path, IDS, TOKEN), { status: 200 })
    t.same(stub.asked, [
      { target: '/state', ...TOKEN },
      { target: `/files/browse?path=${encodeURIComponent(SANDBOX)}`, ...TOKEN },
    ])
    t.equal(read.length, 1)
  })
}

const words: { mesos: number; status: number; code: string }[] = [
  { mesos: 401, status: 401, code: 'LOG_TOKEN_REFUSED' },
  { mesos: 403, status: 403, code: 'LOG_SANDBOX_FORBIDDEN' },
  { mesos: 404, status: 404, code: 'LOG_FILE_MISSING' },
  { mesos: 500, status: 500, code: 'LOG_MESOS_FAILED' },
  { mesos: 204, status: 500, code: 'LOG_MESOS_FAILED' },
]
for (const { mesos, status, code } of words) {
  t.test(`log 6: Mesos answers ${mesos}`, async t => {
    const { ask, stub, read } = await serve(t)
    stub.refuse = target => (target.startsWith('/files') ? mesos : undefined)
    await t.rejects(ask(`/range/${CONTAINER}`, IDS, TOKEN), { code, status, message: /^(?!.*(127\.0|\/files|\/var))/ })
    t.equal(read.length, 0, 'the journal is not touched')
  })
}

t.test('log 6: a nested container is judged by its outermost one', async t => {
  const { ask, stub } = await serve(t)
  await ask(`/range/${CONTAINER}`, { ...IDS, container: 'c-1.child.grandchild' }, TOKEN)
  t.equal(stub.asked[1]?.target, `/files/browse?path=${encodeURIComponent(SANDBOX)}`)
  await t.rejects(ask(`/range/${CONTAINER}`, { ...IDS, container: '.c' }, TOKEN), { code: 'HTTP_NOT_FOUND' })
  await t.rejects(ask(`/range/${CONTAINER}`, { ...IDS, framework: '..' }, TOKEN), { code: 'HTTP_NOT_FOUND' })
})

t.test('log 6: a sandbox may hold any number of files', async t => {
  const { ask, stub, read } = await serve(t)
  const empty = Buffer.alloc(0)
  for (let file = 0; file < 20_000; file++) stub.files.set(`${SANDBOX}/${'x'.repeat(100)}${file}`, empty)
  t.match(await ask(`/range/${CONTAINER}`, IDS, TOKEN), { status: 200 })
  t.equal(read.length, 1)
})

t.test('log 6: the own id is asked for once, however many ask, and anew after a minute', async t => {
  const { ask, stub, clock } = await serve(t)
  const states = () => stub.asked.filter(({ target }) => target === '/state').length
  await Promise.all(Array.from({ length: 20 }, () => ask(`/range/${CONTAINER}`, IDS, TOKEN)))
  t.equal(states(), 1)
  clock.advance(61_000)
  stub.state = { id: `${AGENT_ID}-new` }
  t.match(await ask(`/range/${CONTAINER}`, IDS, TOKEN), { status: 200 }, 'the old one is used meanwhile')
  while (states() < 2 || stub.open.size > 0) await settle()
  await settle()
  await t.rejects(ask(`/range/${CONTAINER}`, IDS, TOKEN), { code: 'LOG_FILE_MISSING' })
  t.equal(states(), 2)
})

t.test('log 6: an agent that does not say who it is', async t => {
  for (const [state, code] of [
    [{}, 'LOG_MESOS_MALFORMED'],
    [{ id: '' }, 'LOG_MESOS_MALFORMED'],
    [{ id: 7 }, 'LOG_MESOS_MALFORMED'],
    [[], 'LOG_MESOS_MALFORMED'],
    [null, 'LOG_MESOS_MALFORMED'],
    [{ id: '../..' }, 'HTTP_NOT_FOUND'],
  ] as const) {
    const { ask, stub, read } = await serve(t)
    stub.state = state
    await t.rejects(ask(`/range/${CONTAINER}`, IDS, TOKEN), { code }, JSON.stringify(state))
    t.equal(read.length, 0)
  }
})

t.test('log 6: a master has no sandboxes, and asks nobody', async t => {
  const { ask, stub } = await serve(t, { role: 'master' })
  await t.rejects(ask(`/range/${CONTAINER}`, IDS), { code: 'LOG_TOKEN_MISSING' })
  await t.rejects(ask(`/range/${CONTAINER}`, IDS, TOKEN), { code: 'LOG_FILE_MISSING', status: 404 })
  t.equal(stub.asked.length, 0)
})

t.test('log 6: the node’s own journal needs no token, nor anything with auth off', async t => {
  const { ask, stub } = await serve(t)
  for (const path of ['/range/', '/v1/range/', '/v2/component', '/range/download'])
    t.match(await ask(path), { status: 200 })
  t.match(await ask('/fields/:field', { field: 'STREAM' }), { status: 200 })
  t.equal(stub.asked.length, 0)
  const open = await serve(t, { auth: false })
  t.match(await open.ask(`/range/${CONTAINER}`, IDS), { status: 200 })
  t.equal(open.stub.asked.length, 0)
})

t.test('log 6: every route of a container is guarded', async t => {
  const { table } = await serve(t)
  for (const { path } of table.filter(each => each.path.includes(':container'))) {
    const { ask } = await serve(t)
    await t.rejects(
      ask(path, { ...IDS, file: 'stdout', task: 't' }),
      { code: path.startsWith('/v2/') ? 'LOG_HEADER_MISSING' : 'LOG_TOKEN_MISSING', status: 401 },
      path,
    )
  }
})

t.test('where Mesos is: the script tells the address; with auth it is TLS', async t => {
  const directory = t.testdir({ good: '#!/bin/sh\necho 127.250.251.252\n', bad: '#!/bin/sh\necho no >&2; exit 3\n' })
  for (const name of ['good', 'bad']) chmodSync(join(directory, name), 0o755)
  const caller = { authorization: undefined, signal: new AbortController().signal }
  const config = { auth: false, caCert: '', timeoutMs: 1000, mesosWorkDir: WORK_DIR, mesosAgent: '', mesosMaster: '' }
  const open = (over: object) =>
    openMesos({ ...config, detectIp: join(directory, 'good'), ...over }, createDrivenClock())
  const unknown = (await open({ detectIp: join(directory, 'bad') })).sandbox(IDS, caller)
  await t.rejects(unknown, { code: 'LOG_ADDRESS_UNKNOWN', message: "this node's address is not known", cause: /no/ })
  await t.rejects(open({ caCert: '/none' }), { code: 'LOG_CA_UNREADABLE', message: /'\/none': ENOENT/ })
  for (const [auth, url] of [
    [false, 'http://127.250.251.252:5051/state'],
    [true, 'https://127.250.251.252:5051/state'],
  ] as const) {
    // Nobody listens on Mesos' port here; the cause, which is for the journal, says who was asked.
    await t.rejects((await open({ auth })).sandbox(IDS, caller), {
      code: 'LOG_MESOS_UNAVAILABLE',
      cause: { message: new RegExp(url) },
    })
  }
})
