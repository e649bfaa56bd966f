// Which task is meant and where its files are, over recorded states of Mesos 1.2.3 (log 7.3).
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { parseTasks } from '../../../src/log/mesos/state.ts'
import { declareLogMetrics } from '../../../src/log/metrics.ts'
import { taskRoutes } from '../../../src/log/v2/routes.ts'
import type { HttpRequest } from '../../../src/shared/http/route.ts'
import { createMetrics } from '../../../src/shared/metrics/registry.ts'
import { createDrivenClock, settle } from '../../support/clock.ts'
import { handlerRequest } from '../handler-request.ts'
import { mesosOver, startMesosStub } from '../mesos-stub.ts'

const MESOS = join(import.meta.dirname, '../../fixtures/mesos')
const recorded = (file: string) => JSON.parse(readFileSync(join(MESOS, file), 'utf8'))
const STATE = recorded('master/state.json')

async function master(t: Test, { auth = false } = {}) {
  const stub = await startMesosStub(t)
  const clock = createDrivenClock()
  const mesos = await mesosOver(stub, clock)
  const table = taskRoutes({ role: 'master', auth, mesos }, declareLogMetrics(createMetrics('log')), clock)
  const ended = new AbortController()
  const ask = async (path: string, params: Record<string, string>, rest: Partial<HttpRequest> = {}) =>
    table.find(route => route.path === path)?.handler(handlerRequest(path, { params, signal: ended.signal, ...rest }))
  stub.state = STATE
  return { stub, ask, ended }
}

const S = '678aac08-89e6-4d3a-9b13-626559ce69e1'
const AGENT = `/system/v1/agent/${S}-S0/logs/v2/task/frameworks/${S}-0000/executors`
const TICKER = `${AGENT}/ticker.daac0e56-e680-11f1-bf67-02fc00000001/runs/5421dbbe-b3dc-44ad-b341-3e60e2a8617f`
const POD = `${AGENT}/pod.instance-daac11d0-e680-11f1-bf67-02fc00000001/runs/8caa9ab1-691c-47db-bf49-d37a1019991e`
const WEB = `${POD}/tasks/pod.instance-daac11d0-e680-11f1-bf67-02fc00000001.web`

const found: { what: string; path: string; params: Record<string, string>; rawQuery?: string; location: string }[] = [
  { what: 'by name', path: '/v2/task/:taskID', params: { taskID: 'ticker' }, location: `${TICKER}/stdout` },
  {
    what: 'by its whole id, with the query',
    path: '/v2/task/:taskID/file/:file',
    params: { taskID: 'ticker.daac0e56-e680-11f1-bf67-02fc00000001', file: 'stderr' },
    rawQuery: 'cursor=END&skip=-10',
    location: `${TICKER}/stderr?cursor=END&skip=-10`,
  },
  {
    what: 'by a part of its id',
    path: '/v2/task/:taskID',
    params: { taskID: 'daac0e56' },
    location: `${TICKER}/stdout`,
  },
  { what: 'of a pod, by name', path: '/v2/task/:taskID', params: { taskID: 'web' }, location: `${WEB}/stdout` },
  { what: 'listing', path: '/v2/task/:taskID/browse', params: { taskID: 'web' }, location: `${WEB}/files/browse` },
  {
    what: 'download',
    path: '/v2/task/:taskID/download',
    params: { taskID: 'ticker' },
    location: `${TICKER}/stdout/download`,
  },
  {
    what: 'download of a file in a directory',
    path: '/v2/task/:taskID/file/:file/download',
    params: { taskID: 'ticker', file: 'a dir/b' },
    location: `${TICKER}/a%20dir%2Fb/download`,
  },
  {
    what: 'completed',
    path: '/v2/task/:taskID',
    params: { taskID: 'done' },
    location: `${AGENT}/done.daac0faa-e680-11f1-bf67-02fc00000001/runs/0b639004-5fc0-4195-b7a1-1f4110893a8b/stdout`,
  },
]
for (const { what, path, params, rawQuery = '', location } of found) {
  t.test(`log 7.3: ${what}`, async t => {
    const { ask } = await master(t)
    t.same(await ask(path, params, { rawQuery }), { status: 303, headers: { Location: location } })
  })
}

t.test('log 7.3: of a framework that has gone, whose last status no agent sent', async t => {
  const { ask } = await master(t)
  const answer = await ask('/v2/task/:taskID', { taskID: 'oneshot' })
  t.match(answer?.headers, { Location: /executors\/oneshot\/runs\/cc668ae0-26fb-45d7-9c13-36bb8fff8d18\/stdout$/ })
})

const refused: { what: string; taskID: string; file?: string; code: string; status: number }[] = [
  { what: 'nobody has that name', taskID: 'nobody', code: 'LOG_TASK_UNKNOWN', status: 404 },
  { what: 'two have it', taskID: 'sise', code: 'LOG_TASK_AMBIGUOUS', status: 409 },
  { what: 'several have that part of an id', taskID: 'daac', code: 'LOG_TASK_AMBIGUOUS', status: 409 },
  { what: 'a file outside the sandbox', taskID: 'ticker', file: '../x', code: 'LOG_FILE_NAME_INVALID', status: 400 },
]
for (const { what, taskID, file, code, status } of refused) {
  t.test(`log 7.3: ${what}`, async t => {
    const { ask } = await master(t)
    await t.rejects(ask('/v2/task/:taskID', { taskID, ...(file && { file }) }), { code, status })
  })
}

/** A state with these tasks in one framework. */
function stateOf(tasks: object[], completed: object[] = []) {
  const whole = (task: object) => ({ framework_id: 'f', executor_id: '', slave_id: 's', statuses: [], ...task })
  return {
    frameworks: [{ tasks: tasks.map(whole), completed_tasks: completed.map(whole) }],
    completed_frameworks: [],
  }
}
const ran = (...containers: object[]) => ({
  statuses: containers.map(container_id => ({ container_status: { container_id } })),
})

const choices: { what: string; state: object; taskID: string; location?: RegExp; code?: string }[] = [
  {
    what: 'the whole id before one that contains it',
    state: stateOf([
      { id: 'a.10', name: 'x', ...ran({ value: 'c10' }) },
      { id: 'a.1', name: 'y', ...ran({ value: 'c1' }) },
    ]),
    taskID: 'a.1',
    location: /runs\/c1\/stdout$/,
  },
  {
    what: 'the whole id, though completed, before a part of a running one',
    state: stateOf(
      [{ id: 'a.10', name: 'x', ...ran({ value: 'c10' }) }],
      [{ id: 'a.1', name: 'y', ...ran({ value: 'c1' }) }],
    ),
    taskID: 'a.1',
    location: /runs\/c1\/stdout$/,
  },
  {
    what: 'running before completed ones of the same name',
    state: stateOf(
      [{ id: 'a.3', name: 'a', ...ran({ value: 'c3' }) }],
      [
        { id: 'a.2', name: 'a' },
        { id: 'a.1', name: 'a' },
      ],
    ),
    taskID: 'a',
    location: /runs\/c3\/stdout$/,
  },
  {
    what: 'the name before a part of another id',
    state: stateOf([
      { id: 'web.1', name: 'web', ...ran({ value: 'c1' }) },
      { id: 'web-admin.1', name: 'web-admin' },
    ]),
    taskID: 'web',
    location: /runs\/c1\/stdout$/,
  },
  {
    what: 'a custom executor’s task has no directory of its own',
    state: stateOf([{ id: 't', name: 't', executor_id: 'e x', ...ran({ value: 'c' }) }]),
    taskID: 't',
    location: /executors\/e%20x\/runs\/c\/stdout$/,
  },
  {
    what: 'the outermost of nested containers',
    state: stateOf([
      { id: 't', name: 't', executor_id: 'e', ...ran({ value: '3', parent: { value: '2', parent: { value: '1' } } }) },
    ]),
    taskID: 't',
    location: /executors\/e\/runs\/1\/tasks\/t\/stdout$/,
  },
  {
    what: 'a task that never had a container',
    state: stateOf([{ id: 't', name: 't' }]),
    taskID: 't',
    code: 'LOG_TASK_UNPLACED',
  },
  { what: 'a state that is none', state: { frameworks: {} }, taskID: 't', code: 'LOG_MESOS_MALFORMED' },
  {
    what: 'a state of more objects than any cluster has, which would take a gigabyte',
    state: { ...stateOf([]), labels: new Array(600_000).fill({}) },
    taskID: 't',
    code: 'LOG_MESOS_MALFORMED',
  },
]
for (const { what, state, taskID, location, code } of choices) {
  t.test(`log 7.3: ${what}`, async t => {
    const { stub, ask } = await master(t)
    stub.state = state
    const asked = ask('/v2/task/:taskID', { taskID })
    if (code) await t.rejects(asked, { code })
    else t.match((await asked)?.headers, { Location: location })
  })
}

t.test('every recorded state is understood', async t => {
  const files = ['after/master_state.json', 'empty/master_state.json', 'with-cni/master_state.json']
  const others = ['master_state_before_agents', 'master_state_all_back', 'master_state_agents_back_framework_away']
  for (const file of [...files, ...others.map(name => `failover/${name}.json`)]) {
    const { running, completed } = parseTasks(recorded(file), file)
    t.ok(
      [...running, ...completed].every(({ id, agentId }) => id !== '' && agentId !== ''),
      file,
    )
  }
})

t.test('log 7.3: a token is needed with auth only, and goes to Mesos', async t => {
  const open = await master(t)
  t.match(await open.ask('/v2/task/:taskID', { taskID: 'ticker' }), { status: 303 })
  t.equal(open.stub.asked[0]?.authorization, undefined)
  const { ask, stub } = await master(t, { auth: true })
  await t.rejects(ask('/v2/task/:taskID', { taskID: 'ticker' }), { code: 'LOG_HEADER_MISSING', status: 401 })
  t.equal(stub.asked.length, 0)
  const headers = { authorization: 'token=abc' }
  t.match(await ask('/v2/task/:taskID', { taskID: 'ticker' }, { headers }), { status: 303 })
  t.equal(stub.asked[0]?.authorization, 'token=abc')
  stub.refuse = () => 401
  await t.rejects(ask('/v2/task/:taskID', { taskID: 'ticker' }, { headers }), {
    code: 'LOG_TOKEN_REFUSED',
    status: 401,
  })
})

t.test('a master that refuses is no leader', async t => {
  const { ask, stub } = await master(t)
  stub.refuse = () => 404
  await t.rejects(ask('/v2/task/:taskID', { taskID: 'ticker' }), { code: 'LOG_MESOS_FAILED', status: 500 })
})

t.test('states are fetched one at a time; who goes ends the request', async t => {
  const { ask, stub, ended } = await master(t)
  stub.refuse = () => 0
  const asked = [1, 2, 3].map(() => ask('/v2/task/:taskID', { taskID: 'ticker' }))
  for (let turns = 0; turns < 500 && stub.asked.length === 0; turns++) await settle()
  t.equal(stub.asked.length, 1)
  ended.abort(new Error('gone'))
  for (const each of asked) await t.rejects(each, { message: 'gone' })
  for (let turns = 0; turns < 500 && stub.open.size > 0; turns++) await settle()
  t.equal(stub.open.size, 0)
  t.equal(stub.asked.length, 1)
})
