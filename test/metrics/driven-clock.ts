/** A clock that stands still until a test moves it. */
import type { Clock } from '../../src/shared/time/clock.ts'

export interface DrivenClock extends Clock {
  /** Moves time and wakes the sleepers whose time has come, in order; work they start has run when it resolves. */
  advance(ms: number): Promise<void>
  /** Sleepers waiting now. */
  sleepers(): number
  /** How far the next sleeper's time is, in ms; Infinity when nobody sleeps. */
  nextMs(): number
}

/** Begins at `startMs` since the epoch. */
export function drivenClock(startMs = Date.parse('2026-11-22T14:32:54Z')): DrivenClock {
  let now = 0
  const waiting = new Set<{ at: number; wake: () => void }>()
  return {
    nowMs: () => startMs + now,
    monotonicMs: () => now,
    sleep: (ms, signal) =>
      new Promise<void>((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason)
        const sleeper = { at: now + ms, wake: () => resolve() }
        waiting.add(sleeper)
        signal?.addEventListener('abort', () => waiting.delete(sleeper) && reject(signal.reason), { once: true })
      }),
    async advance(ms) {
      const until = now + ms
      for (;;) {
        const next = [...waiting].filter(({ at }) => at <= until).sort((a, b) => a.at - b.at)[0]
        if (!next) break
        now = next.at
        waiting.delete(next)
        next.wake()
        await settle()
      }
      now = until
      await settle()
    },
    sleepers: () => waiting.size,
    nextMs: () => Math.min(...[...waiting].map(({ at }) => at - now)),
  }
}

/** Lets promises and the file operations behind them finish. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await new Promise(resolve => setImmediate(resolve))
}
