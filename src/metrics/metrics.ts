/** What dcos-metrics tells about itself; process_* and http_* come with the kit. */
import type { CollectorResult } from '../shared/metrics/collector.ts'
import type { Metrics } from '../shared/metrics/registry.ts'
import type { StatfsProbe } from './collectors/statfs-probe.ts'
import type { Identity } from './identity.ts'
import type { Exposition } from './prometheus/exposition.ts'
import type { Relay } from './prometheus/relay.ts'
import type { Store } from './store.ts'

export interface MetricSources {
  results: () => readonly CollectorResult[]
  store: Store
  identity: Pick<Identity, 'missing'>
  statfs: Pick<StatfsProbe, 'stuck'>
  mountsLeftOut: () => number
  relay: Pick<Relay, 'state'>
  exposition: Pick<Exposition, 'conflicts'>
}

/** All are asked for at a scrape, none is counted up in between. */
export function declareMetrics(metrics: Metrics, sources: MetricSources): void {
  const perCollector = (name: string, help: string, value: (result: CollectorResult) => number | undefined) =>
    metrics.gauge({
      name,
      help,
      labels: ['collector'],
      collect(gauge) {
        for (const result of sources.results()) {
          const found = value(result)
          if (found !== undefined) gauge.set({ collector: result.name }, found)
        }
      },
    })
  const single = (name: string, help: string, value: () => number) =>
    metrics.gauge({ name, help, collect: gauge => gauge.set(value()) })

  perCollector('collector_duration_seconds', 'How long the last run took.', ({ durationSeconds }) => durationSeconds)
  perCollector('collector_success', '1 when the last run succeeded, else 0.', ({ success }) => Number(success))
  perCollector(
    'collector_last_success_timestamp_seconds',
    'When the values served were sampled, in seconds since the epoch.',
    ({ collectedAtMs }) => (collectedAtMs === undefined ? undefined : collectedAtMs / 1000),
  )
  single('datapoints', 'Datapoints kept for /v0.', () => sources.store.size())
  single('identity_missing', 'Ids of this node that are not known yet.', () => sources.identity.missing().length)
  single('filesystems_stuck', 'Mount points whose filesystem does not answer.', () => sources.statfs.stuck().length)
  single('filesystems_left_out', 'Mount points beyond the limit.', sources.mountsLeftOut)
  metrics.gauge({
    name: 'relay_files',
    help: 'Files of other daemons at the last scrape, by what became of them.',
    labels: ['state'],
    collect(gauge) {
      for (const [state, count] of Object.entries(sources.relay.state())) gauge.set({ state }, count)
    },
  })
  single('relay_conflicts', 'Families left out at the scrape before, their type being another elsewhere.', () =>
    sources.exposition.conflicts(),
  )
}
