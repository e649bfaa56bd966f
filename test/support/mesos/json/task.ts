/**
 * A task as master and agent of Mesos 1.2 show it in /state and /tasks. Exit messages are not in it: the real one has
 * none there either.
 */
import type { Container, Discovery, DiscoveryPort, Labels, Network, Task, TaskStatus } from '../model/task.ts'
import { toSeconds } from './encode.ts'
import { resourcesJson } from './resources.ts'

export function taskJson(task: Task) {
  return {
    id: task.id,
    name: task.name,
    framework_id: task.frameworkId,
    executor_id: task.executorId,
    slave_id: task.agentId,
    state: task.state,
    resources: resourcesJson(task.resources),
    statuses: task.statuses.map(statusJson),
    ...(task.labels && { labels: labelsJson(task.labels) }),
    ...(task.discovery && { discovery: discoveryJson(task.discovery) }),
    ...(task.network && { container: containerInfoJson(task.network) }),
  }
}

export const labelsJson = (labels: Labels) => Object.entries(labels).map(([key, value]) => ({ key, value }))

function statusJson({ state, timestampMs, container, healthy }: TaskStatus) {
  return {
    state,
    timestamp: toSeconds(timestampMs),
    ...(container && { container_status: containerStatusJson(container) }),
    ...(healthy !== undefined && { healthy }),
  }
}

function containerStatusJson({ id, parentId, address, network }: Container) {
  return {
    container_id: { value: id, ...(parentId !== undefined && { parent: { value: parentId } }) },
    network_infos: [network ? ownNetworkJson(network) : { ip_addresses: [{ ip_address: address }] }],
  }
}

function ownNetworkJson({ name, address, labels }: Network) {
  return {
    ...(labels && { labels: labelsJson(labels) }),
    ip_addresses: [{ protocol: 'IPv4', ip_address: address }],
    name,
  }
}

function containerInfoJson({ name, labels }: Network) {
  return { type: 'MESOS', network_infos: [{ name, ...(labels && { labels: { labels: labelsJson(labels) } }) }] }
}

/** QUIRK: a list without entries is an empty object, `"ports": {}`, as protobuf prints an unset repeated field. */
function discoveryJson({ visibility, name, ports }: Discovery) {
  return { visibility, name, ports: ports.length > 0 ? { ports: ports.map(discoveryPortJson) } : {} }
}

function discoveryPortJson({ number, name, protocol, labels }: DiscoveryPort) {
  return {
    number,
    ...(name !== undefined && { name }),
    ...(protocol !== undefined && { protocol }),
    ...(labels && { labels: { labels: labelsJson(labels) } }),
  }
}
