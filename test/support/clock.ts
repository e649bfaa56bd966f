/** A clock that tests drive: time passes when `advance` says so, and whoever sleeps wakes in order. */
import type { Clock } from '../../src/shared/time/clock.ts'

export interface DrivenClock extends Clock {
  /** Lets `ms` pass: wakes sleepers in the order of their times. */
  advance(ms: number): void
  /** Lets `ms` pass in steps of what is slept for; woken code and the file operations it starts finish after each. */
  run(ms: number): Promise<void>
  /** Sets the wall clock alone, as an operator or NTP does; durations are not touched. */
  jumpTo(nowMs: number): void
  /** How many sleep now. */
  sleepers(): number
  /** How far off the next sleeper's time is, in ms; Infinity when nobody sleeps. */
  nextMs(): number
}

interface Sleeper {
  atMs: number
  wake: () => void
}

export function createDrivenClock(startMs = Date.UTC(2017, 3, 1)): DrivenClock {
  let elapsedMs = 0
  let offsetMs = startMs
  const sleeping = new Set<Sleeper>()

  /** The next one due at or before `untilMs`. */
  function nextDue(untilMs: number): Sleeper | undefined {
    let next: Sleeper | undefined
    for (const sleeper of sleeping) {
      if (sleeper.atMs <= untilMs && (!next || sleeper.atMs < next.atMs)) next = sleeper
    }
    return next
  }

  function wake(sleeper: Sleeper): void {
    elapsedMs = Math.max(elapsedMs, sleeper.atMs)
    sleeping.delete(sleeper)
    sleeper.wake()
  }

  return {
    nowMs: () => offsetMs + elapsedMs,
    monotonicMs: () => elapsedMs,
    sleep(ms, signal) {
      return new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason)
        const onAbort = () => {
          sleeping.delete(sleeper)
          reject(signal?.reason)
        }
        const sleeper: Sleeper = {
          atMs: elapsedMs + ms,
          wake: () => {
            signal?.removeEventListener('abort', onAbort)
            resolve()
          },
        }
        sleeping.add(sleeper)
        signal?.addEventListener('abort', onAbort, { once: true })
      })
    },
    advance(ms) {
      const untilMs = elapsedMs + ms
      for (let due = nextDue(untilMs); due; due = nextDue(untilMs)) wake(due)
      elapsedMs = untilMs
    },
    async run(ms) {
      const untilMs = elapsedMs + ms
      await settle()
      for (let due = nextDue(untilMs); due; due = nextDue(untilMs)) {
        wake(due)
        await settle()
      }
      elapsedMs = untilMs
    },
    jumpTo(nowMs) {
      offsetMs = nowMs - elapsedMs
    },
    sleepers: () => sleeping.size,
    nextMs: () => (nextDue(Number.POSITIVE_INFINITY)?.atMs ?? Number.POSITIVE_INFINITY) - elapsedMs,
  }
}

/** Lets everything that is ready run: promises, and callbacks of the loop's current phase. */
export function loopTurn(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve))
}

/** Enough for a file to be opened, read and closed, each of which takes turns of its own. */
const TURNS = 20

/** Lets promises and the file operations behind them finish. */
export async function settle(): Promise<void> {
  for (let i = 0; i < TURNS; i++) await loopTurn()
}
