/** What the last run did, for /run/dcos/metrics/gen-resolvconf.prom: a program that has ended cannot be scraped. */
import { join } from 'node:path'
import { writeFileAtomic } from '../shared/fs/atomic-write.ts'
import { errorFields, type Log } from '../shared/log/journald.ts'
import { createMetrics } from '../shared/metrics/registry.ts'
import { METRICS_DIRECTORY } from '../shared/metrics/textfile.ts'
import type { Clock } from '../shared/time/clock.ts'
import type { RunResult } from './run.ts'

export interface RunMetrics extends AsyncDisposable {
  /** Without this call the run counts as failed. */
  succeeded(result: RunResult): void
}

export interface RunMetricsOptions {
  clock: Clock
  log: Log
  directory?: string
}

/**
 * Writes the file when disposed; that it cannot be written is a warning. A registry of its own: the process's figures (process_*)
 * mean nothing once it has ended.
 */
export function declareRunMetrics({ clock, log, directory = METRICS_DIRECTORY }: RunMetricsOptions): RunMetrics {
  const metrics = createMetrics('gen-resolvconf')
  const lastRun = metrics.gauge({
    name: 'last_run_timestamp_seconds',
    help: 'End of the last run in seconds since the epoch.',
  })
  const success = metrics.gauge({ name: 'last_run_success', help: '1 when the last run ended well, 0 when it failed.' })
  const changed = metrics.gauge({ name: 'last_run_changed', help: '1 when the last run wrote the file, else 0.' })
  const healthy = metrics.gauge({
    name: 'healthy_forwarders',
    help: 'Addresses of the DNS forwarder that answered in the last run that ended well.',
  })
  return {
    succeeded(result) {
      success.set(1)
      changed.set(result.outcome === 'unchanged' ? 0 : 1)
      healthy.set(result.healthy)
    },
    async [Symbol.asyncDispose]() {
      lastRun.set(clock.nowMs() / 1000)
      try {
        await writeFileAtomic(join(directory, 'gen-resolvconf.prom'), await metrics.text(), {
          volatile: true,
          mode: 0o644,
        })
      } catch (error) {
        log.warning('metrics file cannot be written, ending without it', { directory, ...errorFields(error) })
      }
    },
  }
}
