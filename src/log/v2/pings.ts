/** Keep-alive comments of an event stream (log 4.4): Admin Router closes an upstream that says nothing for a minute. */
import type { Clock } from '../../shared/time/clock.ts'
import { PING } from '../encode/sse.ts'
import { PING_MS } from '../follow.ts'

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
 * The pieces of `source`, which yields an empty one when its end is reached for now and at least once a second from then on. A ping
 * goes out at once if nothing has been sent, else 15 s after the last piece or ping. Ends with `signal`, which is the source's, too.
 */
export async function* withPings(
  source: AsyncIterable<Uint8Array>,
  clock: Clock,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  let sentAtMs: number | undefined
  try {
    for await (const piece of source) {
      const nowMs = clock.monotonicMs()
      if (piece.length === 0 && sentAtMs !== undefined && nowMs - sentAtMs < PING_MS) continue
      sentAtMs = nowMs
      yield piece.length > 0 ? piece : PING
    }
  } catch (error) {
    // When it is the daemon that stops, the client gets a proper end.
    if (!signal.aborted) throw error
  }
}
