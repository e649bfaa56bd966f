/** The agent's /state. */
import type { Executor } from '../model/agent.ts'
import { type AgentView, executorResources, tasksOf } from '../model/agent-view.ts'
import type { FrameworkInfo } from '../model/framework.ts'
import { isLive } from '../model/task.ts'
import { toSeconds } from './encode.ts'
import {
  reservedResourcesFullJson,
  reservedResourcesJson,
  resourcesJson,
  unreservedResourcesJson,
} from './resources.ts'
import { labelsJson, taskJson } from './task.ts'
import { versionHeadJson } from './version.ts'

export function agentStateJson(view: AgentView) {
  const { id, hostname, port, resources, reservedFor, attributes } = view.info
  const isBusy = (framework: FrameworkInfo) =>
    view.executors.some(executor => executor.frameworkId === framework.id && !executor.ended)
  return {
    ...versionHeadJson(),
    start_time: toSeconds(view.startMs),
    id,
    pid: `slave(1)@${hostname}:${port}`,
    hostname,
    resources: resourcesJson(resources),
    reserved_resources: reservedResourcesJson(resources, reservedFor),
    unreserved_resources: unreservedResourcesJson(resources, reservedFor),
    reserved_resources_full: reservedResourcesFullJson(resources, reservedFor),
    attributes,
    master_hostname: view.masterHostname,
    ...(view.logDir !== undefined && { log_dir: view.logDir }),
    flags: view.flags,
    frameworks: view.frameworks.filter(isBusy).map(framework => frameworkJson(view, framework)),
    // As on a real agent: a framework without a live executor counts as completed here, whatever the master thinks.
    completed_frameworks: view.frameworks
      .filter(framework => !isBusy(framework))
      .map(framework => frameworkJson(view, framework)),
  }
}

function frameworkJson(view: AgentView, framework: FrameworkInfo) {
  const executors = view.executors.filter(executor => executor.frameworkId === framework.id)
  return {
    id: framework.id,
    name: framework.name,
    user: framework.user,
    failover_timeout: framework.failoverTimeoutSecs,
    checkpoint: framework.checkpoint,
    hostname: framework.hostname,
    ...(framework.principal !== undefined && { principal: framework.principal }),
    role: framework.role,
    executors: executors.filter(executor => !executor.ended).map(executor => executorJson(view, executor)),
    completed_executors: executors.filter(executor => executor.ended).map(executor => executorJson(view, executor)),
  }
}

/** A command executor has its task's labels, a default executor has a type instead. */
function executorJson(view: AgentView, executor: Executor) {
  const tasks = tasksOf(view, executor)
  return {
    id: executor.id,
    name: executor.name,
    source: executor.source,
    container: executor.containerId,
    directory: executor.directory,
    resources: resourcesJson(executorResources(view, executor)),
    ...(executor.type === 'DEFAULT' && { type: 'DEFAULT' }),
    ...(executor.labels && { labels: labelsJson(executor.labels) }),
    tasks: tasks.filter(isLive).map(taskJson),
    queued_tasks: [],
    completed_tasks: tasks.filter(task => !isLive(task)).map(taskJson),
  }
}
