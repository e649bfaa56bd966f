/** Resources of agents, executors and tasks: sums, differences and Mesos' ways of writing them. Pure. */

/** Inclusive. */
export interface PortRange {
  begin: number
  end: number
}

/** `mem` and `disk` in MiB, `cpus` and `gpus` in units; `ports` sorted, never overlapping. */
export interface Resources {
  cpus: number
  gpus: number
  mem: number
  disk: number
  ports: PortRange[]
}

export const NO_RESOURCES: Readonly<Resources> = Object.freeze({ cpus: 0, gpus: 0, mem: 0, disk: 0, ports: [] })

/** Mesos rounds scalars to three decimals: three times 0.1 must be 0.3. */
const round = (value: number) => Math.round(value * 1000) / 1000

export function addResources(...all: readonly Resources[]): Resources {
  const total = { cpus: 0, gpus: 0, mem: 0, disk: 0 }
  for (const each of all) {
    total.cpus = round(total.cpus + each.cpus)
    total.gpus = round(total.gpus + each.gpus)
    total.mem = round(total.mem + each.mem)
    total.disk = round(total.disk + each.disk)
  }
  return { ...total, ports: mergeRanges(all.flatMap(each => each.ports)) }
}

/** Neighbours become one range: 12909, 12910 → 12909-12910. */
export function mergeRanges(ranges: readonly PortRange[]): PortRange[] {
  const merged: PortRange[] = []
  for (const { begin, end } of ranges.toSorted((a, b) => a.begin - b.begin)) {
    const last = merged.at(-1)
    if (last && begin <= last.end + 1) last.end = Math.max(last.end, end)
    else merged.push({ begin, end })
  }
  return merged
}

/** `[1025-2180, 2182-3887]` */
export function formatRanges(ranges: readonly PortRange[]): string {
  return `[${ranges.map(({ begin, end }) => `${begin}-${end}`).join(', ')}]`
}

export function portsOf(ranges: readonly PortRange[]): number[] {
  return ranges.flatMap(({ begin, end }) => Array.from({ length: end - begin + 1 }, (_, i) => begin + i))
}
