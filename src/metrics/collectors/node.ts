/** What every collector of this node is given, and the list of them. */
import type { Collector } from '../../shared/metrics/collector.ts'
import type { Roots } from '../roots.ts'
import { createCpuCollector } from './cpu.ts'
import { filesystems } from './filesystems.ts'
import { load } from './load.ts'
import { memory } from './memory.ts'
import { network } from './network.ts'
import { processes } from './processes.ts'
import type { StatfsProbe } from './statfs-probe.ts'
import { swap } from './swap.ts'
import { uptime } from './uptime.ts'

export interface NodeContext {
  roots: Roots
  statfs: StatfsProbe
  /** Told in each round how many mount points were beyond the limit. */
  reportMountsLeftOut: (count: number) => void
}

export type NodeCollector = Collector<NodeContext>

/** A fresh set, since some of them remember their last sample. The order is that of docs/contracts/dcos-metrics.md. */
export function nodeCollectors(): NodeCollector[] {
  return [uptime, createCpuCollector(), load, filesystems, memory, swap, network, processes]
}
