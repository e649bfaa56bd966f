/** What a bed is doing: the document of `npm run status -- --json`, gathered from the nodes and from Prometheus. */
import { readTargets, type Target } from '../support/prometheus/targets.ts'
import type { Bed } from './bed.ts'
import type { BedNode } from './nodes.ts'
import { parseUnits, UNIT_PROPERTIES, type UnitReport, type UnitState } from './unit-state.ts'

export interface ClusterStatus {
  nodes: (BedNode & { state: string; units: UnitState[] })[]
  targets: Pick<Target, 'job' | 'instance' | 'health'>[]
  urls: Record<string, string>
}

export interface NodeReport extends BedNode {
  /** As `systemctl is-system-running` says it; `down` when the node does not run. */
  state: string
  units: UnitReport[]
}

const PROMETHEUS_TIMEOUT_MS = 5000

/** The units of the target and what triggers them, by their own word; those of the installer are named dcos-*, too. */
const SHOW = `
systemctl is-system-running
cd /etc/systemd/system/dcos.target.wants 2>/dev/null || exit 0
set -- *
[ -e "$1" ] || exit 0
systemctl show --property=${UNIT_PROPERTIES.join(',')} -- "$@"
`

/** One node's state and shipped units. */
export async function readNode(bed: Bed, node: BedNode): Promise<NodeReport> {
  const { stdout } = await bed.run(node.name, ['sh', '-c', SHOW])
  const end = stdout.indexOf('\n')
  const state = stdout.slice(0, end).trim()
  return { ...node, state: state || 'down', units: parseUnits(stdout.slice(end + 1)) }
}

/** All nodes, in the order of their addresses. */
export async function readNodes(bed: Bed): Promise<NodeReport[]> {
  return Promise.all((await bed.nodes()).map(node => readNode(bed, node)))
}

/** Prometheus' targets, asked from this machine through the gateway; none when it does not answer. */
export async function readBedTargets(url: string | undefined): Promise<Target[]> {
  if (!url) return []
  return readTargets(url, AbortSignal.timeout(PROMETHEUS_TIMEOUT_MS)).catch(() => [])
}

/** The public document: only the keys that it promises. */
export function toClusterStatus(
  nodes: readonly NodeReport[],
  targets: readonly Target[],
  urls: Record<string, string>,
): ClusterStatus {
  return {
    nodes: nodes.map(({ name, role, address, state, units }) => ({
      name,
      role,
      address,
      state,
      units: units.map(({ name, active, sub, result, status }) => ({ name, active, sub, result, status })),
    })),
    targets: targets.map(({ job, instance, health }) => ({ job, instance, health })),
    urls,
  }
}
