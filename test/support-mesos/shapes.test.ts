import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { type Cluster, startCluster } from './cluster.ts'
import { compareShapes, numberSpellings } from './shape.ts'

const text = (file: string) => readFileSync(join(import.meta.dirname, '../fixtures/mesos', file), 'utf8')
const recorded = (file: string) => JSON.parse(text(file))

/** The tasks of the recording, as far as their shape goes: see the README of the fixtures. */
const TASKS = [
  { name: 'sise', healthy: true, labels: { owner: 'demo' }, ports: [{ name: 'api', labels: { VIP_0: '/sise:80' } }] },
  { name: 'legacy', labels: { vip_PORT0: 'tcp://11.1.2.3:80' }, ports: [{ name: 'api' }] },
  { name: 'ticker' },
  { name: 'edge', agent: 'public', healthy: true, ports: [{ name: 'api', labels: { VIP_0: '/edge:80' } }] },
  { name: 'web', executor: 'pod.instance-1', ports: [{ name: 'api', labels: { VIP_0: '/pod:8080' } }] },
  { name: 'sidecar', executor: 'pod.instance-1', resources: { disk: 10 } },
  { name: 'overlay', network: { name: 'dcos', address: '9.0.2.3', labels: { k: 'v' } } },
]

async function startRecordedCluster(logDir: string): Promise<Cluster> {
  const cluster = await startCluster({ master: { logDir }, agent: { logDir } })
  for (const { agent, ...task } of TASKS) {
    const target = agent === 'public' ? cluster.publicAgent.id : cluster.agent.id
    await cluster.master.launch({ cmd: 'exec sleep 1000', ...task, agent: target })
  }
  for (const [name, cmd, state] of [
    ['done', 'exit 0', 'TASK_FINISHED'],
    ['broken', 'exit 7', 'TASK_FAILED'],
  ] as const) {
    const task = await cluster.master.launch({ name, cmd, agent: cluster.agent.id })
    await cluster.master.waitForTask(task.id, state)
  }
  // A framework that has come and gone, as mesos-execute's.
  const options = {
    method: 'POST',
    body: JSON.stringify({ name: 'once', principal: null, failoverTimeoutSecs: 0, role: '*' }),
  }
  await fetch(`${cluster.master.url}/standin/frameworks`, options)
  const oneshot = { name: 'oneshot', cmd: 'exit 0', framework: 'once', discovery: null, labels: null }
  const task = await cluster.master.launch({ ...oneshot, agent: cluster.agent.id })
  await cluster.master.waitForTask(task.id, 'TASK_FINISHED')
  await fetch(`${cluster.master.url}/standin/frameworks/once`, { method: 'DELETE' })
  await cluster.agent.report()
  return cluster
}

/** `like`: all recordings of the same document; a key of ours must be in one of them, a key of all of them in ours. */
const DOCUMENTS = [
  {
    of: 'master',
    path: '/state',
    like: ['master/state.json', 'with-cni/master_state.json'],
    without: ['.flags.zk: missing'],
  },
  { of: 'master', path: '/state-summary', like: ['master/state-summary.json', 'with-cni/master_state-summary.json'] },
  { of: 'master', path: '/slaves', like: ['master/slaves.json'] },
  { of: 'master', path: '/tasks', like: ['master/tasks.json', 'with-cni/master_tasks.json'] },
  { of: 'master', path: '/frameworks', like: ['master/frameworks.json', 'with-cni/master_frameworks.json'] },
  { of: 'master', path: '/metrics/snapshot', like: ['master/metrics_snapshot.json'] },
  { of: 'master', path: '/version', like: ['master/version.json'] },
  { of: 'master', path: '/flags', like: ['master/flags.json'], without: ['.flags.zk: missing'] },
  { of: 'agent', path: '/state', like: ['agent/state.json', 'agent-cgroups/state.json'] },
  { of: 'agent', path: '/containers', like: ['agent/containers.json'] },
  { of: 'agent', path: '/monitor/statistics', like: ['agent/monitor_statistics.json'] },
  { of: 'agent', path: '/metrics/snapshot', like: ['agent/metrics_snapshot.json'] },
  { of: 'agent', path: '/version', like: ['agent/version.json'] },
  { of: 'agent', path: '/flags', like: ['agent/flags.json'] },
  { of: 'publicAgent', path: '/state', like: ['agent-public/state.json'], without: ['.log_dir: not in the recording'] },
  {
    of: 'publicAgent',
    path: '/flags',
    like: ['agent-public/flags.json'],
    without: ['.flags.log_dir: not in the recording'],
  },
] as const

t.test('every document has the keys and kinds of the recorded one', async t => {
  const logDir = await mkdtemp(join(tmpdir(), 'mesos-standin-log-'))
  t.teardown(() => rm(logDir, { recursive: true }))
  const cluster = await startRecordedCluster(logDir)
  t.teardown(() => cluster[Symbol.asyncDispose]())
  for (const { of, path, like, ...rest } of DOCUMENTS) {
    t.test(`${of} ${path}`, async t => {
      const response = await fetch(`${cluster[of].url}${path}`)
      t.equal(response.status, 200)
      t.equal(response.headers.get('content-type'), 'application/json')
      const body = await response.text()
      const allowed: readonly string[] = 'without' in rest ? rest.without : []
      const differences = compareShapes(JSON.parse(body), like.map(recorded))
      t.same(
        differences.filter(difference => !allowed.some(each => difference.endsWith(each))),
        [],
      )
      const spelled = like.map(file => numberSpellings(text(file)))
      const misspelled = [...numberSpellings(body)].filter(([place, ours]) => {
        const theirs = spelled.flatMap(each => [...(each.get(place) ?? [])])
        return theirs.length > 0 && [...ours].some(spelling => !theirs.includes(spelling))
      })
      t.same(misspelled, [], 'doubles and integers are spelled as recorded')
    })
  }

  t.test('a sandbox is listed with the keys of the recorded one', async t => {
    const state = (await (await fetch(`${cluster.agent.url}/state`)).json()) as {
      frameworks: { executors: { id: string; directory: string }[] }[]
    }
    const executors = state.frameworks.flatMap(framework => framework.executors)
    for (const [id, file] of [
      ['ticker', 'agent/files_browse_ticker.json'],
      ['pod', 'agent/files_browse_pod.json'],
    ] as const) {
      const directory = executors.find(executor => executor.id.startsWith(id))?.directory ?? ''
      const response = await fetch(`${cluster.agent.url}/files/browse?path=${directory}`)
      t.same(compareShapes(await response.json(), [recorded(file)]), [], id)
    }
  })

  t.test('the log is shown under its name', async t => {
    for (const [url, path] of [
      [cluster.master.url, '/master/log'],
      [cluster.agent.url, '/slave/log'],
    ]) {
      const browsed = await fetch(`${url}/files/browse?path=${path}`)
      t.same(await browsed.json(), recorded('agent/files_browse_log.json'))
      const size = await (await fetch(`${url}/files/read?path=${path}&offset=-1`)).json()
      t.same(compareShapes(size, [recorded('agent/files_read_slave_log_size.json')]), [])
    }
  })
})

t.test('without agents the documents are those of an empty cluster', async t => {
  const cluster = await startCluster()
  t.teardown(() => cluster[Symbol.asyncDispose]())
  for (const [of, path, file] of [
    ['master', '/state-summary', 'empty/master_state-summary.json'],
    ['master', '/slaves', 'empty/master_slaves.json'],
    ['master', '/tasks', 'empty/master_tasks.json'],
    ['master', '/frameworks', 'empty/master_frameworks.json'],
    ['agent', '/containers', 'empty/agent_containers.json'],
    ['agent', '/monitor/statistics', 'empty/agent_monitor_statistics.json'],
  ] as const) {
    const body = await (await fetch(`${cluster[of].url}${path}`)).json()
    t.same(compareShapes(body, [recorded(file)]), [], path)
  }
})

t.test('the comparison itself sees what differs', async t => {
  t.same(compareShapes({ a: 1, b: [] }, [{ a: 2, b: [{ c: 1 }] }]), [])
  t.same(compareShapes({ a: '1' }, [{ a: 2 }]), ['.a: string instead of number'])
  t.same(compareShapes({}, [{ a: 2 }]), ['.a: missing'])
  t.same(compareShapes({}, [{ a: 2 }, {}]), [])
  t.same(compareShapes([{ x: 1 }], [[{ y: 1 }]]), ['[].y: missing', '[].x: not in the recording'])
  t.same([...numberSpellings('{"a":[1,2.0],"b":"3"}')], [['.a[]', new Set(['integer', 'double'])]])
})
