/** Retry delays: exponential with full jitter on the upper half, so that a cluster's nodes do not knock in step. Pure. */

export interface Backoff {
  firstMs: number
  maxMs: number
  /** Growth a try; 2 unless given. */
  factor?: number
}

/**
 * Delay in ms before try number `attempt` (0 = the first retry), between half and all of the exponential value.
 * `random` is in [0, 1).
 */
export function backoffDelay({ firstMs, maxMs, factor = 2 }: Backoff, attempt: number, random: number): number {
  const full = Math.min(maxMs, firstMs * factor ** Math.min(attempt, 64))
  return full / 2 + (full / 2) * random
}
