/**
 * What a leading master holds in memory, and how reports and requests change it. It remembers nothing across a change
 * of leader: the agents tell everything again. Time is handed in.
 */
import { faults } from '../errors.ts'
import type { AgentInfo, AgentReport, ReportAnswer } from './agent.ts'
import { describeFramework, type FrameworkInfo } from './framework.ts'
import { isActive, type KnownFramework, type RegisteredAgent } from './master-view.ts'
import { isLive, type Task, type TaskStatus, withStatus } from './task.ts'

export class Registry {
  /** The master's uuid, of which agent and framework ids are made. */
  readonly id: string
  readonly #hostname: string
  readonly #agents = new Map<string, RegisteredAgent>()
  readonly #frameworks = new Map<string, KnownFramework>()
  readonly #tasks = new Map<string, Task>()
  #nextAgent = 0
  #nextFramework = 0
  /** Agents forgotten because they were silent, until they come back. */
  readonly #unreachable = new Set<string>()

  constructor(id: string, hostname: string) {
    this.id = id
    this.#hostname = hostname
  }

  get agents(): RegisteredAgent[] {
    return [...this.#agents.values()]
  }

  get frameworks(): KnownFramework[] {
    return [...this.#frameworks.values()]
  }

  get tasks(): Task[] {
    return [...this.#tasks.values()]
  }

  get unreachableAgents(): number {
    return this.#unreachable.size
  }

  /** Forgets everything: this master does not lead any more. */
  clear(): void {
    this.#agents.clear()
    this.#frameworks.clear()
    this.#tasks.clear()
    this.#unreachable.clear()
  }

  /** An agent registers, registers again after a change of leader, or tells what is new: the same report each time. */
  report({ agent, frameworks, executors, tasks }: AgentReport, nowMs: number): ReportAnswer {
    const agentId = agent.id || `${this.id}-S${this.#nextAgent++}`
    const known = this.#agents.get(agentId)
    this.#unreachable.delete(agentId)
    if (!known) this.#removeEarlier(agent, agentId, nowMs)
    const registeredMs = known?.registeredMs ?? nowMs
    const reregisteredMs = known ? known.reregisteredMs : agent.id ? nowMs : undefined
    this.#agents.set(agentId, {
      info: { ...agent, id: agentId },
      registeredMs,
      ...(reregisteredMs !== undefined && { reregisteredMs }),
      lastReportMs: nowMs,
      executors,
    })
    for (const info of frameworks) {
      if (!this.#frameworks.has(info.id)) {
        this.#frameworks.set(info.id, { info, registeredMs: nowMs, reregisteredMs: nowMs })
      }
    }
    for (const task of tasks) this.#tasks.set(task.id, task)
    return { agentId, masterId: this.id }
  }

  /** Who reports from an address under a new id has lost all it ran under the old one. */
  #removeEarlier({ hostname, port }: AgentInfo, keepId: string, nowMs: number): void {
    for (const { info } of this.agents) {
      if (info.hostname === hostname && info.port === port && info.id !== keepId) this.unregisterAgent(info.id, nowMs)
    }
  }

  /** The agent says that it stops. Throws STANDIN_AGENT_UNKNOWN. */
  unregisterAgent(id: string, nowMs: number): void {
    const agent = this.#removeAgent(id)
    this.#loseTasks(id, false, {
      state: 'TASK_LOST',
      timestampMs: nowMs,
      source: 'SOURCE_MASTER',
      reason: 'REASON_AGENT_REMOVED',
      message: `Agent ${agent.info.hostname} removed: the agent unregistered`,
    })
  }

  /** Removes the agents whose last report is older than `timeoutMs`, and returns them. */
  forgetSilentAgents(nowMs: number, timeoutMs: number): RegisteredAgent[] {
    const silent = this.agents.filter(agent => nowMs - agent.lastReportMs > timeoutMs)
    for (const { info } of silent) {
      this.#removeAgent(info.id)
      this.#unreachable.add(info.id)
      this.#loseTasks(info.id, true, {
        state: 'TASK_LOST',
        timestampMs: nowMs,
        source: 'SOURCE_MASTER',
        reason: 'REASON_AGENT_REMOVED',
        message: `Agent ${info.hostname} is unreachable: health check timed out`,
      })
    }
    return silent
  }

  #removeAgent(id: string): RegisteredAgent {
    const agent = this.#agents.get(id)
    if (!agent) throw faults.AGENT_UNKNOWN(id)
    this.#agents.delete(id)
    return agent
  }

  #loseTasks(agentId: string, unreachable: boolean, status: TaskStatus): void {
    for (const task of this.tasks.filter(task => task.agentId === agentId && isLive(task))) {
      this.#tasks.set(task.id, { ...withStatus(task, status), ...(unreachable && { unreachable }) })
    }
  }

  /** The active framework of this id or name. */
  findFramework(wanted: string): KnownFramework | undefined {
    return this.frameworks.find(known => isActive(known) && (known.info.id === wanted || known.info.name === wanted))
  }

  /** The id is ours to give: `<master uuid>-0000`. */
  addFramework(given: { name: string } & Partial<FrameworkInfo>, nowMs: number): FrameworkInfo {
    const id = `${this.id}-${String(this.#nextFramework++).padStart(4, '0')}`
    const info = describeFramework(id, this.#hostname, given)
    this.#frameworks.set(id, { info, registeredMs: nowMs })
    return info
  }

  /** It is completed then. Its live tasks are for the caller to end. Throws STANDIN_FRAMEWORK_UNKNOWN. */
  completeFramework(wanted: string, nowMs: number): KnownFramework {
    const known = this.findFramework(wanted)
    if (!known) throw faults.FRAMEWORK_UNKNOWN(wanted)
    const completed = { ...known, unregisteredMs: nowMs }
    this.#frameworks.set(known.info.id, completed)
    return completed
  }

  /** Throws STANDIN_TASK_UNKNOWN. */
  task(id: string): Task {
    const task = this.#tasks.get(id)
    if (!task) throw faults.TASK_UNKNOWN(id)
    return task
  }

  /** What an agent answered to an order, ahead of its next report. */
  putTask(task: Task): void {
    this.#tasks.set(task.id, task)
  }

  hasTask(id: string): boolean {
    return this.#tasks.has(id)
  }

  /**
   * By id, host name or `host:port`; unless named, the private agent with the fewest live tasks. Throws
   * STANDIN_AGENT_UNKNOWN or STANDIN_NO_AGENT.
   */
  chooseAgent(wanted: string | undefined): AgentInfo {
    if (wanted !== undefined) {
      const named = this.agents.find(({ info }) =>
        [info.id, info.hostname, `${info.hostname}:${info.port}`].includes(wanted),
      )
      if (!named) throw faults.AGENT_UNKNOWN(wanted)
      return named.info
    }
    const load = ({ info }: RegisteredAgent) =>
      this.tasks.filter(task => task.agentId === info.id && isLive(task)).length
    const isPublic = ({ info }: RegisteredAgent) => Number(info.reservedFor !== '*')
    const [best] = this.agents.toSorted((a, b) => isPublic(a) - isPublic(b) || load(a) - load(b))
    if (!best) throw faults.NO_AGENT()
    return best.info
  }
}
