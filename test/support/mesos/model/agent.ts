/** An agent, its executors, and the report by which it tells the leading master everything. */
import type { FrameworkInfo } from './framework.ts'
import { NO_RESOURCES, type PortRange, type Resources } from './resources.ts'
import type { Labels, Task } from './task.ts'

/** The two node roles with an agent, as under /etc/mesosphere/roles. */
export type AgentRole = 'slave' | 'slave_public'

export interface AgentInfo {
  /** `<master uuid>-S<n>`; empty until a master has answered the first report. */
  id: string
  hostname: string
  port: number
  /** The Mesos role that all of it is reserved for; `*` for none. */
  reservedFor: string
  resources: Resources
  attributes: Record<string, string>
}

export interface Executor {
  /** The task's id for a command task. */
  id: string
  frameworkId: string
  name: string
  source: string
  type: 'COMMAND' | 'DEFAULT'
  containerId: string
  directory: string
  /** The executor's own, without its tasks'. */
  resources: Resources
  /** A command executor has its task's. */
  labels?: Labels
  /** Process group and session of everything it runs; 0 for a pod, whose tasks have one each. */
  pid: number
  ended: boolean
}

/** Everything a master needs to know of an agent; sent at each change and as heartbeat. Ended work stays in it. */
export interface AgentReport {
  agent: AgentInfo
  frameworks: FrameworkInfo[]
  executors: Executor[]
  tasks: Task[]
}

/** What the leading master answers to a report. */
export interface ReportAnswer {
  agentId: string
  masterId: string
}

const range = (begin: number, end: number): PortRange => ({ begin, end })

/** What DC/OS lets Mesos offer, by node role: all ports that no component uses. */
export const OFFERED_PORTS: Readonly<Record<AgentRole, PortRange[]>> = Object.freeze({
  slave: [
    range(1025, 2180),
    range(2182, 3887),
    range(3889, 5049),
    range(5052, 8079),
    range(8082, 8180),
    range(8182, 32000),
  ],
  slave_public: [range(1, 21), range(23, 5050), range(5052, 32000)],
})

export const RESERVED_ROLE: Readonly<Record<AgentRole, string>> = Object.freeze({
  slave: '*',
  slave_public: 'slave_public',
})

export const ATTRIBUTES: Readonly<Record<AgentRole, Record<string, string>>> = Object.freeze({
  slave: {},
  slave_public: { public_ip: 'true' },
})

/** What Mesos adds to a command task for its executor, and Marathon to a pod for its default executor. */
export const COMMAND_EXECUTOR_RESOURCES: Resources = { ...NO_RESOURCES, cpus: 0.1, mem: 32 }
export const DEFAULT_EXECUTOR_RESOURCES: Resources = { ...NO_RESOURCES, cpus: 0.1, mem: 32, disk: 10 }

/** Characters of the command that Mesos puts into the name of a command executor. */
const COMMAND_PREVIEW_LENGTH = 12

/** `Command Executor (Task: ID) (Command: sh -c 'echo "sise s...')`: the command is cut after fifteen characters. */
export function nameCommandExecutor(taskId: string, cmd: string): string {
  const preview = cmd.length > COMMAND_PREVIEW_LENGTH + 3 ? `${cmd.slice(0, COMMAND_PREVIEW_LENGTH)}...` : cmd
  return `Command Executor (Task: ${taskId}) (Command: sh -c '${preview}')`
}
