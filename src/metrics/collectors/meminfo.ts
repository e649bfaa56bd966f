/** proc_meminfo(5), which the memory and swap collectors read. Pure. */
import { faults } from '../errors.ts'

const BYTES_PER_KIB = 1024

/** Lines `MemTotal:  16384 kB` → bytes by name; lines without `kB` (counts of huge pages) are passed over. */
export function parseMeminfo(text: string): Map<string, number> {
  const bytes = new Map<string, number>()
  for (const [, name, kib] of text.matchAll(/^(\w+(?:\(\w+\))?):\s+(\d+) kB$/gm)) {
    if (name !== undefined) bytes.set(name, Number(kib) * BYTES_PER_KIB)
  }
  return bytes
}

/** The value of a line that every kernel has. Throws METRICS_PROC_FILE_UNEXPECTED. */
export function required(bytes: ReadonlyMap<string, number>, name: string, file: string): number {
  const value = bytes.get(name)
  if (value === undefined) throw faults.PROC_FILE_UNEXPECTED(file, `no line ${name}`)
  return value
}
