/**
 * Everything an agent runs and ran: starts tasks, follows their processes, ends them. Each change is told to `changed`,
 * so that the master hears of it at once. Nothing survives a restart of the stand-in.
 */
import { randomUUID } from 'node:crypto'
import { faults } from '../errors.ts'
import type { Attachments } from '../files/attachments.ts'
import {
  type AgentInfo,
  COMMAND_EXECUTOR_RESOURCES,
  DEFAULT_EXECUTOR_RESOURCES,
  type Executor,
  nameCommandExecutor,
} from '../model/agent.ts'
import type { FrameworkInfo } from '../model/framework.ts'
import { mergeRanges, portsOf, type Resources } from '../model/resources.ts'
import {
  type Container,
  describeExit,
  isLive,
  type Labels,
  stateAfterExit,
  type Task,
  type TaskStatus,
  withStatus,
} from '../model/task.ts'
import { makeDiscovery, makeTaskName, requestedPorts } from '../model/task-spec.ts'
import type { LaunchOrder } from './launch-order.ts'
import { assignPorts } from './ports.ts'
import { makeNestedSandbox, makeRunDirectory, runDirectory } from './sandbox.ts'
import { taskEnvironment } from './task-environment.ts'
import { startTaskProcess, type TaskProcess } from './task-process.ts'

export interface WorkloadOptions {
  workDir: string
  /** Time between TERM and KILL. */
  killGraceMs: number
  attachments: Attachments
  nowMs: () => number
  /** Who this agent is; its id must be known before anything starts. */
  agent: () => AgentInfo
  changed: () => void
}

/** Mesos' max_completed_executors_per_framework: older ones are forgotten, with their tasks. */
const ENDED_EXECUTORS_MAX = 150

const DEFAULT_TASK = { cpus: 0.1, mem: 32, disk: 0 }

export class Workload {
  readonly #options: WorkloadOptions
  readonly #frameworks = new Map<string, FrameworkInfo>()
  readonly #executors = new Map<string, Executor>()
  readonly #tasks = new Map<string, Task>()
  readonly #processes = new Map<string, TaskProcess>()
  readonly #killRequested = new Set<string>()
  readonly #whenEmpty: (() => void)[] = []
  /** Launches wait for one another: two at once would be given the same free port. */
  #turn: Promise<unknown> = Promise.resolve()

  constructor(options: WorkloadOptions) {
    this.#options = options
  }

  get frameworks(): FrameworkInfo[] {
    return [...this.#frameworks.values()]
  }

  get executors(): Executor[] {
    return [...this.#executors.values()]
  }

  get tasks(): Task[] {
    return [...this.#tasks.values()]
  }

  /** Process ids of an executor's live tasks: each is the session of all that task runs. */
  sessionsOf(executor: Executor): number[] {
    const tasks = this.tasks.filter(
      task => executorKey(task.frameworkId, task.executorId || task.id) === keyOf(executor),
    )
    return tasks.flatMap(task => this.#processes.get(task.id)?.pid ?? [])
  }

  /** Resolves when the process runs. Rejects with STANDIN_NOT_REGISTERED, _TASK_EXISTS or _NO_PORT_LEFT. */
  launch(order: LaunchOrder): Promise<Task> {
    const launched = this.#turn.then(() => this.#launch(order))
    this.#turn = launched.catch(() => {})
    return launched
  }

  async #launch({ taskId, spec, framework }: LaunchOrder): Promise<Task> {
    const agent = this.#options.agent()
    if (agent.id === '') throw faults.NOT_REGISTERED()
    if (this.#tasks.has(taskId)) throw faults.TASK_EXISTS(taskId)
    const taken = new Set(this.tasks.filter(isLive).flatMap(task => portsOf(task.resources.ports)))
    const ports = await assignPorts(requestedPorts(spec), agent.resources.ports, taken)
    const numbers = mergeRanges(ports.map(({ number }) => ({ begin: number, end: number })))
    const resources: Resources = { gpus: 0, ...DEFAULT_TASK, ...spec.resources, ports: numbers }
    this.#frameworks.set(framework.id, framework)
    const labels = spec.labels === null ? undefined : (spec.labels ?? {})
    const executor = await this.#prepareExecutor(taskId, spec.executor, spec.cmd, framework.id, labels)
    const container: Container =
      executor.type === 'DEFAULT'
        ? { id: randomUUID(), parentId: executor.containerId, address: agent.hostname }
        : { id: executor.containerId, address: agent.hostname }
    if (spec.network) container.network = withoutUndefined(spec.network)
    const sandbox =
      executor.type === 'DEFAULT'
        ? await makeNestedSandbox(executor.directory, container.id, taskId)
        : executor.directory
    const discovery = makeDiscovery(spec, ports)
    const task: Task = {
      id: taskId,
      name: makeTaskName(spec.name),
      frameworkId: framework.id,
      executorId: spec.executor ?? '',
      agentId: agent.id,
      state: 'TASK_STAGING',
      resources,
      statuses: [],
      ...(labels && { labels }),
      ...(discovery && { discovery }),
      ...(container.network && { network: container.network }),
    }
    const { cpus, mem, disk } = resources
    const facts = {
      spec,
      taskId,
      executorId: executor.id,
      frameworkId: framework.id,
      agentId: agent.id,
      sandbox,
      ports,
    }
    const env = taskEnvironment({ ...facts, host: agent.hostname, cpus, mem, disk })
    const started = await startTaskProcess({ cmd: spec.cmd, sandbox, env })
    this.#processes.set(taskId, started)
    container.executorPid = started.pid
    if (executor.type === 'COMMAND') this.#executors.set(keyOf(executor), { ...executor, pid: started.pid })
    this.#tasks.set(taskId, task)
    this.#update(taskId, {
      ...this.#fromExecutor('TASK_RUNNING', container),
      ...(spec.healthy !== undefined && { healthy: spec.healthy }),
    })
    // Only now: a process that ends at once must have been seen running.
    void started.exit.then(({ code, signal }) => this.#ended(taskId, container, code, signal))
    return this.task(taskId)
  }

  /** A command task brings its executor; the tasks of a pod share one, which the first of them makes. */
  async #prepareExecutor(
    taskId: string,
    pod: string | undefined,
    cmd: string,
    frameworkId: string,
    labels: Labels | undefined,
  ) {
    const shared = pod === undefined ? undefined : this.#executors.get(executorKey(frameworkId, pod))
    if (shared && !shared.ended) return shared
    const containerId = randomUUID()
    const id = pod ?? taskId
    const directory = runDirectory(this.#options.workDir, {
      agentId: this.#options.agent().id,
      frameworkId,
      executorId: id,
      containerId,
    })
    const executor: Executor = {
      id,
      frameworkId,
      name: pod === undefined ? nameCommandExecutor(taskId, cmd) : '',
      source: pod === undefined ? taskId : '',
      type: pod === undefined ? 'COMMAND' : 'DEFAULT',
      containerId,
      directory,
      resources: pod === undefined ? COMMAND_EXECUTOR_RESOURCES : DEFAULT_EXECUTOR_RESOURCES,
      ...(pod === undefined && labels && { labels }),
      pid: 0,
      ended: false,
    }
    await makeRunDirectory(directory)
    this.#options.attachments.attach(directory, directory)
    this.#executors.set(keyOf(executor), executor)
    return executor
  }

  /** Throws STANDIN_TASK_UNKNOWN. */
  task(id: string): Task {
    const task = this.#tasks.get(id)
    if (!task) throw faults.TASK_UNKNOWN(id)
    return task
  }

  /**
   * TASK_KILLING now, TASK_KILLED when the process has gone; nothing for a task that ended. Throws
   * STANDIN_TASK_UNKNOWN.
   */
  kill(id: string): Task {
    const task = this.task(id)
    const running = this.#processes.get(id)
    if (!running) return task
    const container = task.statuses.at(-1)?.container
    this.#killRequested.add(id)
    if (container && task.state !== 'TASK_KILLING') this.#update(id, this.#fromExecutor('TASK_KILLING', container))
    running.stop(this.#options.killGraceMs)
    return this.task(id)
  }

  /** What the scheduler's health check found. Throws STANDIN_TASK_UNKNOWN. */
  setHealth(id: string, healthy: boolean): Task {
    const container = this.task(id).statuses.at(-1)?.container
    if (container && this.task(id).state === 'TASK_RUNNING') {
      this.#update(id, { ...this.#fromExecutor('TASK_RUNNING', container), healthy })
    }
    return this.task(id)
  }

  #ended(id: string, container: Container, code: number | null, signal: NodeJS.Signals | null): void {
    this.#processes.delete(id)
    if (this.#processes.size === 0) for (const resolve of this.#whenEmpty.splice(0)) resolve()
    const state = stateAfterExit(code, signal, this.#killRequested.delete(id))
    this.#update(id, { ...this.#fromExecutor(state, container), message: describeExit(code, signal) })
  }

  #fromExecutor(state: TaskStatus['state'], container: Container): TaskStatus {
    return { state, timestampMs: this.#options.nowMs(), source: 'SOURCE_EXECUTOR', container }
  }

  #update(id: string, status: TaskStatus): void {
    this.#tasks.set(id, withStatus(this.task(id), status))
    for (const executor of this.executors) this.#endIfIdle(executor)
    this.#forgetOldest()
    this.#options.changed()
  }

  /** An executor goes with the last of its tasks. */
  #endIfIdle(executor: Executor): void {
    const tasks = this.tasks.filter(
      task => executorKey(task.frameworkId, task.executorId || task.id) === keyOf(executor),
    )
    if (tasks.length > 0 && !tasks.some(isLive)) this.#executors.set(keyOf(executor), { ...executor, ended: true })
  }

  #forgetOldest(): void {
    const ended = this.executors.filter(executor => executor.ended)
    for (const executor of ended.slice(0, Math.max(0, ended.length - ENDED_EXECUTORS_MAX))) {
      this.#executors.delete(keyOf(executor))
      for (const task of this.tasks) {
        if (executorKey(task.frameworkId, task.executorId || task.id) === keyOf(executor)) this.#tasks.delete(task.id)
      }
    }
  }

  /** KILL to all, at once: the stand-in leaves no process behind. Safe in an exit handler. */
  destroy(): void {
    for (const running of this.#processes.values()) running.destroy()
  }

  /** As destroy(), and resolves when the last process was reaped. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#turn
    this.destroy()
    if (this.#processes.size > 0) await new Promise<void>(resolve => this.#whenEmpty.push(resolve))
  }
}

const executorKey = (frameworkId: string, executorId: string) => `${frameworkId}/${executorId}`

const keyOf = (executor: Executor) => executorKey(executor.frameworkId, executor.id)

/** An optional key of a schema may be there with undefined; our types want it absent. */
function withoutUndefined({
  name,
  address,
  labels,
}: {
  name: string
  address: string
  labels?: Record<string, string> | undefined
}) {
  return { name, address, ...(labels && { labels }) }
}
