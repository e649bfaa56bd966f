/** What the last run did, for /run/dcos/metrics/gen-resolvconf.prom. */
import { type LastRunOptions, openLastRun } from '../shared/metrics/last-run.ts'
import type { RunResult } from './run.ts'

export interface RunMetrics extends AsyncDisposable {
  /** Without this call the run counts as failed. */
  succeeded(result: RunResult): void
}

/** Written when disposed. */
export function declareRunMetrics(options: Omit<LastRunOptions, 'program'>): RunMetrics {
  const run = openLastRun({ ...options, program: 'gen-resolvconf' })
  const changed = run.metrics.gauge({
    name: 'last_run_changed',
    help: '1 when the last run wrote the file, else 0.',
  })
  const healthy = run.metrics.gauge({
    name: 'healthy_forwarders',
    help: 'Addresses of the DNS forwarder that answered in the last run that ended well.',
  })
  return {
    succeeded(result) {
      run.succeeded()
      changed.set(result.outcome === 'unchanged' ? 0 : 1)
      healthy.set(result.healthy)
    },
    [Symbol.asyncDispose]: () => run[Symbol.asyncDispose](),
  }
}
