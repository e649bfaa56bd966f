/** Datapoints of v0 as gauges with the names and labels of the 1.11 producer (metrics 6.2). Pure. */
import type { Datapoint } from '../../shared/metrics/collector.ts'
import type { NodeDimensions } from '../identity.ts'
import { prometheusName } from './names.ts'
import { type Family, formatValue, sampleLine } from './text.ts'

const HELP = 'DC/OS Metrics Datapoint'

/** Every series has them all, '' when unknown: dashboards of 1.11 join on them. */
const DIMENSION_LABELS = [
  'mesos_id', 'cluster_id', 'container_id', 'executor_id', 'framework_name', 'framework_id', 'framework_role',
  'framework_principal', 'task_name', 'task_id', 'hostname',
] as const // biome-ignore format: a list

/**
 * One family a name. All series of a family have the same labels, missing ones as ''. Of series that become equal by the rule for
 * names the first is kept; values that are no finite number are left out.
 */
export function datapointFamilies(datapoints: readonly Datapoint[], dimensions: NodeDimensions): Family[] {
  const known: Readonly<Record<string, string | undefined>> = { ...dimensions }
  const base = DIMENSION_LABELS.map(label => [label, known[label] ?? ''] as const)
  const byName = new Map<string, { labels: Map<string, string>; value: number }[]>()
  for (const { name, value, tags = {} } of datapoints) {
    if (!Number.isFinite(value)) continue
    const labels = new Map<string, string>(base)
    for (const [tag, text] of Object.entries(tags)) labels.set(prometheusName(tag), text)
    const family = prometheusName(name)
    const series = byName.get(family)
    if (series) series.push({ labels, value })
    else byName.set(family, [{ labels, value }])
  }
  return [...byName].map(([name, series]) => {
    const all = new Set(series.flatMap(({ labels }) => [...labels.keys()]))
    const lines = new Map<string, string>()
    for (const { labels, value } of series) {
      const full = [...all].map(label => [label, labels.get(label) ?? ''] as const)
      const key = JSON.stringify(full)
      if (!lines.has(key)) lines.set(key, sampleLine(name, full, formatValue(value)))
    }
    return { name, help: HELP, type: 'gauge', samples: [...lines.values()].join('') }
  })
}
