/** Pings of an event stream (log 3.6, 4.4), so that no proxy takes one that has nothing to say for dead. follow.ts has its own: there every byte counts. */
import type { Clock } from '../shared/time/clock.ts'
import { PING } from './encode/sse.ts'

/** nginx, and so Admin Router, gives up an upstream that is silent for 60 s. */
export const PING_MS = 15_000

/** What a source yields when it has nothing to send now. */
export const NOTHING = Buffer.alloc(0)

/** How often a source that waits says so. */
const IDLE_MS = 1000

/** The source of a stream that has said all it may. Ends only with the signal, by rejecting. */
export async function* idle(clock: Clock, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  for (;;) {
    yield NOTHING
    await clock.sleep(IDLE_MS, signal)
  }
}

/**
 * The pieces of `source`, and a ping whenever nothing was sent for PING_MS, as long as the client takes what is sent. For an empty piece there is one at once
 * when it is the first, else none. Ends with the source; leaving ends it.
 */
export async function* keptAlive(source: AsyncGenerator<Uint8Array>, clock: Clock): AsyncGenerator<Uint8Array> {
  const left = new AbortController()
  let sentAtMs = clock.monotonicMs()
  let sentAny = false
  let timed = false
  let wake = () => {}
  const ring = () => {
    timed = false
    wake()
  }
  /** One timer, which outlasts any number of pieces. */
  const time = () => {
    if (timed) return
    timed = true
    const restMs = Math.max(0, sentAtMs + PING_MS - clock.monotonicMs())
    clock.sleep(restMs, left.signal).then(ring, () => {})
  }
  try {
    for (;;) {
      let came = false
      const next = source.next()
      // Also takes the failure for which nobody waits any more when the client goes during a ping.
      const settled = () => {
        came = true
        wake()
      }
      next.then(settled, settled)
      while (!came) {
        await new Promise<void>(resolve => {
          wake = resolve
          time()
        })
        if (came || clock.monotonicMs() - sentAtMs < PING_MS) continue
        yield PING
        sentAny = true
        sentAtMs = clock.monotonicMs()
      }
      const { done, value } = await next
      if (done) return
      if (value.length === 0 && sentAny) continue
      yield value.length > 0 ? value : PING
      sentAny = true
      sentAtMs = clock.monotonicMs()
    }
  } finally {
    left.abort()
    await source.return(undefined)
  }
}
