/** Time as a dependency, so that tests drive it instead of sleeping. test/support/clock.ts holds the driven one. */
import { setTimeout as sleep } from 'node:timers/promises'

export interface Clock {
  /** Wall clock in ms since the epoch; may jump. */
  nowMs(): number
  /** For durations: never jumps, origin arbitrary. */
  monotonicMs(): number
  /** Resolves after `ms`; rejects with the signal's reason when aborted first. The timer never keeps a process alive alone. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  sleep: async (ms, signal) => {
    await sleep(ms, undefined, signal ? { signal, ref: false } : { ref: false })
  },
}
