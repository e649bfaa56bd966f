// The statuses and content types in the document of the API are those that each route really answers with, and no others.
import { request as httpRequest, type IncomingMessage } from 'node:http'
import t, { type Test } from 'tap'
import { errorAnswer } from '../../src/log/error-answer.ts'
import { faults } from '../../src/log/errors.ts'
import { createFollowers } from '../../src/log/followers.ts'
import type { Mesos } from '../../src/log/mesos/open-mesos.ts'
import { declareLogMetrics } from '../../src/log/metrics.ts'
import { fallback, routes } from '../../src/log/routes.ts'
import { openApiDocument } from '../../src/shared/http/openapi.ts'
import type { Route } from '../../src/shared/http/route.ts'
import { startHttpServer } from '../../src/shared/http/server.ts'
import { faults as journalFaults } from '../../src/shared/journal/errors.ts'
import type { Journal } from '../../src/shared/journal/reader.ts'
import { createLog } from '../../src/shared/log/journald.ts'
import { createMetrics } from '../../src/shared/metrics/registry.ts'
import { memoryEntry, memoryReader } from '../shared/journal/memory-journal.ts'
import { createDrivenClock } from '../support/clock.ts'
import { NO_LIMITS } from './log-server.ts'
import { AGENT_ID, mesosOver, SANDBOX, startMesosStub } from './mesos-stub.ts'
import { socketPath } from './socket-path.ts'

/** In what state a request finds things; all is well unless a scenario says otherwise. */
interface World {
  journal: 'whole' | 'empty' | 'unreadable' | 'busy'
  /** What Mesos answers to everything, or that it is not asked for being busy. */
  mesos: 'whole' | 'busy' | number
}

interface Scenario extends Partial<World> {
  what: string
  query?: string
  headers?: Record<string, string>
  /** In place of those that are there. */
  params?: Record<string, string>
}

const TOKEN = { Authorization: 'token=abc' }
const THERE: Record<string, string> = { field: 'STREAM', file: 'stdout', taskID: 'one', task: 't-1' }
const IDS: Record<string, string> = { framework: 'f-1', executor: 'e.1', container: 'c-1', name: 'x.service' }

const scenarios: Scenario[] = [
  { what: 'all is well' },
  { what: 'no entries, no values', journal: 'empty' },
  { what: 'the journal cannot be read', journal: 'unreadable' },
  { what: 'too many readers', journal: 'busy' },
  { what: 'a wrong parameter', query: '?limit=x' },
  { what: 'wrong names', params: { field: 'MESSAGE', file: '%01' } },
  { what: 'the client has it', headers: { 'If-None-Match': '*' } },
  { what: 'no token', headers: { Authorization: '' } },
  { what: 'several tasks', params: { taskID: 'two' } },
  { what: 'no such task', params: { taskID: 'none' } },
  { what: 'the end of no file', mesos: 404, query: '?cursor=END' },
  ...[401, 403, 404, 500].map(mesos => ({ what: `Mesos answers ${mesos}`, mesos })),
  { what: 'Mesos is asked too much', mesos: 'busy' },
]

const task = (id: string, name: string) => ({
  id,
  name,
  framework_id: 'f-1',
  executor_id: '',
  slave_id: AGENT_ID,
  statuses: [{ container_status: { container_id: { value: 'c-1' } } }],
})

async function serve(t: Test, role: 'master' | 'agent', auth: boolean) {
  const stub = await startMesosStub(t)
  for (const place of ['', '/tasks/t-1']) stub.files.set(`${SANDBOX}${place}/stdout`, Buffer.from('line\n'))
  stub.state = {
    id: AGENT_ID,
    frameworks: [{ tasks: [task('1', 'one'), task('2', 'two'), task('3', 'two')] }],
    completed_frameworks: [],
  }
  let world: World = { journal: 'whole', mesos: 'whole' }
  stub.refuse = target =>
    typeof world.mesos === 'number' && !(role === 'agent' && target === '/state') ? world.mesos : undefined
  const check = () => {
    if (world.journal === 'unreadable') throw journalFaults.UNAVAILABLE('test')
    if (world.journal === 'busy') throw journalFaults.BUSY(1).with({ retryAfterSeconds: 1 })
    return world.journal === 'whole'
  }
  const journal: Journal = {
    open: async (_, signal) => memoryReader(check() ? [memoryEntry(1)] : [], { clock, signal }),
    fieldValues: async () => (check() ? [Buffer.from('x')] : []),
  }
  const clock = createDrivenClock()
  const reached = await mesosOver(stub, clock)
  const unlessBusy = <T>(work: () => Promise<T>) => {
    if (world.mesos === 'busy') throw faults.MESOS_BUSY(1).with({ retryAfterSeconds: 1 })
    return work()
  }
  const mesos: Mesos = {
    ...reached,
    states: { enter: async signal => await unlessBusy(() => reached.states.enter(signal)) },
    sandbox: async (...given) => await unlessBusy(() => reached.sandbox(...given)),
  }
  const metrics = createMetrics('log')
  const counted = declareLogMetrics(metrics)
  const log = createLog({ write: () => {} })
  const followers = createFollowers({ max: 10, metrics: counted, clock, log })
  const table = routes(journal, { metrics: counted, followers, rangeLimits: NO_LIMITS, tasks: { role, auth, mesos } })
  const path = socketPath(t)
  const server = await startHttpServer({ routes: table, fallback, errorAnswer, listener: { path }, log, metrics })
  t.teardown(() => server[Symbol.asyncDispose]())

  /** The head of the answer is enough. */
  async function ask(route: Route, { what: _, query = '', headers, params, ...changed }: Scenario) {
    world = { journal: 'whole', mesos: 'whole', ...changed }
    const target = route.path.replace(/:(\w+)/g, (_, name) => ({ ...IDS, ...THERE, ...params })[name as 'file'] ?? '')
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      httpRequest({ socketPath: path, path: `${target}${query}`, headers: { ...TOKEN, ...headers }, agent: false })
        .on('error', reject)
        .on('response', resolve)
        .end()
    })
    response.on('error', () => {}).destroy()
    return { status: response.statusCode ?? 0, headers: response.headers, type: response.headers['content-type'] }
  }
  return { ask, table }
}

interface OperationJson {
  responses: Record<string, { content?: Record<string, object>; headers?: Record<string, object> }>
  security?: object[]
}

const bare = (type: string | undefined) => type?.replace(/;.*/, '') ?? ''

for (const role of ['agent', 'master'] as const) {
  for (const auth of [false, true]) {
    t.test(`${role}, auth ${auth}: what is described is answered, and nothing else`, async t => {
      const { ask, table } = await serve(t, role, auth)
      const document = openApiDocument({ title: 't', version: '1', description: 'd' }, table)
      const paths = JSON.parse(JSON.stringify(document.paths)) as Record<string, { get: OperationJson }>
      for (const route of table) {
        const operation = paths[route.path.replace(/:(\w+)/g, '{$1}')]?.get
        const responses = operation?.responses ?? {}
        const seen = new Set<number>()
        for (const scenario of scenarios) {
          const { status, type, headers } = await ask(route, scenario)
          seen.add(status)
          const described = responses[status]
          // What has no body has the header of an error without its text all the same, as in 1.9 (log 4.8).
          const types = Object.keys(described?.content ?? {})
          if (types.length > 0) t.ok(types.includes(bare(type)), `${route.path}, ${scenario.what}: ${status} ${type}`)
          for (const name of Object.keys(described?.headers ?? {}))
            t.ok(headers[name.toLowerCase()], `${route.path}, ${scenario.what}: ${status} with ${name}`)
        }
        t.same([...seen].sort().map(String), Object.keys(responses), route.path)
        for (const accept of Object.keys(responses[200]?.content ?? {})) {
          const { type } = await ask(route, { what: '', headers: { Accept: accept } })
          t.equal(bare(type), accept, `${route.path} as ${accept}`)
        }
        const { status } = await ask(route, { what: '', headers: { Authorization: '' } })
        const needed = operation?.security?.length === 1
        t.equal(status === 401, needed, `${route.path}: a token is ${needed ? '' : 'not '}needed`)
      }
    })
  }
}
