/** The clients that follow the journal: how many there may be, how long a slow one is borne, and their answers (log 4.6, 4.7). */
import type { HttpAnswer, HttpRequest } from '../shared/http/route.ts'
import { createSeldom } from '../shared/http/seldom.ts'
import { createPlaces } from '../shared/limits/places.ts'
import type { Log } from '../shared/log/journald.ts'
import type { Clock } from '../shared/time/clock.ts'
import { faults } from './errors.ts'
import { type FollowedReader, follow } from './follow.ts'
import type { Format } from './format.ts'
import { UNBUFFERED } from './headers.ts'
import type { LogMetrics } from './metrics.ts'
import { withEnd } from './with-end.ts'

export interface FollowersOptions {
  /**
   * Followers of the whole daemon. There is no limit for one client, since nothing tells clients apart that one of them could not
   * forge: on the UNIX socket the peer is Admin Router for all, and headers such as X-Forwarded-For are as the client wrote them.
   */
  max: number
  metrics: LogMetrics
  clock: Clock
  log: Log
  /** STALL_LIMIT_MS unless given. */
  stallLimitMs?: number
}

/** A client that takes nothing for so long while entries wait is cut off: a paused pager is borne, a dead peer is not. */
export const STALL_LIMIT_MS = 5 * 60_000

/** Places come free when clients go, which is seldom: sooner there is nothing to hope for. */
const RETRY_AFTER_SECONDS = 10

/** A vacuum meets all followers at once, and what is logged of it they get to read. */
const LOST_LOG_INTERVAL_MS = 60_000

export interface Following {
  /** In its place; disposed with the answer. */
  reader: FollowedReader
  skipCurrent: boolean
  /** Beside Content-Type and X-Accel-Buffering. */
  headers: Record<string, string>
}

export interface Followers {
  readonly clock: Clock
  /**
   * The answer that ends when the client goes or the daemon stops. `open` runs when there is a place. Rejects with
   * LOG_FOLLOWERS_TOO_MANY or as `open` does.
   */
  answer(request: HttpRequest, format: Format, open: () => Promise<Following>): Promise<HttpAnswer>
}

export function createFollowers({
  max,
  metrics,
  clock,
  log,
  stallLimitMs = STALL_LIMIT_MS,
}: FollowersOptions): Followers {
  const seldom = createSeldom(LOST_LOG_INTERVAL_MS)
  const tell = (count: number) => metrics.followers.set(count)
  const places = createPlaces({
    max,
    refuse() {
      metrics.followersRefused.inc()
      return faults.FOLLOWERS_TOO_MANY(max).with({ retryAfterSeconds: RETRY_AFTER_SECONDS })
    },
    entered: tell,
    left: tell,
  })

  function lost(entries: bigint): void {
    metrics.followersLost.inc(Number(entries))
    const quiet = seldom('lost', clock.monotonicMs())
    if (quiet === undefined) return
    log.warning('entries were removed before a follower came to them, going on with those that are left', {
      entries,
      left_out: quiet || undefined,
    })
  }

  return {
    clock,
    async answer(request, format, open) {
      const leave = await places.enter(request.signal)
      let opened: Following
      try {
        opened = await open()
      } catch (error) {
        leave()
        throw error
      }
      const { reader, skipCurrent, headers } = opened
      const typed = { ...headers, 'Content-Type': format.contentType, ...UNBUFFERED }
      const body = follow({ reader, skipCurrent, format, metrics, clock, lost, signal: request.signal })
      return {
        status: 200,
        headers: typed,
        body: withEnd(body, leave),
        stall: { limitMs: stallLimitMs, cutOff: () => metrics.followersStalled.inc() },
      }
    },
  }
}
