/** `/v2/component` and `/v2/component/<unit>`: the journal, whole or of one unit; an event stream goes on (log 7, 7.1). */
import type { Handler, HttpRequest } from '../../shared/http/route.ts'
import type { MatchClause } from '../../shared/journal/matches.ts'
import type { Clock } from '../../shared/time/clock.ts'
import { noContent } from '../error-answer.ts'
import type { FollowedReader } from '../follow.ts'
import type { Followers } from '../followers.ts'
import { formatFor } from '../format.ts'
import { HEADERS, header } from '../headers.ts'
import type { Journals } from '../journals.ts'
import { idle } from '../keep-alive.ts'
import type { LogMetrics } from '../metrics.ts'
import { openAt } from '../open-at-position.ts'
import { encoded, resumed } from '../pieces.ts'
import { limitRange, type RangeLimits } from '../range-limits.ts'
import { parseComponentQuery } from './component-query.ts'

export function component(
  { ranges, followed }: Journals,
  limits: RangeLimits,
  metrics: LogMetrics,
  followers: Followers,
): Handler {
  return async request => {
    const { headers, rawQuery, signal } = request
    const format = formatFor(headers.accept)
    const events = format.name === 'sse'
    const lastEventId = header(headers['last-event-id'])
    const { matches, regexes, position, limit } = parseComponentQuery(rawQuery, lastEventId, events)
    const clauses = [...unitClauses(request), ...matches]
    const searched = (events ? followed : ranges).matching(regexes, { bounds: position, patient: events })
    if (events) {
      return await followers.answer(request, format, async () => {
        const { reader, start } = await openAt(searched, clauses, position, signal, format)
        const { skipCurrent } = start
        return { reader: limited(reader, limit, followers.clock, signal), skipCurrent, headers: HEADERS }
      })
    }
    const { reader, start } = await openAt(searched, clauses, position, signal, format)
    const bound = limitRange(limits, format, metrics)
    const entries = bound.entries(reader.entries(start.direction, limit, start.skipCurrent))
    const bytes = bound.bytes(encoded(reader, entries, format, metrics))
    // The status depends on whether there is anything to send.
    const first = await bytes.next()
    if (first.done) return noContent(HEADERS)
    const typed = { ...HEADERS, 'Content-Type': format.contentType }
    return { status: 200, headers: typed, body: resumed(first.value, bytes) }
  }
}

/**
 * What a unit wrote, and what systemd wrote about it. DEPARTURE (log 7.1): filters narrow that; the original added them to its
 * alternatives, and so gave entries of every unit.
 */
function unitClauses({ params }: HttpRequest): MatchClause[] {
  const { name } = params
  if (name === undefined) return []
  const value = Buffer.from(name)
  return [
    [
      { field: 'UNIT', value },
      { field: '_SYSTEMD_UNIT', value },
    ],
  ]
}

/**
 * QUIRK (log 7.1): after `limit` entries nothing more is sent, but the stream stays open; what read the journal is given back.
 */
function limited(reader: FollowedReader, limit: bigint, clock: Clock, signal: AbortSignal): FollowedReader {
  if (limit === 0n) return reader
  return {
    async *follow(skipCurrent) {
      let left = limit
      for await (const { entries, lost } of reader.follow(skipCurrent)) {
        yield { entries: left < entries.length ? entries.slice(0, Number(left)) : entries, lost }
        left -= BigInt(entries.length)
        if (left <= 0n) break
      }
      await reader[Symbol.asyncDispose]()
      for await (const _ of idle(clock, signal)) yield { entries: [], lost: 0n }
    },
    [Symbol.asyncDispose]: () => reader[Symbol.asyncDispose](),
  }
}
