/** Opens everything between the configuration and the servers: identity, collection, relay, exposition. */
import { statfs } from 'node:fs/promises'
import { readClusterId } from '../shared/cluster/cluster-id.ts'
import { detectAddress } from '../shared/cluster/detect-address.ts'
import { fetchBytes } from '../shared/http/client.ts'
import type { Log } from '../shared/log/journald.ts'
import { createCollectorRunner } from '../shared/metrics/collector.ts'
import type { Metrics } from '../shared/metrics/registry.ts'
import type { Clock } from '../shared/time/clock.ts'
import { startCollection } from './collection.ts'
import { nodeCollectors } from './collectors/node.ts'
import { createStatfsProbe, type FilesystemSize } from './collectors/statfs-probe.ts'
import type { MetricsConfig } from './config.ts'
import { faults } from './errors.ts'
import { type Fetch, fetchMesosId } from './identity/mesos-id.ts'
import { type NodeDimensions, openIdentity } from './identity.ts'
import { declareMetrics } from './metrics.ts'
import { createExposition, type Exposition } from './prometheus/exposition.ts'
import { createRelay } from './prometheus/relay.ts'
import { statusSentence } from './status.ts'
import { createStore, type Store } from './store.ts'

export interface Node extends AsyncDisposable {
  readonly store: Store
  readonly exposition: Exposition
  readonly clock: Clock
  dimensions(): NodeDimensions
  /** The STATUS= sentence. `v0` and `prometheus` are the addresses served on. */
  status(v0: string, prometheus: string): string
  healthy(): boolean
}

export interface NodeOptions {
  config: Readonly<MetricsConfig>
  log: Log
  clock: Clock
  metrics: Metrics
  /** The outside world, for tests. */
  world?: { statfs?: (path: string) => Promise<FilesystemSize>; fetch?: Fetch }
}

/** A collector may take so long; several filesystems that hang are within it. */
const COLLECTOR_TIMEOUT_MS = 10_000

/** Resolves after the first round of samples. Rejects with METRICS_ADDRESS_UNKNOWN. */
export async function openNode({ config, log, clock, metrics, world = {} }: NodeOptions): Promise<Node> {
  const address = await detectAddress(config.detectIp, faults.ADDRESS_UNKNOWN)
  await using opened = new AsyncDisposableStack()
  const mesos = {
    role: config.role,
    baseUrl: `${config.mesosProtocol}://${address.includes(':') ? `[${address}]` : address}:${config.mesosPort}`,
    timeoutMs: config.mesosRequestTimeoutMs,
    fetch: world.fetch ?? fetchBytes,
  }
  const identity = opened.use(
    await openIdentity({
      address,
      readClusterId: () => readClusterId(config.clusterIdFile),
      fetchMesosId: signal => fetchMesosId(mesos, signal),
      clock,
      log,
    }),
  )

  const probe = createStatfsProbe({ statfs: world.statfs ?? statfs, clock })
  let mountsLeftOut = 0
  const context = {
    roots: config.roots,
    statfs: probe,
    reportMountsLeftOut: (count: number) => {
      mountsLeftOut = count
    },
  }
  const collectors = nodeCollectors()
  const runner = createCollectorRunner({ collectors, context, timeoutMs: COLLECTOR_TIMEOUT_MS, clock, log })
  const store = createStore({ expiryMs: config.httpCacheExpiryMs, clock })
  const rounds = { intervalMs: config.nodePollPeriodMs, timeoutMs: COLLECTOR_TIMEOUT_MS }
  const collection = opened.use(await startCollection({ runner, store, ...rounds, clock }))

  const relay = createRelay({ directory: config.relayDirectory, log })
  const { results } = collection
  const { dimensions } = identity
  const expiryMs = config.prometheusCacheExpiryMs
  const exposition = createExposition({ results, dimensions, metrics, relay, expiryMs, clock })
  const leftOut = () => mountsLeftOut
  declareMetrics(metrics, { results, store, identity, statfs: probe, mountsLeftOut: leftOut, relay, exposition })

  const closing = opened.move()
  return {
    store,
    exposition,
    clock,
    dimensions,
    status: (v0, prometheus) =>
      statusSentence({
        role: config.role,
        hostname: address,
        datapoints: store.size(),
        ageMs: collection.ageMs(),
        results: results(),
        v0,
        prometheus,
        relayed: relay.state().served,
        missing: identity.missing(),
        stuck: probe.stuck(),
      }),
    healthy: collection.healthy,
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  }
}
