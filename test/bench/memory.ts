/** Memory of processes in a node, from proc_pid_smaps_rollup(5). */
import type { Bed } from '../testbed/bed.ts'

export interface Memory {
  /** Anonymous pages: what nobody else uses and no file backs. MiB. */
  privateMib: number
  /** Proportional share: each shared page counted by the number of its users. MiB. */
  proportionalMib: number
}

/** `Anonymous:` and `Pss:` lines of one or more files, added up. */
export function parseSmapsRollup(text: string): Memory {
  const sum = (name: string) => {
    let kib = 0
    for (const [, value] of text.matchAll(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'gm'))) kib += Number(value)
    return kib / 1024
  }
  return { privateMib: sum('Anonymous'), proportionalMib: sum('Pss') }
}

/** Of every process of a unit; undefined when none runs. */
export async function memoryOfUnit(bed: Bed, node: string, unit: string): Promise<Memory | undefined> {
  const script = `for pid in $(systemctl show -P MainPID "$1"); do [ "$pid" = 0 ] || cat /proc/$pid/smaps_rollup; done`
  const text = await bed.must(node, ['sh', '-c', script, 'sh', unit])
  return text ? parseSmapsRollup(text) : undefined
}
