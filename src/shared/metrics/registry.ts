/**
 * A daemon's metrics: prom-client, set up once. Only its registry and metric classes are imported, since its index also loads
 * the cluster, push-gateway and default-metric parts (docs/decisions/0004-prom-client.md has the figures).
 */
import Counter from 'prom-client/lib/counter.js'
import Gauge from 'prom-client/lib/gauge.js'
import Histogram from 'prom-client/lib/histogram.js'
import Registry from 'prom-client/lib/registry.js'

export type { Counter, Gauge, Histogram, Registry }

/** The names a daemon may use, `dcos_<daemon>_<thing>_<unit>[_total]`; test/house reads every metrics.ts for them. */
export interface MetricOptions {
  /** Without the prefix: `http_requests_total`. */
  name: string
  /** One sentence for the operator. */
  help: string
  labels?: readonly string[]
}

export interface Metrics {
  /** `dcos_log_` */
  readonly prefix: string
  readonly registry: Registry
  counter(options: MetricOptions): Counter<string>
  /** With `collect`, the value is asked for at each scrape. */
  gauge(options: MetricOptions & { collect?: (gauge: Gauge<string>) => void | Promise<void> }): Gauge<string>
  /** Buckets in the metric's own unit, seconds for durations. */
  histogram(options: MetricOptions & { buckets?: readonly number[] }): Histogram<string>
  /** The whole in the Prometheus text format 0.0.4. */
  text(): Promise<string>
}

/** Content-Type of `text()`. */
export const TEXT_TYPE = 'text/plain; version=0.0.4; charset=utf-8'

/** For answers of local daemons: 1 ms to 10 s. */
export const DURATION_BUCKETS_S = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10] as const

/** `daemon` in lower case without `dcos-`: `log`, `metrics`, `gen_resolvconf`. */
export function createMetrics(daemon: string): Metrics {
  const prefix = `dcos_${daemon.replaceAll('-', '_')}_`
  const registry = new Registry()
  const base = ({ name, help, labels = [] }: MetricOptions) => ({
    name: prefix + name,
    help,
    labelNames: [...labels],
    registers: [registry],
  })
  return {
    prefix,
    registry,
    counter: options => new Counter(base(options)),
    gauge: ({ collect, ...options }) =>
      new Gauge({
        ...base(options),
        ...(collect && {
          collect(this: Gauge<string>) {
            return collect(this)
          },
        }),
      }),
    histogram: ({ buckets = DURATION_BUCKETS_S, ...options }) =>
      new Histogram({ ...base(options), buckets: [...buckets] }),
    text: () => registry.metrics(),
  }
}
