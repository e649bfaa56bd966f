/** How many processes there are: the numeric entries of /proc. */
import { readdir } from 'node:fs/promises'
import type { Datapoint } from '../../shared/metrics/collector.ts'
import type { NodeCollector } from './node.ts'

export const processes: NodeCollector = {
  name: 'processes',
  async collect({ roots }) {
    return countProcesses(await readdir(roots.procfs))
  },
}

export function countProcesses(entries: readonly string[]): Datapoint[] {
  return [{ name: 'process.count', value: entries.filter(entry => /^\d+$/.test(entry)).length, unit: 'count' }]
}
