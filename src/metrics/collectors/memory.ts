/** Physical memory, from proc_meminfo(5). `memory.free` is MemFree, as in 1.9; what programs can still get is `memory.available`. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Datapoint } from '../../shared/metrics/collector.ts'
import { parseMeminfo, required } from './meminfo.ts'
import type { NodeCollector } from './node.ts'

export const memory: NodeCollector = {
  name: 'memory',
  async collect({ roots }, signal) {
    const file = join(roots.procfs, 'meminfo')
    return parseMemory(await readFile(file, { encoding: 'utf8', signal }), file)
  },
}

/** Throws METRICS_PROC_FILE_UNEXPECTED. DEPARTURE (metrics 3): `memory.available` is ours. */
export function parseMemory(text: string, file = 'meminfo'): Datapoint[] {
  const lines = parseMeminfo(text)
  const available = lines.get('MemAvailable')
  return [
    { name: 'memory.total', value: required(lines, 'MemTotal', file), unit: 'bytes' },
    { name: 'memory.free', value: required(lines, 'MemFree', file), unit: 'bytes' },
    { name: 'memory.buffers', value: required(lines, 'Buffers', file), unit: 'bytes' },
    { name: 'memory.cached', value: required(lines, 'Cached', file), unit: 'bytes' },
    // Kernels before 3.14 do not tell it, containers with a made-up meminfo neither.
    ...(available === undefined ? [] : [{ name: 'memory.available', value: available, unit: 'bytes' }]),
  ]
}
