/** Every route of dcos-metrics: /v0 on the socket, /metrics on its own port. */
import { openApiRoute } from '../shared/http/openapi.ts'
import type { Route } from '../shared/http/route.ts'
import type { Clock } from '../shared/time/clock.ts'
import type { NodeDimensions } from './identity.ts'
import type { Exposition } from './prometheus/exposition.ts'
import { metricsText } from './prometheus/handler.ts'
import type { Store } from './store.ts'
import { Message, node } from './v0/node.ts'
import { Ping, ping } from './v0/ping.ts'

export interface V0Sources {
  store: Store
  dimensions: () => NodeDimensions
  clock: Clock
}

const ABOUT = { title: 'dcos-metrics', description: 'The metrics of this node, as DC/OS 1.9 serves them.' }

export function v0Routes({ store, dimensions, clock }: V0Sources): Route[] {
  const routes: Route[] = [
    { method: 'GET', path: '/v0/ping', handler: ping(clock), contract: 'metrics 2.2', answer: Ping },
    { method: 'GET', path: '/v0/node', handler: node(store, dimensions), contract: 'metrics 2.2', answer: Message },
    openApiRoute(ABOUT, () => routes, 'metrics 2.4'),
  ]
  return routes
}

export function prometheusRoutes(exposition: Exposition): Route[] {
  return [{ method: 'GET', path: '/metrics', handler: metricsText(exposition), contract: 'metrics 6' }]
}
