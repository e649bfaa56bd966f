/**
 * Seconds since boot, from proc_uptime(5). 1.9 took now − btime of /proc/stat: the same value, but for the moments after the clock
 * was set.
 */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Datapoint } from '../../shared/metrics/collector.ts'
import { faults } from '../errors.ts'
import type { NodeCollector } from './node.ts'

export const uptime: NodeCollector = {
  name: 'uptime',
  async collect({ roots }, signal) {
    const file = join(roots.procfs, 'uptime')
    return parseUptime(await readFile(file, { encoding: 'utf8', signal }), file)
  },
}

/** Whole seconds; the unit is `count` in 1.9. Throws METRICS_PROC_FILE_UNEXPECTED. */
export function parseUptime(text: string, file = 'uptime'): Datapoint[] {
  const seconds = /^(\d+)\.\d+ /.exec(text)?.[1]
  if (seconds === undefined) throw faults.PROC_FILE_UNEXPECTED(file, text.trim().slice(0, 80))
  return [{ name: 'system.uptime', value: Number(seconds), unit: 'count' }]
}
