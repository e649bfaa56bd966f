/** /metrics/snapshot of master and agent: true where the stand-in knows, 0 where only a real Mesos would. */
import { type AgentView, executorResources } from '../model/agent-view.ts'
import { countTasks, isActive, type MasterView, usedResources } from '../model/master-view.ts'
import { addResources, type Resources } from '../model/resources.ts'
import { isLive, TASK_STATES, type Task } from '../model/task.ts'
import { AGENT_METRIC_NAMES, MASTER_METRIC_NAMES } from './metric-names.ts'

export type Metrics = Record<string, number>

/** The node's own figures, as /proc tells them. */
export interface SystemFigures {
  load: readonly [number, number, number]
  cpus: number
  memTotalBytes: number
  memFreeBytes: number
}

const zeros = (names: readonly string[]): Metrics => Object.fromEntries(names.map(name => [name, 0]))

function systemMetrics({ load, cpus, memTotalBytes, memFreeBytes }: SystemFigures): Metrics {
  return {
    'system/load_1min': load[0],
    'system/load_5min': load[1],
    'system/load_15min': load[2],
    'system/cpus_total': cpus,
    'system/mem_total_bytes': memTotalBytes,
    'system/mem_free_bytes': memFreeBytes,
  }
}

/** `<prefix>/cpus_total`, `_used`, `_percent` and the same of mem, disk, gpus. */
function resourceMetrics(prefix: string, total: Resources, used: Resources): Metrics {
  const metrics: Metrics = {}
  for (const kind of ['cpus', 'gpus', 'mem', 'disk'] as const) {
    metrics[`${prefix}/${kind}_total`] = total[kind]
    metrics[`${prefix}/${kind}_used`] = used[kind]
    metrics[`${prefix}/${kind}_percent`] = total[kind] > 0 ? used[kind] / total[kind] : 0
  }
  return metrics
}

/** `<prefix>/tasks_running` and its sisters, for the names in `known` only: an agent has no tasks_error. */
function taskMetrics(prefix: string, tasks: readonly Task[], known: readonly string[]): Metrics {
  const counts = countTasks(tasks)
  const named = TASK_STATES.map(
    state => [`${prefix}/${state.toLowerCase().replace('task_', 'tasks_')}`, counts[state]] as const,
  )
  return Object.fromEntries(named.filter(([name]) => known.includes(name)))
}

/** A master that does not lead counts nothing of the cluster and has not recovered the registry. */
export function masterMetrics(view: MasterView, leading: boolean, nowMs: number, system: SystemFigures): Metrics {
  const base = {
    ...zeros(MASTER_METRIC_NAMES),
    ...systemMetrics(system),
    'master/uptime_secs': uptimeSecs(view, nowMs),
  }
  if (!leading)
    return Object.fromEntries(Object.entries(base).filter(([name]) => !/^registrar\/(state_|log|registry)/.test(name)))
  const total = addResources(...view.agents.map(agent => agent.info.resources))
  const used = usedResources(view, {})
  const frameworks = view.frameworks.filter(isActive)
  const metrics: Metrics = {
    ...base,
    'master/elected': 1,
    'registrar/log/recovered': 1,
    ...resourceMetrics('master', total, used),
    ...taskMetrics('master', view.tasks, MASTER_METRIC_NAMES),
    'master/slaves_active': view.agents.length,
    'master/slaves_connected': view.agents.length,
    'master/slave_registrations': view.agents.length,
    'master/frameworks_active': frameworks.length,
    'master/frameworks_connected': frameworks.length,
  }
  for (const kind of ['cpus', 'mem', 'disk'] as const) {
    metrics[`allocator/mesos/resources/${kind}/total`] = total[kind]
    metrics[`allocator/mesos/resources/${kind}/offered_or_allocated`] = used[kind]
  }
  for (const { info } of frameworks) {
    if (info.principal !== undefined) {
      metrics[`frameworks/${info.principal}/messages_received`] = 0
      metrics[`frameworks/${info.principal}/messages_processed`] = 0
    }
    metrics[`allocator/mesos/offer_filters/roles/${info.role}/active`] = 0
    metrics[`allocator/mesos/roles/${info.role}/shares/dominant`] = dominantShare(total, used)
  }
  return metrics
}

function dominantShare(total: Resources, used: Resources): number {
  return Math.max(...(['cpus', 'mem', 'disk'] as const).map(kind => (total[kind] > 0 ? used[kind] / total[kind] : 0)))
}

export function agentMetrics(view: AgentView, nowMs: number, system: SystemFigures): Metrics {
  const live = view.executors.filter(executor => !executor.ended)
  const used = addResources(...live.map(executor => executorResources(view, executor)))
  return {
    ...zeros(AGENT_METRIC_NAMES),
    ...systemMetrics(system),
    ...resourceMetrics('slave', view.info.resources, used),
    ...taskMetrics('slave', view.tasks, AGENT_METRIC_NAMES),
    'slave/uptime_secs': uptimeSecs(view, nowMs),
    'slave/registered': view.info.id === '' ? 0 : 1,
    'slave/frameworks_active': new Set(view.tasks.filter(isLive).map(task => task.frameworkId)).size,
    'slave/executors_running': live.length,
    'slave/executors_terminated': view.executors.length - live.length,
  }
}

const uptimeSecs = ({ startMs }: { startMs: number }, nowMs: number) => (nowMs - startMs) / 1000
