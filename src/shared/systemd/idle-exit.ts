/**
 * Lets a socket-activated daemon leave when nobody has asked for a while; its socket unit brings it back. A connection that
 * arrives while it leaves waits in the listening socket, which systemd keeps open, and starts the next process.
 */
import type { Clock } from '../time/clock.ts'

export interface IdleExit extends AsyncDisposable {
  /** Counts work that is not a connection (a job, a poll). Call the result when it is over. */
  hold(): () => void
}

export interface IdleExitOptions {
  /** Open connections now. */
  connections: () => number
  idleMs: number
  /** Called once, when idle for `idleMs`. */
  stop: () => void
  clock: Clock
}

/** How often the count is looked at, as a share of `idleMs`: the daemon leaves at most that much late. */
const LOOKS_PER_IDLE = 12

/** `idleMs` 0 never leaves. */
export function startIdleExit({ connections, idleMs, stop, clock }: IdleExitOptions): IdleExit {
  const end = new AbortController()
  let held = 0
  let busyAtMs = clock.monotonicMs()
  const watch = async () => {
    while (!end.signal.aborted) {
      await clock.sleep(idleMs / LOOKS_PER_IDLE, end.signal)
      if (connections() > 0 || held > 0) busyAtMs = clock.monotonicMs()
      else if (clock.monotonicMs() - busyAtMs >= idleMs) return stop()
    }
  }
  const done = idleMs > 0 ? watch().catch(ignoreAbort(end.signal)) : Promise.resolve()
  return {
    hold() {
      held++
      let released = false
      return () => {
        if (released) return
        released = true
        held--
        busyAtMs = clock.monotonicMs()
      }
    },
    async [Symbol.asyncDispose]() {
      end.abort()
      await done
    },
  }
}

function ignoreAbort(signal: AbortSignal): (error: unknown) => void {
  return error => {
    if (!signal.aborted) throw error
  }
}
