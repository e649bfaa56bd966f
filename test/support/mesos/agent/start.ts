/** A stand-in agent, in this process: for tests as a value, for a node behind main.ts. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createLog, type Log } from '../../../../src/shared/log/journald.ts'
import { Attachments } from '../files/attachments.ts'
import { openLogFile } from '../files/log-file.ts'
import { startRouteServer } from '../http/server.ts'
import { agentFlags } from '../json/flags.ts'
import { resourceListJson } from '../json/resources.ts'
import { type AgentInfo, type AgentRole, ATTRIBUTES, OFFERED_PORTS, RESERVED_ROLE } from '../model/agent.ts'
import type { AgentView } from '../model/agent-view.ts'
import type { Resources } from '../model/resources.ts'
import { fixedLeadership, type Leadership } from '../zookeeper/leadership.ts'
import { startRegistration } from './registration.ts'
import { agentRoutes } from './routes.ts'
import { Workload } from './workload.ts'

export interface AgentOptions {
  role?: AgentRole
  /** Listens and reports here; default 127.0.0.1. */
  ip?: string
  /** 0: any. */
  port?: number
  /** Of the leading master, `host:port`; or where to learn it. */
  master: string | Leadership
  /** Text of the --master flag. */
  masterFlag?: string
  /** Default: what a small machine has. */
  resources?: Partial<Pick<Resources, 'cpus' | 'mem' | 'disk'>>
  /** Default: a directory that is removed at the end. */
  workDir?: string
  /** Missing: no log file, no /slave/log. */
  logDir?: string
  reportIntervalMs?: number
  killGraceMs?: number
  log?: Log
  nowMs?: () => number
}

export interface StandInAgent extends AsyncDisposable {
  readonly port: number
  /** `127.0.0.1:5051` */
  readonly address: string
  readonly url: string
  /** Empty until registered. */
  readonly id: string
  readonly workDir: string
  /** Tells the leading master everything now; resolves when that was answered or failed. */
  report(): Promise<void>
}

const DEFAULT_RESOURCES = { cpus: 4, gpus: 0, mem: 4096, disk: 8192 }
const REPORT_INTERVAL_MS = 1000
const KILL_GRACE_MS = 3000

/** Rejects with STANDIN_LISTEN_FAILED. */
export async function startStandInAgent(options: AgentOptions): Promise<StandInAgent> {
  const { role = 'slave', ip = '127.0.0.1', nowMs = Date.now } = options
  await using stack = new AsyncDisposableStack()
  const logFile =
    options.logDir === undefined ? undefined : stack.use(await openLogFile(options.logDir, 'mesos-agent.log'))
  const log = options.log ?? createLog(logFile && { write: logFile.write })
  const leadership = typeof options.master === 'string' ? fixedMaster(options.master) : options.master
  const workDir = options.workDir ?? (await temporaryDirectory(stack))
  await mkdir(workDir, { recursive: true })
  const info: AgentInfo = {
    id: '',
    hostname: ip,
    port: 0,
    reservedFor: RESERVED_ROLE[role],
    resources: { ...DEFAULT_RESOURCES, ...options.resources, ports: OFFERED_PORTS[role] },
    attributes: ATTRIBUTES[role],
  }
  const attachments = new Attachments()
  if (logFile) attachments.attach('/slave/log', logFile.path)

  let report: () => Promise<void> = async () => {}
  const workload = stack.use(
    new Workload({
      workDir,
      killGraceMs: options.killGraceMs ?? KILL_GRACE_MS,
      attachments,
      nowMs,
      agent: () => info,
      changed: () => void report(),
    }),
  )
  // A stand-in that dies of a bug must not leave its tasks behind either.
  const destroy = () => workload.destroy()
  process.on('exit', destroy)
  stack.defer(() => {
    process.off('exit', destroy)
  })

  const flags = agentFlags({})
  const startMs = nowMs()
  const view = (): AgentView => ({
    info,
    masterHostname: leadership.leader()?.hostname ?? '',
    logDir: options.logDir,
    flags,
    startMs,
    frameworks: workload.frameworks,
    executors: workload.executors,
    tasks: workload.tasks,
  })
  const routes = agentRoutes({ view, workload, attachments, nowMs, flags })
  const server = stack.use(await startRouteServer(ip, options.port ?? 0, routes, log))
  info.port = server.port
  Object.assign(flags, agentFlags({ ...ownFlags(info, options, workDir), port: String(server.port) }))

  const registration = stack.use(
    startRegistration({
      leadership,
      intervalMs: options.reportIntervalMs ?? REPORT_INTERVAL_MS,
      makeReport: () => ({
        agent: info,
        frameworks: workload.frameworks,
        executors: workload.executors,
        tasks: workload.tasks,
      }),
      registered: ({ agentId }) => {
        info.id = agentId
      },
      log,
    }),
  )
  report = registration.report
  const resources = stack.move()
  return {
    port: server.port,
    address: `${ip}:${server.port}`,
    url: `http://${ip}:${server.port}`,
    get id() {
      return info.id
    },
    workDir,
    report,
    async [Symbol.asyncDispose]() {
      report = async () => {}
      await resources.disposeAsync()
    },
  }
}

function fixedMaster(address: string): Leadership {
  const { hostname, port } = new URL(`http://${address}`)
  return fixedLeadership({ id: address, hostname, ip: hostname, port: Number(port) })
}

async function temporaryDirectory(stack: AsyncDisposableStack): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'mesos-standin-'))
  stack.defer(() => rm(directory, { recursive: true, force: true }))
  return directory
}

function ownFlags({ hostname, resources, reservedFor, attributes }: AgentInfo, options: AgentOptions, workDir: string) {
  const list = resourceListJson(resources, '*', undefined).map(({ role: _, ...resource }) => resource)
  const pairs = Object.entries(attributes).map(([key, value]) => `${key}:${value}`)
  return {
    attributes: pairs.length > 0 ? pairs.join(';') : undefined,
    default_role: reservedFor,
    executor_environment_variables: '{}',
    hostname,
    ip: hostname,
    log_dir: options.logDir,
    master: options.masterFlag ?? (typeof options.master === 'string' ? options.master : ''),
    resources: JSON.stringify(list),
    work_dir: workDir,
  }
}
