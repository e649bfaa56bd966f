/** The node's load, processors and memory for /metrics/snapshot. */
import { availableParallelism, freemem, loadavg, totalmem } from 'node:os'
import type { SystemFigures } from '../json/metrics.ts'

export function readSystemFigures(): SystemFigures {
  const [one = 0, five = 0, fifteen = 0] = loadavg()
  return {
    load: [one, five, fifteen],
    cpus: availableParallelism(),
    memTotalBytes: totalmem(),
    memFreeBytes: freemem(),
  }
}
