/** What Prometheus is told about the packages of a node. pkgpanda does not run: each change writes the file that dcos-metrics relays. */
import type { Metrics } from '../src/shared/metrics/registry.ts'
import type { ChangeHistory } from './record/change-history.ts'

export interface PackageCounts {
  readonly active: number
  readonly inactive: number
  /** Of all unpacked packages. */
  readonly bytes: number
}

/** Declares and sets all of them. */
export function setPackageMetrics(
  metrics: Metrics,
  { lastActivation, activations }: ChangeHistory,
  counts: PackageCounts,
): void {
  const packages = metrics.gauge({
    name: 'packages',
    help: 'Packages unpacked on this node, by whether they are active.',
    labels: ['state'],
  })
  packages.set({ state: 'active' }, counts.active)
  packages.set({ state: 'inactive' }, counts.inactive)
  metrics.gauge({ name: 'repository_bytes', help: 'Bytes of all unpacked packages.' }).set(counts.bytes)
  const total = metrics.counter({
    name: 'activations_total',
    help: 'Changes of the active set that were begun, by result: done, failed (the old set stands), taken_back.',
    labels: ['result'],
  })
  for (const [result, count] of Object.entries(activations)) total.inc({ result }, count)
  const at = metrics.gauge({
    name: 'last_activation_timestamp_seconds',
    help: 'When the last change of the active set ended.',
  })
  const took = metrics.gauge({
    name: 'last_activation_duration_seconds',
    help: 'How long the last change of the active set took.',
  })
  const success = metrics.gauge({
    name: 'last_activation_success',
    help: '1 when the last change of the active set was done, 0 when it failed or was taken back.',
  })
  if (lastActivation === undefined) return
  at.set(lastActivation.endedMs / 1_000)
  took.set(lastActivation.durationMs / 1_000)
  success.set(lastActivation.result === 'done' ? 1 : 0)
}
