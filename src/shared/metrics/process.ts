/**
 * What every daemon tells about itself, under the names Prometheus knows (process_*), from /proc/self: chosen by hand, since
 * prom-client's default set costs memory and has metrics nobody reads here.
 */
import { readdirSync, readFileSync } from 'node:fs'
import Counter from 'prom-client/lib/counter.js'
import Gauge from 'prom-client/lib/gauge.js'
import { VERSION } from '../version.ts'
import type { Metrics } from './registry.ts'

/** USER_HZ, which is 100 on every Linux port that Node runs on (time(7)). */
const TICKS_PER_SECOND = 100
const PAGE_BYTES = 4096

export function declareProcessMetrics({ registry, prefix }: Metrics): void {
  const registers = [registry]
  const startedAt = Date.now() / 1000 - process.uptime()
  new Gauge({
    name: `${prefix}build_info`,
    help: 'Always 1; the labels say what runs.',
    labelNames: ['version', 'node'],
    registers,
  }).set({ version: VERSION, node: process.versions.node }, 1)
  new Gauge({
    name: 'process_start_time_seconds',
    help: 'Start of the process in seconds since the epoch.',
    registers,
  }).set(Math.round(startedAt * 1000) / 1000)
  const resident = new Gauge({ name: 'process_resident_memory_bytes', help: 'Resident memory.', registers: [] })
  const open = new Gauge({ name: 'process_open_fds', help: 'Open file descriptors.', registers: [] })
  const heap = new Gauge({ name: 'process_heap_bytes', help: 'V8 heap in use.', registers: [] })
  registry.registerMetric(
    new Counter({
      name: 'process_cpu_seconds_total',
      help: 'User and system CPU time spent.',
      registers: [],
      collect() {
        // One collect for all four, so that a scrape reads /proc/self once; the others are registered after this one.
        const { cpuSeconds, residentBytes } = parseSelfStat(readFileSync('/proc/self/stat', 'latin1'))
        this.reset()
        this.inc(cpuSeconds)
        resident.set(residentBytes)
        open.set(readdirSync('/proc/self/fd').length)
        heap.set(process.memoryUsage().heapUsed)
      },
    }),
  )
  for (const gauge of [resident, open, heap]) registry.registerMetric(gauge)
}

/** proc_pid_stat(5): CPU time (fields 14, 15) and resident pages (24). The name may hold blanks and parentheses. */
export function parseSelfStat(stat: string): { cpuSeconds: number; residentBytes: number } {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  // The slice starts at field 3.
  const field = (number: number) => Number(fields[number - 3] ?? Number.NaN)
  return { cpuSeconds: (field(14) + field(15)) / TICKS_PER_SECOND, residentBytes: field(24) * PAGE_BYTES }
}
