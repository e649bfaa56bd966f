/** Load averages over 1, 5 and 15 minutes, from proc_loadavg(5). Names and unit: metrics 3. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Datapoint } from '../../shared/metrics/collector.ts'
import { faults } from '../errors.ts'
import type { NodeCollector } from './node.ts'

export const load: NodeCollector = {
  name: 'load',
  async collect({ roots }, signal) {
    const file = join(roots.procfs, 'loadavg')
    return parseLoad(await readFile(file, { encoding: 'utf8', signal }), file)
  },
}

/** The file's one line → three datapoints. Throws METRICS_PROC_FILE_UNEXPECTED. */
export function parseLoad(text: string, file = 'loadavg'): Datapoint[] {
  const match = /^([\d.]+) ([\d.]+) ([\d.]+) /.exec(text)
  if (!match) throw faults.PROC_FILE_UNEXPECTED(file, text.trim().slice(0, 80))
  return ['load.1min', 'load.5min', 'load.15min'].map((name, i) => ({
    name,
    value: Number(match[i + 1]),
    unit: 'count',
  }))
}
