/**
 * What a scrape of this node gets: its datapoints, this daemon's own metrics and those of the daemons that leave. Nothing is
 * collected for it: values are the last good ones, and their text is made once a sample, not once a scrape.
 */
import type { CollectorResult } from '../../shared/metrics/collector.ts'
import type { Metrics } from '../../shared/metrics/registry.ts'
import type { Clock } from '../../shared/time/clock.ts'
import type { NodeDimensions } from '../identity.ts'
import { datapointFamilies } from './datapoints.ts'
import { parseFamilies } from './parse.ts'
import { COMPONENT_LABEL, type Relay } from './relay.ts'
import { type Family, renderFamilies } from './text.ts'

export interface Exposition {
  text(): Promise<string>
  /** Families of the last scrape that were left out because another of the name has another type. */
  conflicts(): number
}

export interface ExpositionOptions {
  results: () => readonly CollectorResult[]
  dimensions: () => NodeDimensions
  metrics: Metrics
  relay: Relay
  /** Values whose sample is older are left out, so that the series ends in Prometheus instead of standing still. */
  expiryMs: number
  clock: Clock
}

interface Rendered {
  datapoints: CollectorResult['datapoints']
  dimensions: NodeDimensions
  families: readonly Family[]
}

export function createExposition({
  results,
  dimensions,
  metrics,
  relay,
  expiryMs,
  clock,
}: ExpositionOptions): Exposition {
  const rendered = new Map<string, Rendered>()
  let conflicts = 0

  /** The same two objects mean the same text: a collector makes a new list a sample, the identity a new object a change. */
  function familiesOf({ name, datapoints }: CollectorResult): readonly Family[] {
    const now = dimensions()
    const last = rendered.get(name)
    if (last?.datapoints === datapoints && last.dimensions === now) return last.families
    const families = datapointFamilies(datapoints, now)
    rendered.set(name, { datapoints, dimensions: now, families })
    return families
  }

  return {
    async text() {
      const node = results()
        .filter(({ keptAtMs }) => keptAtMs !== undefined && clock.monotonicMs() - keptAtMs < expiryMs)
        .map(familiesOf)
      // The relay first: its gauges among our own metrics then tell of this very scrape.
      const relayed = await relay.families()
      const own = parseFamilies(await metrics.text(), [COMPONENT_LABEL, 'dcos-metrics'])
      const { text, leftOut } = renderFamilies([...node, own, ...relayed])
      conflicts = leftOut
      return text
    },
    conflicts: () => conflicts,
  }
}
