/**
 * Metrics of a daemon that leaves when nobody asks: a scrape would keep it alive, so it writes its registry to
 * /run/dcos/metrics/<daemon>.prom now and then and when it leaves, and dcos-metrics serves the file (architecture 2).
 */
import { join } from 'node:path'
import { writeFileAtomic } from '../fs/atomic-write.ts'
import { errorFields, type Log } from '../log/journald.ts'
import type { Clock } from '../time/clock.ts'
import type { Metrics } from './registry.ts'

export const METRICS_DIRECTORY = '/run/dcos/metrics'

export interface TextfileOptions {
  metrics: Metrics
  /** File name without `.prom`, e.g. `dcos-log`. */
  daemon: string
  directory?: string
  intervalMs?: number
  clock: Clock
  log: Log
}

/** Not while the first client waits, for whose question the daemon was started. */
const FIRST_MS = 1000

/** Writes after a second, every `intervalMs` and once more when disposed. A directory that is missing is told once and tried again. */
export function startTextfile({
  metrics,
  daemon,
  directory = METRICS_DIRECTORY,
  intervalMs = 15_000,
  clock,
  log,
}: TextfileOptions): AsyncDisposable {
  const end = new AbortController()
  let failing = false
  const write = async () => {
    try {
      await writeFileAtomic(join(directory, `${daemon}.prom`), await metrics.text(), { volatile: true, mode: 0o644 })
      failing = false
    } catch (error) {
      if (!failing)
        log.warning('metrics file cannot be written, serving on without it', { directory, ...errorFields(error) })
      failing = true
    }
  }
  const loop = async () => {
    for (let delayMs = FIRST_MS; !end.signal.aborted; delayMs = intervalMs) {
      await clock.sleep(delayMs, end.signal)
      await write()
    }
  }
  const done = loop().catch(error => {
    if (!end.signal.aborted) throw error
  })
  return {
    async [Symbol.asyncDispose]() {
      end.abort()
      await done
      await write()
    },
  }
}
