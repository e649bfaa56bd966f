/** Resources in the three spellings of Mesos 1.2's JSON: summary object, by role, and the full protobuf list. */
import { formatRanges, NO_RESOURCES, type Resources } from '../model/resources.ts'

/** `ports` is missing, not empty, when there are none. */
export function resourcesJson({ disk, mem, gpus, cpus, ports }: Resources) {
  return { disk, mem, gpus, cpus, ...(ports.length > 0 && { ports: formatRanges(ports) }) }
}

/** `reserved_resources`: empty for an agent that reserves nothing. */
export function reservedResourcesJson(resources: Resources, role: string) {
  return role === '*' ? {} : { [role]: resourcesJson(resources) }
}

export function unreservedResourcesJson(resources: Resources, role: string) {
  return resourcesJson(role === '*' ? resources : NO_RESOURCES)
}

/** `reserved_resources_full` */
export function reservedResourcesFullJson(resources: Resources, role: string) {
  return role === '*' ? {} : { [role]: resourceListJson(resources, role, undefined) }
}

/** One entry per kind that is not zero. `allocatedTo`: the framework's role, for resources in use. */
export function resourceListJson(resources: Resources, role: string, allocatedTo: string | undefined) {
  const owner = { role, ...(allocatedTo !== undefined && { allocation_info: { role: allocatedTo } }) }
  const scalar = (name: 'cpus' | 'mem' | 'disk' | 'gpus') =>
    resources[name] > 0 ? [{ name, type: 'SCALAR', scalar: { value: resources[name] }, ...owner }] : []
  const ports = { name: 'ports', type: 'RANGES', ranges: { range: resources.ports }, ...owner }
  return [
    ...scalar('cpus'),
    ...scalar('mem'),
    ...scalar('disk'),
    ...scalar('gpus'),
    ...(resources.ports.length > 0 ? [ports] : []),
  ]
}
