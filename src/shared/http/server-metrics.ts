/** What every HTTP server of a daemon counts; names and labels are those of every daemon's README. */
import type { Metrics } from '../metrics/registry.ts'

/** The metrics of one server. A daemon's servers share the families: the first of them declares them. */
export function meterFor(metrics: Metrics, server: string) {
  const { requests, duration, connections, dropped, stalled, refused, bugs } = declareHttpMetrics(metrics)
  // From zero on: a rate over a series that begins at 1 would miss the first event.
  connections.set({ server }, 0)
  for (const counter of [dropped, stalled, refused, bugs]) counter.inc({ server }, 0)
  return {
    served(route: string, method: string, status: number, seconds: number) {
      requests.inc({ server, route, method: knownMethod(method), status: String(status) })
      duration.observe({ server, route }, seconds)
    },
    connections: (count: number) => connections.set({ server }, count),
    dropped: () => dropped.inc({ server }),
    stalled: () => stalled.inc({ server }),
    refused: () => refused.inc({ server }),
    bug: () => bugs.inc({ server }),
  }
}

const DECLARED = new WeakMap<Metrics, ReturnType<typeof declareOnce>>()

function declareHttpMetrics(metrics: Metrics) {
  const declared = DECLARED.get(metrics) ?? declareOnce(metrics)
  DECLARED.set(metrics, declared)
  return declared
}

function declareOnce(metrics: Metrics) {
  return {
    requests: metrics.counter({
      name: 'http_requests_total',
      help: 'Requests answered, by server, route, method and status.',
      labels: ['server', 'route', 'method', 'status'],
    }),
    duration: metrics.histogram({
      name: 'http_request_duration_seconds',
      help: 'From the head of a request to the last byte of its answer; streams count whole.',
      labels: ['server', 'route'],
    }),
    connections: metrics.gauge({ name: 'http_connections', help: 'Open connections.', labels: ['server'] }),
    dropped: metrics.counter({
      name: 'http_connections_dropped_total',
      help: 'Connections closed at once because too many were open.',
      labels: ['server'],
    }),
    stalled: metrics.counter({
      name: 'http_connections_stalled_total',
      help: 'Connections cut off because the client took nothing of an answer for too long.',
      labels: ['server'],
    }),
    refused: metrics.counter({
      name: 'http_requests_refused_total',
      help: 'Requests that were not well-formed or too slow.',
      labels: ['server'],
    }),
    bugs: metrics.counter({
      name: 'http_bugs_total',
      help: 'Requests answered with 500 because of a bug; see the journal.',
      labels: ['server'],
    }),
  }
}

/** A method the client made up must not become a label value. */
function knownMethod(method: string): string {
  return ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'].includes(method) ? method : 'other'
}
