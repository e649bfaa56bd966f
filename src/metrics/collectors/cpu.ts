/**
 * CPU count and shares of all CPUs together, from proc_stat(5). 100 = all cores busy; the denominator is the sum of the whole line,
 * in which guest time stands twice.
 */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Datapoint } from '../../shared/metrics/collector.ts'
import { faults } from '../errors.ts'
import type { NodeCollector } from './node.ts'

/** Ticks since boot, of all CPUs together. */
export interface CpuSample {
  cores: number
  user: number
  system: number
  idle: number
  wait: number
  /** Of every field of the line. */
  sum: number
}

/** Remembers the sample before. DEPARTURE (metrics 3): the shares are left out until an interval is over; 1.9 showed a few ms. */
export function createCpuCollector(): NodeCollector {
  let before: CpuSample | undefined
  return {
    name: 'cpu',
    async collect({ roots }, signal) {
      const file = join(roots.procfs, 'stat')
      const now = parseCpu(await readFile(file, { encoding: 'utf8', signal }), file)
      const datapoints: Datapoint[] = [{ name: 'cpu.cores', value: now.cores, unit: 'count' }]
      if (before) datapoints.push(...cpuShares(before, now))
      before = now
      return datapoints
    },
  }
}

/** Throws METRICS_PROC_FILE_UNEXPECTED. One line `cpuN` per online CPU, as many as cpuinfo, which 1.9 read, has entries. */
export function parseCpu(text: string, file = 'stat'): CpuSample {
  const line = /^cpu +([\d ]+)$/m.exec(text)?.[1]
  const ticks = line?.trim().split(/ +/).map(Number) ?? []
  const [user, , system, idle, wait = 0] = ticks
  if (user === undefined || system === undefined || idle === undefined)
    throw faults.PROC_FILE_UNEXPECTED(file, text.slice(0, 80))
  const cores = text.match(/^cpu\d+ /gm)?.length ?? 0
  return { cores, user, system, idle, wait, sum: ticks.reduce((a, b) => a + b, 0) }
}

/** Percentages of the interval with two decimals; none when no tick has passed. */
export function cpuShares(before: CpuSample, now: CpuSample): Datapoint[] {
  const passed = now.sum - before.sum
  // A CPU taken away, or a fresh virtual machine under the same process: nothing can be said of this interval.
  if (passed <= 0) return []
  // Idle and wait go backwards now and then (proc_stat(5)): a share is never below zero.
  const share = (name: 'user' | 'system' | 'idle' | 'wait') =>
    Math.min(100, Math.max(0, (100 * (now[name] - before[name])) / passed))
  const user = share('user')
  const system = share('system')
  // QUIRK (metrics 3): the total is user + system; nice, irq and steal are not in it.
  const values = { total: user + system, user, system, idle: share('idle'), wait: share('wait') }
  return Object.entries(values).map(([name, value]) => ({
    name: `cpu.${name}`,
    value: Math.round(value * 100) / 100,
    unit: 'percent',
  }))
}
