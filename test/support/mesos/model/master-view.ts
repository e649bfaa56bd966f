/** What a leading master knows, and the questions that its documents ask of it. Pure. */
import type { AgentInfo, Executor } from './agent.ts'
import type { FrameworkInfo } from './framework.ts'
import { addResources, type Resources } from './resources.ts'
import { isLive, TASK_STATES, type Task, type TaskState } from './task.ts'

export interface RegisteredAgent {
  info: AgentInfo
  registeredMs: number
  /** Set when it came with an id from before this master led. */
  reregisteredMs?: number
  lastReportMs: number
  executors: Executor[]
}

export interface KnownFramework {
  info: FrameworkInfo
  registeredMs: number
  /** Set when an agent knew it before this master did. */
  reregisteredMs?: number
  /** Set when it was removed: it is completed then. */
  unregisteredMs?: number
}

export interface MasterView {
  id: string
  hostname: string
  ip: string
  port: number
  cluster: string
  logDir: string | undefined
  flags: Record<string, string>
  startMs: number
  electedMs: number
  agents: readonly RegisteredAgent[]
  frameworks: readonly KnownFramework[]
  tasks: readonly Task[]
  /** Agents forgotten because they were silent. */
  unreachableAgents: number
}

export const masterPid = ({ ip, port }: Pick<MasterView, 'ip' | 'port'>) => `master@${ip}:${port}`

export const isActive = (framework: KnownFramework) => framework.unregisteredMs === undefined

/** Executors of pods: the only ones whose own resources a master counts. */
export function podExecutors(view: MasterView): { agent: RegisteredAgent; executor: Executor }[] {
  return view.agents.flatMap(agent =>
    agent.executors
      .filter(executor => executor.type === 'DEFAULT' && !executor.ended)
      .map(executor => ({ agent, executor })),
  )
}

/** What live tasks and their pods hold, of those that match. */
export function usedResources(view: MasterView, of: { agentId?: string; frameworkId?: string }): Resources {
  const matches = (agentId: string, frameworkId: string) =>
    (of.agentId ?? agentId) === agentId && (of.frameworkId ?? frameworkId) === frameworkId
  return addResources(
    ...view.tasks.filter(task => isLive(task) && matches(task.agentId, task.frameworkId)).map(task => task.resources),
    ...podExecutors(view)
      .filter(({ agent, executor }) => matches(agent.info.id, executor.frameworkId))
      .map(({ executor }) => executor.resources),
  )
}

export function countTasks(tasks: readonly Task[]): Record<TaskState, number> {
  // One entry per state, filled just below.
  const counts = Object.fromEntries(TASK_STATES.map(state => [state, 0])) as Record<TaskState, number>
  for (const { state } of tasks) counts[state]++
  return counts
}
