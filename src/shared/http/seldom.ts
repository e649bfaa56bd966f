/** Says of something that may happen thousands of times a second when it is worth a line in the journal again. */

/**
 * For each key: how often it was kept quiet since it was last told, or undefined while that is less than `intervalMs` ago. Keys are
 * few and ours, such as the codes of faults.
 */
export function createSeldom(intervalMs: number): (key: string, nowMs: number) => number | undefined {
  const last = new Map<string, { toldAtMs: number; quiet: number }>()
  return (key, nowMs) => {
    const before = last.get(key)
    if (before && nowMs - before.toldAtMs < intervalMs) {
      before.quiet++
      return undefined
    }
    last.set(key, { toldAtMs: nowMs, quiet: 0 })
    return before?.quiet ?? 0
  }
}
