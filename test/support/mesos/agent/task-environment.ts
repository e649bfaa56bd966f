/** The environment of a task: what Marathon and the agent of Mesos 1.2 give. Pure. */
import type { DiscoveryPort } from '../model/task.ts'
import type { TaskSpec } from '../model/task-spec.ts'

export interface EnvironmentFacts {
  spec: TaskSpec
  taskId: string
  executorId: string
  frameworkId: string
  agentId: string
  host: string
  sandbox: string
  ports: readonly DiscoveryPort[]
  mem: number
  cpus: number
  disk: number
}

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/** `spec.env` wins over everything. */
export function taskEnvironment(facts: EnvironmentFacts): Record<string, string> {
  const { spec, ports, host } = facts
  const first = ports[0]
  return {
    PATH,
    HOST: host,
    MARATHON_APP_ID: `/${spec.name.replace(/^\//, '')}`,
    MARATHON_APP_RESOURCE_CPUS: String(facts.cpus),
    MARATHON_APP_RESOURCE_MEM: String(facts.mem),
    MARATHON_APP_RESOURCE_DISK: String(facts.disk),
    MESOS_TASK_ID: facts.taskId,
    MESOS_EXECUTOR_ID: facts.executorId,
    MESOS_FRAMEWORK_ID: facts.frameworkId,
    MESOS_AGENT_ID: facts.agentId,
    MESOS_SLAVE_ID: facts.agentId,
    MESOS_SANDBOX: facts.sandbox,
    ...(first && { PORT: String(first.number), PORTS: ports.map(port => port.number).join(',') }),
    ...Object.fromEntries(ports.map((port, i) => [`PORT${i}`, String(port.number)])),
    ...Object.fromEntries(
      ports.filter(port => port.name).map(port => [`PORT_${port.name?.toUpperCase()}`, String(port.number)]),
    ),
    ...spec.env,
  }
}
