/** Agents as the master shows them: `slaves` of /state, and /slaves with the full lists. */
import { type MasterView, type RegisteredAgent, usedResources } from '../model/master-view.ts'
import { NO_RESOURCES } from '../model/resources.ts'
import { toSeconds } from './encode.ts'
import {
  reservedResourcesFullJson,
  reservedResourcesJson,
  resourceListJson,
  resourcesJson,
  unreservedResourcesJson,
} from './resources.ts'
import { MESOS_VERSION } from './version.ts'

export function slaveJson(view: MasterView, { info, registeredMs, reregisteredMs }: RegisteredAgent) {
  return {
    id: info.id,
    hostname: info.hostname,
    port: info.port,
    attributes: info.attributes,
    pid: `slave(1)@${info.hostname}:${info.port}`,
    registered_time: toSeconds(registeredMs),
    ...(reregisteredMs !== undefined && { reregistered_time: toSeconds(reregisteredMs) }),
    resources: resourcesJson(info.resources),
    used_resources: resourcesJson(usedResources(view, { agentId: info.id })),
    offered_resources: resourcesJson(NO_RESOURCES),
    reserved_resources: reservedResourcesJson(info.resources, info.reservedFor),
    unreserved_resources: unreservedResourcesJson(info.resources, info.reservedFor),
    active: true,
    version: MESOS_VERSION,
  }
}

/** /slaves */
export function slavesJson(view: MasterView) {
  return {
    slaves: view.agents.map(agent => ({
      ...slaveJson(view, agent),
      reserved_resources_full: reservedResourcesFullJson(agent.info.resources, agent.info.reservedFor),
      used_resources_full: view.frameworks.flatMap(({ info: framework }) =>
        resourceListJson(
          usedResources(view, { agentId: agent.info.id, frameworkId: framework.id }),
          agent.info.reservedFor,
          framework.role,
        ),
      ),
      offered_resources_full: [],
    })),
    recovered_slaves: [],
  }
}
