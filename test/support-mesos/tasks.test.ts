/** Tasks are real processes: what becomes of them, and what can be read of them. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { startCluster } from './cluster.ts'

const fixture = (file: string) => readFileSync(join(import.meta.dirname, '../fixtures/mesos', file), 'utf8')

const cluster = startCluster()
t.teardown(async () => (await cluster)[Symbol.asyncDispose]())

const alive = (pid: number) =>
  existsSync(`/proc/${pid}`) && !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))

interface AgentState {
  frameworks: { executors: Executor[]; completed_executors: Executor[] }[]
  completed_frameworks: { completed_executors: Executor[] }[]
}
interface Executor {
  id: string
  directory: string
  container: string
  completed_tasks: { state: string; statuses: { state: string }[] }[]
}

async function findExecutor(id: string): Promise<Executor> {
  const state = (await (await fetch(`${(await cluster).agent.url}/state`)).json()) as AgentState
  const all = [
    ...state.frameworks.flatMap(framework => [...framework.executors, ...framework.completed_executors]),
    ...state.completed_frameworks.flatMap(framework => framework.completed_executors),
  ]
  const found = all.find(executor => executor.id === id)
  if (!found) throw new Error(`no executor ${id}`)
  return found
}

t.test('ends', async t => {
  const { master } = await cluster
  const cases = [
    { cmd: 'exit 0', state: 'TASK_FINISHED', message: 'Command exited with status 0' },
    { cmd: 'exit 7', state: 'TASK_FAILED', message: 'Command exited with status 7' },
    { cmd: 'kill -9 $$', state: 'TASK_FAILED', message: 'Command terminated with signal Killed' },
  ] as const
  for (const { cmd, state, message } of cases) {
    const { id } = await master.launch({ name: 'ends', cmd })
    const task = await master.waitForTask(id, state)
    t.same(
      task.statuses.map(status => status.state),
      ['TASK_RUNNING', state],
      cmd,
    )
    t.equal(task.statuses[1]?.message, message)
    t.match(await findExecutor(id), { completed_tasks: [{ state }] })
  }
})

t.test('kill -9 from outside is told by /state', async t => {
  const { master } = await cluster
  const task = await master.launch({ name: 'victim', cmd: 'exec sleep 1000' })
  const pid = task.statuses[0]?.container?.executorPid ?? 0
  t.ok(alive(pid))
  process.kill(pid, 'SIGKILL')
  await master.waitForTask(task.id, 'TASK_FAILED')
  const { tasks } = (await (await fetch(`${master.url}/tasks`)).json()) as { tasks: { id: string; state: string }[] }
  t.equal(tasks.find(({ id }) => id === task.id)?.state, 'TASK_FAILED')
})

t.test('a kill ends the shell and all it started, also what refuses TERM', async t => {
  const { master } = await cluster
  const task = await master.launch({
    name: 'stubborn',
    cmd: 'trap "" TERM; sleep 1000 & echo $! >child; wait; sleep 1000',
  })
  const { directory } = await findExecutor(task.id)
  const childFile = join(directory, 'child')
  while (!existsSync(childFile) || readFileSync(childFile, 'utf8') === '') await new Promise(setImmediate)
  const child = Number(readFileSync(childFile, 'utf8'))
  t.ok(alive(child))
  t.equal((await master.kill(task.id)).state, 'TASK_KILLING')
  const killed = await master.waitForTask(task.id, 'TASK_KILLED')
  t.same(
    killed.statuses.map(status => status.state),
    ['TASK_RUNNING', 'TASK_KILLING', 'TASK_KILLED'],
  )
  t.equal(killed.statuses[2]?.message, 'Command terminated with signal Killed')
  t.notOk(alive(child))
})

t.test('the sandbox: output, environment, ports', async t => {
  const { master, agent } = await cluster
  const task = await master.launch({
    name: '/group/api',
    cmd: 'echo "$MARATHON_APP_ID $MESOS_TASK_ID $PORT0 $PORT_API $OWN $HOST"; echo oops >&2; pwd',
    ports: [{ name: 'api' }, 0],
    env: { OWN: 'value' },
  })
  await master.waitForTask(task.id, 'TASK_FINISHED')
  const { directory } = await findExecutor(task.id)
  t.match(directory, `${agent.workDir}/slaves/${agent.id}/frameworks/${task.frameworkId}/executors/${task.id}/runs/`)
  const port = task.resources.ports[0]?.begin
  const text = `/group/api ${task.id} ${port} ${port} value 127.0.0.1\n${directory}\n`
  t.equal(readFileSync(join(directory, 'stdout'), 'utf8'), text)
  t.equal(readFileSync(join(directory, '../latest/stderr'), 'utf8'), 'oops\n')
  t.equal(task.discovery?.ports.length, 2)

  const read = async (query: string) => fetch(`${agent.url}/files/read?path=${directory}${query}`)
  const cases = [
    { query: '/stdout', body: JSON.stringify({ data: '', offset: text.length }) },
    { query: '/stdout&offset=-1', body: JSON.stringify({ data: '', offset: text.length }) },
    { query: '/stdout&offset=0', body: JSON.stringify({ data: text, offset: 0 }) },
    { query: '/stdout&offset=0&length=-1', body: JSON.stringify({ data: text, offset: 0 }) },
    { query: '/stdout&offset=1&length=5', body: JSON.stringify({ data: 'group', offset: 1 }) },
    { query: '/stdout&offset=10&length=0', body: JSON.stringify({ data: '', offset: 10 }) },
    { query: '/stdout&offset=99999999&length=100', body: '{"data":"","offset":99999999}' },
    { query: '/stderr&offset=-1&jsonp=cb', body: 'cb({"data":"","offset":5});' },
    { query: '&offset=0', body: fixture('agent/files_read_error_directory.txt'), status: 400 },
    { query: '/stdout&offset=-5', body: fixture('agent/files_read_error_negative_offset.txt'), status: 400 },
    { query: '/none&offset=0', body: '', status: 404 },
    { query: '/../../../../../../../../..&offset=0', body: '', status: 404 },
  ]
  for (const { query, body, status = 200 } of cases) {
    const response = await read(query)
    t.equal(response.status, status, query)
    t.equal(await response.text(), body, query)
  }
  const missing = await fetch(`${agent.url}/files/read?path=/etc/passwd&offset=0`)
  t.equal(missing.status, 404, 'what is not attached is not there')
  for (const kind of ['read', 'browse']) {
    const response = await fetch(`${agent.url}/files/${kind}`)
    t.equal(response.status, 400)
    t.equal(await response.text(), fixture(`agent/files_${kind}_error_no_path.txt`))
  }
  const browsed = await (await fetch(`${agent.url}/files/browse?path=${directory}`)).json()
  t.match(browsed, [
    { path: `${directory}/stderr`, size: 5, mode: '-rw-r--r--', nlink: 1 },
    { path: `${directory}/stdout`, size: text.length },
  ])
  t.same(await (await fetch(`${agent.url}/files/browse?path=${directory}/stdout`)).json(), [])
})

t.test('bytes of a file are never repaired', async t => {
  const { master, agent } = await cluster
  const { id } = await master.launch({ name: 'bytes', cmd: `printf 'ä\\001"' ` })
  await master.waitForTask(id, 'TASK_FINISHED')
  const { directory } = await findExecutor(id)
  const response = await fetch(`${agent.url}/files/read?path=${directory}/stdout&offset=1&length=3`)
  t.same(Buffer.from(await response.arrayBuffer()), Buffer.from('{"data":"\xa4\\u0001\\"","offset":1}', 'latin1'))
})

t.test('figures come from the processes', async t => {
  const { master, agent } = await cluster
  const task = await master.launch({
    name: 'busy',
    cmd: 'i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done; touch full; exec sleep 1000',
  })
  const { directory, container } = await findExecutor(task.id)
  while (!existsSync(join(directory, 'full'))) await new Promise(setImmediate)
  const containers = (await (await fetch(`${agent.url}/containers`)).json()) as {
    container_id: string
    statistics: Record<string, number>
    status: { executor_pid: number }
  }[]
  const found = containers.find(each => each.container_id === container)
  const {
    cpus_user_time_secs = 0,
    cpus_system_time_secs = 0,
    mem_rss_bytes = 0,
    mem_limit_bytes,
  } = found?.statistics ?? {}
  t.ok(cpus_user_time_secs + cpus_system_time_secs > 0.02, 'it has worked')
  t.ok(mem_rss_bytes > 100_000 && mem_rss_bytes < 50_000_000)
  t.equal(mem_limit_bytes, 64 * 1024 * 1024)
  t.equal(found?.status.executor_pid, task.statuses[0]?.container?.executorPid)
  await master.kill(task.id)
  await master.waitForTask(task.id, 'TASK_KILLED')
})

t.test('the tasks of a pod share an executor, which goes with the last of them', async t => {
  const { master } = await cluster
  const pod = { executor: 'pod.instance-1', cmd: 'exec sleep 1000' }
  const web = await master.launch({ ...pod, name: 'web', id: 'pod.instance-1.web' })
  const sidecar = await master.launch({ ...pod, name: 'sidecar', id: 'pod.instance-1.sidecar', agent: web.agentId })
  const executor = await findExecutor('pod.instance-1')
  for (const task of [web, sidecar]) {
    const status = task.statuses[0]
    t.equal(status?.container?.parentId, executor.container)
    t.ok(existsSync(join(executor.directory, 'containers', status?.container?.id ?? '', 'stdout')))
    t.ok(existsSync(join(executor.directory, 'tasks', task.id, 'stdout')))
  }
  const ended = async () => {
    const state = (await (await fetch(`${(await cluster).agent.url}/state`)).json()) as AgentState
    return !state.frameworks.some(framework => framework.executors.some(({ id }) => id === 'pod.instance-1'))
  }
  await master.kill(web.id)
  await master.waitForTask(web.id, 'TASK_KILLED')
  t.equal(await ended(), false)
  await master.kill(sidecar.id)
  await master.waitForTask(sidecar.id, 'TASK_KILLED')
  t.equal(await ended(), true)
})

t.test('the private control API says what is wrong', async t => {
  const { master } = await cluster
  const cases = [
    { method: 'POST', path: '/standin/tasks', body: '{"name":"x"}', code: 'STANDIN_TASK_SPEC_INVALID', status: 400 },
    { method: 'POST', path: '/standin/tasks', body: '{', code: 'STANDIN_BODY_MALFORMED', status: 400 },
    {
      method: 'POST',
      path: '/standin/tasks',
      body: '{"name":"x","cmd":"true","agent":"nowhere"}',
      code: 'STANDIN_AGENT_UNKNOWN',
      status: 404,
    },
    { method: 'DELETE', path: '/standin/tasks/none', code: 'STANDIN_TASK_UNKNOWN', status: 404 },
    { method: 'DELETE', path: '/standin/frameworks/none', code: 'STANDIN_FRAMEWORK_UNKNOWN', status: 404 },
    { method: 'POST', path: '/standin/frameworks', body: '{}', code: 'STANDIN_BODY_MALFORMED', status: 400 },
    { method: 'GET', path: '/standin/tasks/none', code: 'STANDIN_TASK_UNKNOWN', status: 404 },
  ]
  for (const { method, path, body, code, status } of cases) {
    const response = await fetch(`${master.url}${path}`, { method, ...(body !== undefined && { body }) })
    t.equal(response.status, status, `${method} ${path}`)
    t.match(await response.json(), { code, message: String, remedy: String })
  }
  await master.launch({ name: 'twice', id: 'twice', cmd: 'true' })
  await t.rejects(master.launch({ name: 'twice', id: 'twice', cmd: 'true' }), { code: 'STANDIN_TASK_EXISTS' })
})

t.test('health is what the control API was told', async t => {
  const { master } = await cluster
  const { id } = await master.launch({ name: 'checked', cmd: 'exec sleep 1000' })
  await fetch(`${master.url}/standin/tasks/${id}/health`, { method: 'POST', body: '{"healthy":false}' })
  const { statuses } = master.task(id)
  t.match(statuses, [{ state: 'TASK_RUNNING', healthy: false }])
  t.equal(statuses.length, 1)
})
