/** Standby masters, no leader, change of leader, silent agents; at the end with a real ZooKeeper. */
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { openSession } from '../../src/shared/zookeeper/session.ts'
import { startStandInAgent } from '../support/mesos/agent/start.ts'
import { startStandInMaster } from '../support/mesos/master/start.ts'
import { startElection } from '../support/mesos/zookeeper/election.ts'
import { fixedLeadership, type Leadership } from '../support/mesos/zookeeper/leadership.ts'
import type { MasterInfo } from '../support/mesos/zookeeper/master-info.ts'
import { within } from '../support/within.ts'
import { zooKeeperMissing } from '../support/zookeeper/install.ts'
import { startZooKeeper } from '../support/zookeeper/server.ts'
import { SILENT } from './cluster.ts'

const CONNECT_MS = 10_000
const ELSEWHERE: MasterInfo = { id: 'other', hostname: '10.0.0.9', ip: '10.0.0.9', port: 5050 }

const ask = (url: string, path: string, method = 'GET') => fetch(`${url}${path}`, { method, redirect: 'manual' })

/** Answers of a master that does not lead, as recorded in standby/ and no-leader/. */
const ASKED_OF_THE_LEADER = [
  { path: '/state', location: '/master/state' },
  { path: '/state.json', location: '/master/state' },
  { path: '/master/state', location: '/master/state' },
  { path: '/state-summary', location: '/master/state-summary' },
  { path: '/slaves', location: '/master/slaves' },
  { path: '/tasks?limit=1', location: '/master/tasks' },
  { path: '/frameworks', location: '/master/frameworks' },
  { path: '/redirect', location: '' },
]
const ANSWERED_BY_ALL = ['/health', '/master/health', '/version', '/flags', '/metrics/snapshot']

t.test('a standby redirects to the leader', async t => {
  await using master = await startStandInMaster({
    log: SILENT,
    election: { leadership: () => fixedLeadership(ELSEWHERE) },
  })
  t.equal(master.leading, false)
  for (const { path, location } of ASKED_OF_THE_LEADER) {
    const response = await ask(master.url, path)
    t.equal(response.status, 307, path)
    t.equal(response.headers.get('location'), `//10.0.0.9:5050${location}`, path)
    t.equal(await response.text(), '')
  }
  for (const path of ANSWERED_BY_ALL) t.equal((await ask(master.url, path)).status, 200, path)
  const order = await ask(master.url, '/standin/tasks', 'POST')
  t.equal(order.headers.get('location'), '//10.0.0.9:5050/standin/tasks')
  const metrics = (await (await ask(master.url, '/metrics/snapshot')).json()) as Record<string, number>
  t.equal(metrics['master/elected'], 0)
  t.equal((await ask(master.url, '/files/browse?path=/master/log')).status, 404)
})

t.test('without a leader there is none', async t => {
  await using master = await startStandInMaster({
    log: SILENT,
    election: { leadership: () => fixedLeadership(undefined) },
  })
  for (const { path } of ASKED_OF_THE_LEADER) {
    const response = await ask(master.url, path)
    t.equal(response.status, 503, path)
    t.equal(response.headers.get('content-type'), 'text/plain; charset=utf-8')
    t.equal(await response.text(), 'No leader elected')
  }
  for (const path of ANSWERED_BY_ALL) t.equal((await ask(master.url, path)).status, 200, path)
  t.equal((await ask(master.url, '/standin/tasks', 'POST')).status, 503)
})

t.test('the leader points to itself', async t => {
  await using master = await startStandInMaster({ log: SILENT })
  const response = await ask(master.url, '/redirect')
  t.equal(response.headers.get('location'), `//${master.address}`)
  t.equal((await ask(master.url, '/state/')).status, 404)
  t.equal((await ask(master.url, '/health', 'HEAD')).status, 200)
  const version = (await (await ask(master.url, '/version')).json()) as Record<string, string>
  t.match(version, { version: '1.2.3', build_user: 'stand-in', git_sha: /not Apache Mesos/ })
})

/** A leadership that a test moves. */
function movable(): Leadership & { move(leader: MasterInfo | undefined): void } {
  let leader: MasterInfo | undefined
  const listeners: (() => void)[] = []
  return {
    leader: () => leader,
    onChange: listener => void listeners.push(listener),
    move(next) {
      leader = next
      for (const listener of listeners) listener()
    },
    async [Symbol.asyncDispose]() {},
  }
}

t.test('a new leader learns everything from the agents; the old one forgets it', async t => {
  const leadership = movable()
  const selves: MasterInfo[] = []
  const election = {
    leadership: (self: MasterInfo) => {
      selves.push(self)
      return leadership
    },
  }
  await using first = await startStandInMaster({ log: SILENT, election })
  await using second = await startStandInMaster({ log: SILENT, election })
  leadership.move(selves[0])
  await using agent = await startStandInAgent({ master: leadership, log: SILENT })
  await first.waitForAgents(1)
  const task = await first.launch({ name: 'kept', cmd: 'exec sleep 1000' })
  t.equal(agent.id, `${first.id}-S0`)
  t.equal(task.frameworkId, `${first.id}-0000`)

  leadership.move(selves[1])
  await second.waitForAgents(1)
  t.equal(first.leading, false)
  t.throws(() => first.task(task.id), { code: 'STANDIN_TASK_UNKNOWN' })
  t.equal(agent.id, `${first.id}-S0`, 'the agent keeps its id')
  t.equal(second.task(task.id).state, 'TASK_RUNNING')
  const state = (await (await ask(second.url, '/state')).json()) as {
    slaves: { reregistered_time?: number }[]
    frameworks: { reregistered_time?: number }[]
  }
  t.type(state.slaves[0]?.reregistered_time, 'number')
  t.type(state.frameworks[0]?.reregistered_time, 'number')
})

t.test('an agent that stops takes its tasks with it', async t => {
  await using master = await startStandInMaster({ log: SILENT })
  const agent = await startStandInAgent({ master: master.address, log: SILENT })
  await master.waitForAgents(1)
  const { id, statuses } = await master.launch({ name: 'lost', cmd: 'exec sleep 1000' })
  await agent[Symbol.asyncDispose]()
  const task = master.task(id)
  t.match(task, { state: 'TASK_LOST', statuses: [{}, { reason: 'REASON_AGENT_REMOVED', source: 'SOURCE_MASTER' }] })
  t.throws(() => process.kill(statuses[0]?.container?.executorPid ?? 0, 0), { code: 'ESRCH' })
  await t.rejects(master.launch({ name: 'none', cmd: 'true' }), { code: 'STANDIN_NO_AGENT' })
})

t.test("Exhibitor's status says what each ZooKeeper server says", async t => {
  const server = createServer(socket => {
    socket.on('data', command =>
      socket.end(String(command) === 'srvr' ? 'Zookeeper version: 3.8.0\nMode: leader\n' : ''),
    )
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const { port } = server.address() as AddressInfo
  const exhibitor = { hosts: ['127.0.0.1', '127.0.0.99'], port, listenPort: 0 }
  await using master = await startStandInMaster({ log: SILENT, exhibitor })
  const response = await fetch(`http://127.0.0.1:${master.exhibitorPort}/exhibitor/v1/cluster/status`)
  t.same(await response.json(), [
    { code: 3, description: 'serving', hostname: '127.0.0.1', isLeader: true },
    { code: 1, description: 'down', hostname: '127.0.0.99', isLeader: false },
  ])
})

/** Resolves when the leader is this one; undefined: when there is none. */
async function untilLeader(leadership: Leadership, id: string | undefined): Promise<void> {
  const found = Promise.withResolvers<void>()
  const look = () => {
    if (leadership.leader()?.id === id) found.resolve()
  }
  leadership.onChange(look)
  look()
  await within(id === undefined ? 'nobody to lead' : `master ${id} to lead`, found.promise)
}

/** Two looks by HTTP must not follow each other as fast as the processor can. */
const POLL_MS = 20

async function until(what: string, isTrue: () => boolean | Promise<boolean>): Promise<void> {
  const giveUp = new AbortController()
  const poll = async () => {
    while (!(await isTrue())) await sleep(POLL_MS, undefined, { signal: giveUp.signal })
  }
  await within(what, poll()).finally(() => giveUp.abort())
}

const missing = await zooKeeperMissing()

t.test('the election in a real ZooKeeper', { skip: missing }, async t => {
  await using zooKeeper = await startZooKeeper()
  const election = { servers: zooKeeper.address, path: '/mesos' }
  await using watcher = startElection({ ...election, log: SILENT })
  const first = await startStandInMaster({ log: SILENT, election })
  t.teardown(() => first[Symbol.asyncDispose]())
  await untilLeader(watcher, first.id)
  await using second = await startStandInMaster({ log: SILENT, election })
  await using agent = await startStandInAgent({ master: watcher, log: SILENT })
  await first.waitForAgents(1)
  const { id } = await first.launch({ name: 'kept', cmd: 'exec sleep 1000' })
  await until('the standby to know the leader', async () => (await ask(second.url, '/redirect')).status !== 503)
  t.equal((await ask(second.url, '/redirect')).headers.get('location'), `//${first.address}`)
  await using session = openSession({ ensemble: zooKeeper.address })
  await session.connected(CONNECT_MS)
  const candidates = () => session.children('/mesos')
  t.equal((await candidates())?.filter(name => name.startsWith('json.info_')).length, 2, 'one node a master')
  t.equal((await session.children('/mesos/log_replicas'))?.length, 2)

  // The leader stops: the standby takes over, the agent tells it what runs.
  await first[Symbol.asyncDispose]()
  await second.waitForAgents(1)
  t.equal(second.leading, true)
  t.equal(second.task(id).state, 'TASK_RUNNING')
  t.equal(agent.id, `${first.id}-S0`)

  // Its node goes, as with a session that ended: it stands again, and is elected again.
  await untilLeader(watcher, second.id)
  const [standing = ''] = (await candidates())?.filter(name => name.startsWith('json.info_')) ?? []
  await session.remove(`/mesos/${standing}`)
  await until('another node of the same master', async () =>
    Boolean((await candidates())?.some(name => name.startsWith('json.info_') && name !== standing)),
  )
  await untilLeader(watcher, second.id)
  await second.waitForAgents(1)
})

t.test('ZooKeeper is away for longer than a session lasts', { skip: missing }, async t => {
  await using zooKeeper = await startZooKeeper()
  const election = { servers: zooKeeper.address, path: '/mesos', sessionTimeoutMs: 1000 }
  await using watcher = startElection({ ...election, log: SILENT })
  await using master = await startStandInMaster({ log: SILENT, election })
  await using _agent = await startStandInAgent({ master: watcher, log: SILENT })
  await master.waitForAgents(1)
  const { id } = await master.launch({ name: 'kept', cmd: 'exec sleep 1000' })

  await zooKeeper.kill()
  await untilLeader(watcher, undefined)
  await until('the master to give up its office', () => !master.leading)
  t.equal((await ask(master.url, '/state')).status, 503)

  // Without its data it knows no session of old and refuses them: new ones are made, and elect again.
  await zooKeeper.forget()
  await zooKeeper.restart()
  await untilLeader(watcher, master.id)
  await master.waitForAgents(1)
  t.equal(master.task(id).state, 'TASK_RUNNING')
})
