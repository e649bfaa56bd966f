/** Says of something that may happen thousands of times a second when it is worth a line in the journal again. */
import type { Log, LogFields } from '../log/journald.ts'

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

/** Writes with one of a log's methods; the code is the key, and a line tells how many were left out before it. */
export function createSeldomLog(intervalMs: number) {
  const seldom = createSeldom(intervalMs)
  return (tell: Log['error'], sentence: string, code: string, fields: LogFields): void => {
    const quiet = seldom(code, performance.now())
    if (quiet !== undefined) tell(sentence, { ...fields, left_out: quiet || undefined })
  }
}
