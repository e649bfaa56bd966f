/** Entries of a reader as they come → bytes for a client that stays (log 4.4, 4.7), no faster than it takes them. */
import type { JournalReader } from '../shared/journal/reader.ts'
import type { Clock } from '../shared/time/clock.ts'
import { lostEvent, PING } from './encode/sse.ts'
import type { Format } from './format.ts'
import { PING_MS } from './keep-alive.ts'
import type { LogMetrics } from './metrics.ts'
import { pieces } from './pieces.ts'

/** What following needs of a reader. */
export type FollowedReader = Pick<JournalReader, 'follow'> & AsyncDisposable

export interface FollowOptions {
  /** Disposed when the bytes end or are left. */
  reader: FollowedReader
  skipCurrent: boolean
  format: Format
  metrics: LogMetrics
  clock: Clock
  /** Told of entries that were removed before the reader came to them. */
  lost: (entries: bigint) => void
  /** The reader's. */
  signal: AbortSignal
}

/**
 * Events begin with a ping when there is no entry to begin with, and have one whenever nothing was sent for PING_MS; text and JSON are
 * silent. Ends with the signal alone.
 *
 * DEPARTURE (log 4.7): where entries were removed before they were read, events say so; 1.9 went on without a word, or not at all.
 */
export async function* follow(options: FollowOptions): AsyncGenerator<Uint8Array> {
  const { skipCurrent, format, metrics, clock, lost: told, signal } = options
  await using reader = options.reader
  using progress = metrics.followProgress(clock)
  progress.behind()
  const events = format.name === 'sse'
  let sentAtMs = Number.NEGATIVE_INFINITY
  try {
    for await (const { entries, lost } of reader.follow(skipCurrent)) {
      if (lost > 0n) {
        told(lost)
        if (events) yield lostEvent(lost, clock.nowMs())
        sentAtMs = clock.monotonicMs()
      }
      if (entries.length > 0) {
        progress.behind()
        metrics.entries.inc({ format: format.name }, entries.length)
        const newestUs = entries.at(-1)!.realtimeUs
        yield* pieces(entries, format, true, sizeBytes => metrics.bytes.inc({ format: format.name }, sizeBytes))
        metrics.followersReached(newestUs, clock.nowMs())
        sentAtMs = clock.monotonicMs()
        continue
      }
      progress.caughtUp()
      if (events && clock.monotonicMs() - sentAtMs >= PING_MS) {
        yield PING
        sentAtMs = clock.monotonicMs()
      }
    }
  } catch (error) {
    // A reader that follows ends in no other way. When it is the daemon that stops, the client gets a proper end.
    if (!signal.aborted) throw error
  }
}
