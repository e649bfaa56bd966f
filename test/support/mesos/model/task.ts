/** A task and what happened to it. Plain data: it travels between agent and master as JSON. */
import type { Resources } from './resources.ts'

export const TASK_STATES = [
  'TASK_STAGING',
  'TASK_STARTING',
  'TASK_RUNNING',
  'TASK_KILLING',
  'TASK_FINISHED',
  'TASK_KILLED',
  'TASK_FAILED',
  'TASK_LOST',
  'TASK_ERROR',
  'TASK_UNREACHABLE',
] as const
export type TaskState = (typeof TASK_STATES)[number]

const LIVE: readonly TaskState[] = ['TASK_STAGING', 'TASK_STARTING', 'TASK_RUNNING', 'TASK_KILLING']

export const isLive = (task: Pick<Task, 'state'>): boolean => LIVE.includes(task.state)

export type Labels = Record<string, string>

export interface DiscoveryPort {
  number: number
  name?: string
  protocol?: string
  labels?: Labels
}

export interface Discovery {
  visibility: 'FRAMEWORK' | 'CLUSTER' | 'EXTERNAL'
  name: string
  ports: DiscoveryPort[]
}

/** A network other than the host's: the stand-in says the address, the process still runs on the host's network. */
export interface Network {
  name: string
  address: string
  labels?: Labels
}

export interface Container {
  id: string
  /** The executor's container, for tasks of a pod. */
  parentId?: string
  /** Host address of the agent, or that of `network`. */
  address: string
  network?: Network
  executorPid?: number
}

/** `container` is missing when the master or the agent itself spoke for the task, as in Mesos. */
export interface TaskStatus {
  state: TaskState
  timestampMs: number
  source: 'SOURCE_EXECUTOR' | 'SOURCE_AGENT' | 'SOURCE_MASTER'
  container?: Container
  healthy?: boolean
  /** How a process ended: `Command exited with status 7`, `Command terminated with signal Killed`. */
  message?: string
  reason?: string
}

export interface Task {
  id: string
  name: string
  frameworkId: string
  /** Empty for a command task, the pod's executor otherwise. */
  executorId: string
  agentId: string
  state: TaskState
  /** The agent lost contact with the master: Mesos lists such tasks apart from the completed ones. */
  unreachable?: boolean
  resources: Resources
  statuses: TaskStatus[]
  /** Missing when the scheduler gave none at all; Marathon gives an empty list. */
  labels?: Labels
  discovery?: Discovery
  network?: Network
}

/** Whether a report of a task is older than another of the same task: a change of health replaces a status and adds none. */
export function isOlder(task: Task, other: Task): boolean {
  if (task.statuses.length !== other.statuses.length) return task.statuses.length < other.statuses.length
  return (task.statuses.at(-1)?.timestampMs ?? 0) < (other.statuses.at(-1)?.timestampMs ?? 0)
}

/**
 * The task after one more status. A status of the same state as the latest takes its place: a health check that turns
 * green leaves one TASK_RUNNING, not two.
 */
export function withStatus(task: Task, status: TaskStatus): Task {
  const kept = task.statuses.at(-1)?.state === status.state ? task.statuses.slice(0, -1) : task.statuses
  return { ...task, state: status.state, statuses: [...kept, status] }
}

/** How Mesos words the end of a process. `signal` as Node names it. */
export function describeExit(code: number | null, signal: NodeJS.Signals | null): string {
  if (signal) return `Command terminated with signal ${SIGNAL_WORDS[signal] ?? signal}`
  return `Command exited with status ${code ?? 'unknown'}`
}

/** strsignal(3) */
const SIGNAL_WORDS: Partial<Record<NodeJS.Signals, string>> = {
  SIGABRT: 'Aborted',
  SIGHUP: 'Hangup',
  SIGINT: 'Interrupt',
  SIGKILL: 'Killed',
  SIGSEGV: 'Segmentation fault',
  SIGTERM: 'Terminated',
}

/** The state a process leaves behind: a requested kill is TASK_KILLED however the process took it. */
export function stateAfterExit(code: number | null, signal: NodeJS.Signals | null, killRequested: boolean): TaskState {
  if (killRequested) return 'TASK_KILLED'
  return code === 0 && !signal ? 'TASK_FINISHED' : 'TASK_FAILED'
}
