/** `/metrics` of a daemon on its own socket, for whoever looks at one daemon by hand; scrapes of a node go to dcos-metrics (architecture 2). */
import { type Metrics, TEXT_TYPE } from '../metrics/registry.ts'
import type { Route } from './route.ts'

/**
 * `GET /metrics`, for a daemon's table: the registry in the text format 0.0.4, as in the daemon's textfile. Its size is bounded by the
 * names and labels, which are ours. Who asks while a text is being made gets that one. `contract` is the section that says so.
 */
export function metricsRoute(metrics: Pick<Metrics, 'text'>, contract: string): Route {
  let making: Promise<string> | undefined
  const text = async () => {
    making ??= metrics.text()
    try {
      return await making
    } finally {
      making = undefined
    }
  }
  return {
    method: 'GET',
    path: '/metrics',
    coded: true,
    handler: async () => ({
      status: 200,
      headers: { 'Content-Type': TEXT_TYPE, 'Cache-Control': 'no-cache', 'X-Content-Type-Options': 'nosniff' },
      body: await text(),
    }),
    contract,
    types: ['text/plain'],
    summary: 'The metrics of this daemon in the text format of Prometheus.',
  }
}
