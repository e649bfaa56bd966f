/** The agent's /containers and /monitor/statistics, as under the posix isolators. */

import type { Usage } from '../agent/usage.ts'
import type { Executor } from '../model/agent.ts'
import { type AgentView, executorResources, tasksOf } from '../model/agent-view.ts'
import { toSeconds } from './encode.ts'

const MEBIBYTE = 1024 * 1024

/** One live executor and what its processes were seen to use. */
export interface MeasuredExecutor {
  executor: Executor
  usage: Usage
  timestampMs: number
}

/** /monitor/statistics */
export function statisticsJson(view: AgentView, measured: readonly MeasuredExecutor[]) {
  return measured.map(each => entryJson(view, each))
}

/** /containers */
export function containersJson(view: AgentView, measured: readonly MeasuredExecutor[]) {
  return measured.map(each => {
    const { containerId, pid } = each.executor
    return {
      container_id: containerId,
      ...entryJson(view, each),
      status: { container_id: { value: containerId }, executor_pid: executorPid(view, each.executor, pid) },
    }
  })
}

/** The stand-in runs no executor process for a pod: the first task's process speaks for it. */
function executorPid(view: AgentView, executor: Executor, pid: number): number {
  return pid || (tasksOf(view, executor)[0]?.statuses.at(-1)?.container?.executorPid ?? 0)
}

function entryJson(view: AgentView, { executor, usage, timestampMs }: MeasuredExecutor) {
  const { cpus, mem } = executorResources(view, executor)
  return {
    executor_id: executor.id,
    executor_name: executor.name,
    framework_id: executor.frameworkId,
    source: executor.source,
    statistics: {
      cpus_limit: cpus,
      cpus_system_time_secs: usage.systemSecs,
      cpus_user_time_secs: usage.userSecs,
      mem_limit_bytes: mem * MEBIBYTE,
      mem_rss_bytes: usage.rssBytes,
      timestamp: toSeconds(timestampMs),
    },
  }
}
