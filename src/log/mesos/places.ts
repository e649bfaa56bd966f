/** A bound on what is done at once: so many at work, so many that wait for them, a refusal for everybody else. */
import { faults } from '../errors.ts'

/** When a refused client should come again. */
const RETRY_AFTER_SECONDS = 1

export interface Places {
  /** Resolves to what gives the place back; call it once. Rejects with LOG_MESOS_BUSY, or the signal's reason while waiting. */
  enter(signal: AbortSignal): Promise<() => void>
}

export function createPlaces(atOnceMax: number, waitingMax = 0): Places {
  let taken = 0
  const waiting: (() => void)[] = []

  function leave(): void {
    const next = waiting.shift()
    // The place goes from hand to hand: nobody who comes now can be before those who wait.
    if (next) next()
    else taken--
  }

  return {
    async enter(signal) {
      signal.throwIfAborted()
      if (taken < atOnceMax) taken++
      else if (waiting.length >= waitingMax) {
        throw faults.MESOS_BUSY(atOnceMax).with({ retryAfterSeconds: RETRY_AFTER_SECONDS })
      } else await turn(signal)
      return leave
    },
  }

  function turn(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const gone = () => {
        waiting.splice(waiting.indexOf(come), 1)
        reject(signal.reason)
      }
      const come = () => {
        signal.removeEventListener('abort', gone)
        resolve()
      }
      waiting.push(come)
      signal.addEventListener('abort', gone, { once: true })
    })
  }
}
