/** What dcos-pkgpanda-api counts, beside the requests that the HTTP kit counts. */
import type { Metrics } from '../../src/shared/metrics/registry.ts'
import type { ChangeName } from './node.ts'

export interface ApiMetrics {
  changed(action: ChangeName, result: 'done' | 'failed'): void
  refused(reason: 'agent' | 'locked' | 'url'): void
}

export function declareApiMetrics(metrics: Metrics): ApiMetrics {
  const changes = metrics.counter({
    name: 'changes_total',
    help: 'Changes of the node that ended, by action and result.',
    labels: ['action', 'result'],
  })
  const refused = metrics.counter({
    name: 'changes_refused_total',
    help: 'Changes that were not begun: switched off on agents, another one at work, or a repository that is not allowed.',
    labels: ['reason'],
  })
  return {
    changed: (action, result) => changes.inc({ action, result }),
    refused: reason => refused.inc({ reason }),
  }
}
