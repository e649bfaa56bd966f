/** Bytes of an event stream that may be long in coming → the same with pings, so that no proxy takes it for dead (log 3.6, 4.4). */
import type { Clock } from '../../shared/time/clock.ts'
import { PING } from '../encode/sse.ts'
import { PING_MS } from '../follow.ts'

/** A ping for each PING_MS in which `source` gives nothing, the first of them too. Ends with it; leaving ends it. */
export async function* keptAlive(source: AsyncGenerator<Uint8Array>, clock: Clock): AsyncGenerator<Uint8Array> {
  try {
    for (;;) {
      const next = source.next()
      // When the client goes during a ping nobody waits for it any more.
      next.catch(() => {})
      let result = await soon(next, clock)
      while (result === undefined) {
        yield PING
        result = await soon(next, clock)
      }
      if (result.done) return
      yield result.value
    }
  } finally {
    await source.return(undefined)
  }
}

/** Undefined when PING_MS pass first. */
async function soon<T>(next: Promise<T>, clock: Clock): Promise<T | undefined> {
  const waiting = new AbortController()
  const late = clock.sleep(PING_MS, waiting.signal).catch(() => {})
  try {
    return await Promise.race([next, late.then(() => undefined)])
  } finally {
    waiting.abort()
  }
}
