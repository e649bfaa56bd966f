/** Swap space, from proc_meminfo(5): the figures of sysinfo(2), which 1.9 asked. A node without swap tells zeros. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Datapoint } from '../../shared/metrics/collector.ts'
import { parseMeminfo, required } from './meminfo.ts'
import type { NodeCollector } from './node.ts'

export const swap: NodeCollector = {
  name: 'swap',
  async collect({ roots }, signal) {
    const file = join(roots.procfs, 'meminfo')
    return parseSwap(await readFile(file, { encoding: 'utf8', signal }), file)
  },
}

/** Throws METRICS_PROC_FILE_UNEXPECTED. */
export function parseSwap(text: string, file = 'meminfo'): Datapoint[] {
  const lines = parseMeminfo(text)
  const total = required(lines, 'SwapTotal', file)
  const free = required(lines, 'SwapFree', file)
  return [
    { name: 'swap.total', value: total, unit: 'bytes' },
    { name: 'swap.free', value: free, unit: 'bytes' },
    { name: 'swap.used', value: Math.max(0, total - free), unit: 'bytes' },
  ]
}
