/** Frameworks as the master shows them: in /state and /frameworks. */
import type { Executor } from '../model/agent.ts'
import { isActive, type KnownFramework, type MasterView, podExecutors, usedResources } from '../model/master-view.ts'
import { NO_RESOURCES } from '../model/resources.ts'
import { isLive } from '../model/task.ts'
import { toSeconds } from './encode.ts'
import { resourcesJson } from './resources.ts'
import { taskJson } from './task.ts'

/** /frameworks */
export function frameworksJson(view: MasterView) {
  return {
    frameworks: view.frameworks.filter(isActive).map(framework => frameworkJson(view, framework)),
    completed_frameworks: completedFrameworksJson(view),
    unregistered_frameworks: [],
  }
}

export function completedFrameworksJson(view: MasterView) {
  return view.frameworks.filter(framework => !isActive(framework)).map(framework => frameworkJson(view, framework))
}

/** The facts that /state-summary shows too. */
export function frameworkHeadJson(view: MasterView, framework: KnownFramework) {
  const { info } = framework
  return {
    id: info.id,
    name: info.name,
    used_resources: resourcesJson(usedResources(view, { frameworkId: info.id })),
    offered_resources: resourcesJson(NO_RESOURCES),
    capabilities: info.capabilities,
    hostname: info.hostname,
    webui_url: info.webuiUrl,
    active: isActive(framework),
    connected: isActive(framework),
    recovered: false,
  }
}

export function frameworkJson(view: MasterView, framework: KnownFramework) {
  const { info, registeredMs, reregisteredMs, unregisteredMs } = framework
  const tasks = view.tasks.filter(task => task.frameworkId === info.id)
  return {
    ...frameworkHeadJson(view, framework),
    user: info.user,
    failover_timeout: info.failoverTimeoutSecs,
    checkpoint: info.checkpoint,
    registered_time: toSeconds(registeredMs),
    unregistered_time: toSeconds(unregisteredMs ?? 0),
    ...(info.principal !== undefined && { principal: info.principal }),
    resources: resourcesJson(usedResources(view, { frameworkId: info.id })),
    ...(reregisteredMs !== undefined && { reregistered_time: toSeconds(reregisteredMs) }),
    role: info.role,
    tasks: tasks.filter(isLive).map(taskJson),
    unreachable_tasks: tasks.filter(task => task.unreachable).map(taskJson),
    completed_tasks: tasks.filter(task => !isLive(task) && !task.unreachable).map(taskJson),
    offers: [],
    executors: podExecutors(view)
      .filter(({ executor }) => executor.frameworkId === info.id)
      .map(({ agent, executor }) => executorJson(executor, agent.info.id)),
  }
}

function executorJson({ id, name, frameworkId, resources }: Executor, agentId: string) {
  return {
    executor_id: id,
    name,
    framework_id: frameworkId,
    command: { argv: [], uris: [] },
    resources: resourcesJson(resources),
    type: 'DEFAULT',
    slave_id: agentId,
  }
}
