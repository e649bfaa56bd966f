/** What the last run did, for /run/dcos/metrics/dcos-logrotate.prom. */
import { type LastRunOptions, openLastRun } from '../shared/metrics/last-run.ts'
import type { RunResult } from './run.ts'

export interface RunMetrics extends AsyncDisposable {
  /** Without this call the run counts as failed. */
  succeeded(result: RunResult): void
}

/** Written when disposed. */
export function declareRunMetrics(options: Omit<LastRunOptions, 'program'>): RunMetrics {
  const run = openLastRun({ ...options, program: 'dcos-logrotate' })
  const rotated = run.metrics.gauge({
    name: 'last_run_rotated_bytes',
    help: 'Bytes that the last run moved out of the log.',
  })
  const deleted = run.metrics.gauge({ name: 'last_run_deleted_files', help: 'Old files that the last run deleted.' })
  return {
    succeeded({ rotatedBytes, deletedFiles }) {
      run.succeeded()
      rotated.set(rotatedBytes)
      deleted.set(deletedFiles)
    },
    [Symbol.asyncDispose]: () => run[Symbol.asyncDispose](),
  }
}
