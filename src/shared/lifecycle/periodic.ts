/** A loop that never overlaps itself: run, wait, run; with jitter, so that a cluster's nodes do not poll in step. */
import type { Clock } from '../time/clock.ts'

export interface PeriodicOptions {
  intervalMs: number
  /** Share of the interval by which a wait may be longer; 0 unless given. */
  jitter?: number
  run: (signal: AbortSignal) => Promise<void>
  clock: Clock
  random?: () => number
}

/** Runs at once, then after each interval. A rejection of `run` is a bug and is not caught: handle what is expected inside. */
export function startPeriodic({
  intervalMs,
  jitter = 0,
  run,
  clock,
  random = Math.random,
}: PeriodicOptions): AsyncDisposable {
  const end = new AbortController()
  const loop = async () => {
    while (!end.signal.aborted) {
      await run(end.signal)
      try {
        await clock.sleep(intervalMs * (1 + jitter * random()), end.signal)
      } catch (error) {
        if (!end.signal.aborted) throw error
      }
    }
  }
  const done = loop()
  return {
    async [Symbol.asyncDispose]() {
      end.abort()
      await done
    },
  }
}
