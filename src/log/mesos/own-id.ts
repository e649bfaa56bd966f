/** By which id Mesos knows this node (log 6): asked with a client's token, kept for all, and asked anew by one of them at a time. */
import { isFault } from '../../shared/errors/fault.ts'
import type { Clock } from '../../shared/time/clock.ts'
import type { Caller } from './peer.ts'

/** An agent that lost its past registers under another id. */
export const ID_FRESH_MS = 60_000

/** So long an older one is still used while it is asked for anew; then everybody waits for the answer. */
export const ID_USABLE_MS = 5 * 60_000

/** The result rejects as `fetchId` does. */
export function createOwnId(fetchId: (caller: Caller) => Promise<string>, clock: Clock) {
  let known: { id: string; sinceMs: number } | undefined
  let renewal: Promise<void> | undefined

  async function renew(caller: Caller): Promise<void> {
    const id = await fetchId(caller)
    known = { id, sinceMs: clock.monotonicMs() }
  }

  function begin(caller: Caller): Promise<void> {
    renewal = renew(caller).finally(() => {
      renewal = undefined
    })
    return renewal
  }

  return async (caller: Caller): Promise<string> => {
    for (;;) {
      const ageMs = known ? clock.monotonicMs() - known.sinceMs : Number.POSITIVE_INFINITY
      if (known && ageMs <= ID_FRESH_MS) return known.id
      if (known && ageMs <= ID_USABLE_MS) {
        // Whoever comes when it is too old is told what went wrong.
        if (renewal === undefined) begin(caller).catch(() => {})
        return known.id
      }
      if (renewal === undefined) await begin(caller)
      else await renewal.catch(rethrowOthers)
      caller.signal.throwIfAborted()
    }
  }
}

/** That another client has gone, or may not ask, says nothing about this one. */
function rethrowOthers(error: unknown): void {
  if (isFault(error) && error.status >= 500) throw error
}
