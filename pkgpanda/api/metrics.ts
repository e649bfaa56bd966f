/** What dcos-pkgpanda-api counts, beside the requests that the HTTP kit counts. */
import type { Metrics } from '../../src/shared/metrics/registry.ts'
import type { ChangeName } from './node.ts'

const ACTIONS: readonly ChangeName[] = ['activate', 'fetch', 'remove', 'rollback']
const RESULTS = ['done', 'failed'] as const
const REASONS = ['agent', 'locked', 'url'] as const

export interface ApiMetrics {
  changed(action: ChangeName, result: (typeof RESULTS)[number]): void
  refused(reason: (typeof REASONS)[number]): void
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
  // From zero on: a rate over a series that begins at 1 would miss the first event.
  for (const action of ACTIONS) for (const result of RESULTS) changes.inc({ action, result }, 0)
  for (const reason of REASONS) refused.inc({ reason }, 0)
  return {
    changed: (action, result) => changes.inc({ action, result }),
    refused: reason => refused.inc({ reason }),
  }
}
