/**
 * Metrics of a program that runs once, for /run/dcos/metrics/<program>.prom: what has ended cannot be scraped. When and how the last
 * run ended is here, what it did is declared by the program.
 */
import { join } from 'node:path'
import { writeFileAtomic } from '../fs/atomic-write.ts'
import { errorFields, type Log } from '../log/journald.ts'
import type { Clock } from '../time/clock.ts'
import { createMetrics, type Metrics } from './registry.ts'
import { METRICS_DIRECTORY } from './textfile.ts'

export interface LastRun extends AsyncDisposable {
  /** For the program's own; without the process's figures (process_*), which mean nothing once it has ended. */
  readonly metrics: Metrics
  /** Without this call the run counts as failed. */
  succeeded(): void
}

export interface LastRunOptions {
  /** Also the name of the file: `gen-resolvconf`, `dcos-logrotate`. */
  program: string
  clock: Clock
  log: Log
  directory?: string
}

/** Writes the file when disposed; that it cannot be written is a warning. */
export function openLastRun({ program, clock, log, directory = METRICS_DIRECTORY }: LastRunOptions): LastRun {
  const metrics = createMetrics(program.replace(/^dcos-/, ''))
  const lastRun = metrics.gauge({
    name: 'last_run_timestamp_seconds',
    help: 'End of the last run in seconds since the epoch.',
  })
  const success = metrics.gauge({ name: 'last_run_success', help: '1 when the last run ended well, 0 when it failed.' })
  return {
    metrics,
    succeeded: () => success.set(1),
    async [Symbol.asyncDispose]() {
      lastRun.set(clock.nowMs() / 1000)
      try {
        await writeFileAtomic(join(directory, `${program}.prom`), await metrics.text(), { volatile: true, mode: 0o644 })
      } catch (error) {
        log.warning('metrics file cannot be written, ending without it', { directory, ...errorFields(error) })
      }
    },
  }
}
