/** What an agent knows, and the questions that its documents ask of it. Pure. */
import type { AgentInfo, Executor } from './agent.ts'
import type { FrameworkInfo } from './framework.ts'
import { addResources, type Resources } from './resources.ts'
import { isLive, type Task } from './task.ts'

export interface AgentView {
  info: AgentInfo
  masterHostname: string
  logDir: string | undefined
  flags: Record<string, string>
  startMs: number
  frameworks: readonly FrameworkInfo[]
  executors: readonly Executor[]
  tasks: readonly Task[]
}

/** A command task's executor has the task's id; a pod's tasks name theirs. */
export function tasksOf(view: AgentView, executor: Executor): Task[] {
  return view.tasks.filter(
    task => task.frameworkId === executor.frameworkId && (task.executorId || task.id) === executor.id,
  )
}

/** The executor's own and its live tasks'. */
export function executorResources(view: AgentView, executor: Executor): Resources {
  const live = tasksOf(view, executor).filter(isLive)
  return addResources(executor.resources, ...live.map(task => task.resources))
}
