// A handler over a journal that grows, without a server: what it sends is here as soon as the clock has run, so that silence can be seen.
import { createFollowers, type Followers } from '../../src/log/followers.ts'
import { type Journals, shareJournal } from '../../src/log/journals.ts'
import { declareLogMetrics, type LogMetrics } from '../../src/log/metrics.ts'
import type { Handler, HttpRequest } from '../../src/shared/http/route.ts'
import type { JournalEntry } from '../../src/shared/journal/entry.ts'
import type { MatchClause } from '../../src/shared/journal/matches.ts'
import type { FollowedBatch, Journal } from '../../src/shared/journal/reader.ts'
import { createLog } from '../../src/shared/log/journald.ts'
import { createMetrics } from '../../src/shared/metrics/registry.ts'
import { memoryReader } from '../shared/journal/memory-journal.ts'
import { createDrivenClock } from '../support/clock.ts'
import { handlerRequest } from './handler-request.ts'

/** Over a journal of `entries`, to which `add` appends while it is followed; it looks once a second. */
export function growing(
  entries: JournalEntry[],
  handlerOf: (journals: Journals, metrics: LogMetrics, followers: Followers) => Handler,
) {
  const clock = createDrivenClock()
  const seen = { opened: [] as (readonly MatchClause[])[], closed: 0, lost: 0n }
  const journal: Journal = {
    fieldValues: async () => [],
    async open(matches, signal) {
      seen.opened.push(matches)
      let closed = false
      const reader = memoryReader(entries, { clock, signal })
      return {
        ...reader,
        async *follow(skipCurrent): AsyncGenerator<FollowedBatch> {
          for await (const { entries } of reader.follow(skipCurrent)) {
            yield { entries, lost: seen.lost }
            seen.lost = 0n
          }
        },
        async [Symbol.asyncDispose]() {
          if (!closed) seen.closed++
          closed = true
        },
      }
    },
  }
  const ended = new AbortController()
  const metrics = declareLogMetrics(createMetrics('log'))
  const followers = createFollowers({ max: 1, metrics, clock, log: createLog({ write: () => {} }) })
  const handler = handlerOf(shareJournal(journal, metrics, clock), metrics, followers)
  const ask = (rawQuery: string, options: Partial<HttpRequest> = {}) =>
    handler(handlerRequest('/', { rawQuery, signal: ended.signal, ...options }))
  return { ask, clock, seen, ended, add: (entry: JournalEntry) => void entries.push(entry) }
}

/** What came so far, collected in the background; `ended` once it has ended as it should. */
export function listen(body: unknown): { all: string[]; ended: Promise<void> } {
  const all: string[] = []
  const collect = async () => {
    for await (const piece of body as AsyncIterable<Uint8Array>) all.push(Buffer.from(piece).toString())
  }
  return { all, ended: collect() }
}
