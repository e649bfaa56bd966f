/** A stand-in master, in this process: for tests as a value, for a node behind main.ts. */
import { randomUUID } from 'node:crypto'
import { createLog, type Log } from '../../../../src/shared/log/journald.ts'
import { clusterStatusRoute, type Ensemble } from '../exhibitor/cluster-status-route.ts'
import { Attachments } from '../files/attachments.ts'
import { openLogFile } from '../files/log-file.ts'
import { startRouteServer } from '../http/server.ts'
import { masterFlags } from '../json/flags.ts'
import type { MasterView } from '../model/master-view.ts'
import { Registry } from '../model/registry.ts'
import type { Task } from '../model/task.ts'
import { startElection } from '../zookeeper/election.ts'
import { fixedLeadership, type Leadership } from '../zookeeper/leadership.ts'
import type { MasterInfo } from '../zookeeper/master-info.ts'
import { Control } from './control.ts'
import { masterRoutes } from './routes.ts'

export interface MasterOptions {
  /** Listens and is known here; default 127.0.0.1. */
  ip?: string
  /** 0: any. */
  port?: number
  cluster?: string
  /** Missing: this master leads, alone. `leadership`: whatever a test says. */
  election?:
    | { servers: string; path: string; sessionTimeoutMs?: number }
    | { leadership: (self: MasterInfo) => Leadership }
  /** Exhibitor's cluster status beside it, on a port of its own on all addresses. */
  exhibitor?: Ensemble & { listenPort: number }
  /** An agent that says nothing for so long is forgotten. */
  agentTimeoutMs?: number
  /** Missing: no log file, no /master/log. */
  logDir?: string
  log?: Log
  nowMs?: () => number
}

export interface StandInMaster extends AsyncDisposable {
  readonly id: string
  readonly port: number
  /** `127.0.0.1:5050` */
  readonly address: string
  readonly url: string
  /** 0 without Exhibitor's. */
  readonly exhibitorPort: number
  readonly leading: boolean
  /** As POST /standin/tasks. Resolves when the task runs. Rejects with a STANDIN_ fault. */
  launch(spec: unknown): Promise<Task>
  /** As DELETE /standin/tasks/ID: asks for the end, does not wait for it. */
  kill(taskId: string): Promise<Task>
  task(taskId: string): Task
  /** Resolves when the task, now or after a report to come, is in this state. Rejects after half a minute. */
  waitForTask(taskId: string, state: Task['state']): Promise<Task>
  /** Resolves when so many agents are registered. Rejects after half a minute. */
  waitForAgents(count: number): Promise<void>
}

const AGENT_TIMEOUT_MS = 15_000

/** How often silent agents are looked for. */
const SILENCE_CHECK_MS = 1000

/** Rejects with STANDIN_LISTEN_FAILED. */
export async function startStandInMaster(options: MasterOptions = {}): Promise<StandInMaster> {
  const { ip = '127.0.0.1', cluster = 'dcos', nowMs = Date.now } = options
  await using stack = new AsyncDisposableStack()
  const logFile =
    options.logDir === undefined ? undefined : stack.use(await openLogFile(options.logDir, 'mesos-master.log'))
  const log = options.log ?? createLog(logFile && { write: logFile.write })
  const attachments = new Attachments()
  if (logFile) attachments.attach('/master/log', logFile.path)

  const id = randomUUID()
  const registry = new Registry(id, ip)
  let leadership: Leadership = fixedLeadership(undefined)
  const self: MasterInfo = { id, hostname: ip, ip, port: 0 }
  const isLeading = () => leadership.leader()?.id === id
  const flags: Record<string, string> = {}
  const startMs = nowMs()
  let electedMs = startMs
  const view = (): MasterView => ({
    id,
    hostname: ip,
    ip,
    port: self.port,
    cluster,
    logDir: options.logDir,
    flags,
    startMs,
    electedMs,
    agents: registry.agents,
    frameworks: registry.frameworks,
    tasks: registry.tasks,
    unreachableAgents: registry.unreachableAgents,
  })
  const control = new Control({ registry, nowMs, log })
  const leader = () => leadership.leader()
  const routes = masterRoutes({ view, registry, control, attachments, flags, nowMs, leader, isLeading })
  const server = stack.use(await startRouteServer(ip, options.port ?? 0, routes, log))
  self.port = server.port
  Object.assign(flags, masterFlags(ownFlags(self, cluster, options)))

  const silenceCheck = setInterval(() => {
    const forgotten = registry.forgetSilentAgents(nowMs(), options.agentTimeoutMs ?? AGENT_TIMEOUT_MS)
    for (const { info } of forgotten) log.warning('an agent is silent, its tasks are lost', { agent: info.id })
    if (forgotten.length > 0) control.changed()
  }, SILENCE_CHECK_MS)
  stack.defer(() => clearInterval(silenceCheck))

  leadership = stack.use(openLeadership(options.election, self, log))
  let wasLeading = isLeading()
  leadership.onChange(() => {
    if (isLeading() === wasLeading) return
    wasLeading = isLeading()
    electedMs = nowMs()
    // A real master that loses its office ends; what it knew is worthless either way.
    if (!wasLeading) registry.clear()
    control.changed()
  })

  const exhibitor = options.exhibitor
  const exhibitorServer =
    exhibitor &&
    stack.use(await startRouteServer('0.0.0.0', exhibitor.listenPort, [clusterStatusRoute(exhibitor)], log))
  const resources = stack.move()
  return {
    id,
    port: server.port,
    address: `${ip}:${server.port}`,
    url: `http://${ip}:${server.port}`,
    exhibitorPort: exhibitorServer?.port ?? 0,
    get leading() {
      return isLeading()
    },
    launch: spec => control.launch(spec),
    kill: taskId => control.kill(taskId),
    task: taskId => registry.task(taskId),
    waitForTask: (taskId, state) =>
      control.when(`task ${taskId} in ${state}`, () =>
        registry.hasTask(taskId) && registry.task(taskId).state === state ? registry.task(taskId) : undefined,
      ),
    waitForAgents: async count => {
      await control.when(`${count} registered agents of master ${id}`, () =>
        registry.agents.length === count ? count : undefined,
      )
    },
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  }
}

function openLeadership(election: MasterOptions['election'], self: MasterInfo, log: Log): Leadership {
  if (!election) return fixedLeadership(self)
  if ('leadership' in election) return election.leadership(self)
  return startElection({ ...election, candidate: self, log })
}

function ownFlags({ hostname, ip, port }: MasterInfo, cluster: string, { election, logDir }: MasterOptions) {
  return {
    cluster,
    hostname,
    ip,
    log_dir: logDir,
    port: String(port),
    work_dir: '/var/lib/mesos/master',
    zk: election && 'servers' in election ? `zk://${election.servers}${election.path}` : undefined,
  }
}
