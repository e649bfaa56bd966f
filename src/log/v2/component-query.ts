/** The query string of `/v2/component` (log 7.1) → a request in the terms of v1, whose grammar of filters and cursors it shares. */
import Type from 'typebox'
import type { Fault } from '../../shared/errors/fault.ts'
import { parseCursor } from '../../shared/journal/cursor.ts'
import { faults } from '../errors.ts'
import { RANGE_PARAMETERS } from '../v1/parameters.ts'
import { parseRangeQuery, type RangeRequest } from '../v1/query.ts'
import { type GoParser, parseGoInteger } from './go-integer.ts'

/** The present matters to since and until alone, which v2 does not have. */
const NO_TIMES = 0

/** As the document of the API describes them; no others are read. */
export const COMPONENT_PARAMETERS = {
  filter: RANGE_PARAMETERS.filter,
  cursor: {
    in: 'query',
    description: 'The cursor of an entry, which itself is left out; BEG, the default; or END, the newest entry.',
    schema: Type.String(),
  },
  skip: { in: 'query', description: 'Entries to go forward from there; below 0 back.', schema: Type.Integer() },
  limit: RANGE_PARAMETERS.limit,
  'Last-Event-ID': {
    in: 'header',
    description: 'The id of the last event that came: takes the place of cursor, and for events of skip.',
    schema: Type.String(),
  },
} as const

export type ComponentRequest = Pick<RangeRequest, 'matches' | 'regexes' | 'position' | 'limit'>

/**
 * `skip` above 0 passes over entries, below 0 goes back; `BEG` is no cursor; `END` stands on the last entry unless a negative skip
 * goes back further. `lastEventId` replaces the cursor. Throws LOG_FILTER_*, LOG_COMPONENT_*, LOG_CURSOR_ESCAPE_INVALID,
 * JOURNAL_CURSOR_*.
 *
 * DEPARTURE (log 7.1): of `events` it replaces skip, too: whenever an EventSource came again, the original sent so many entries twice,
 * or never.
 */
export function parseComponentQuery(
  rawQuery: string,
  lastEventId: string | undefined,
  events: boolean,
): ComponentRequest {
  const query = new URLSearchParams(rawQuery)
  const value = (name: keyof typeof COMPONENT_PARAMETERS) => query.get(name)
  // Filters look for bytes, so they are passed on as they came.
  const filters = rawQuery.split('&').filter(part => new URLSearchParams(part).has('filter'))
  const { matches, regexes } = parseRangeQuery(filters.join('&'), NO_TIMES)
  const limit = integer(value('limit'), 'ParseUint', faults.COMPONENT_LIMIT_INVALID)
  const given = integer(value('skip'), 'Atoi', faults.COMPONENT_SKIP_INVALID)
  const skip = lastEventId && events ? 0n : given
  const place = lastEventId || value('cursor') || 'BEG'
  const skips = { skipNext: skip > 0n ? skip : 0n, skipPrev: skip < 0n ? -skip : 0n, reverse: false }
  if (place === 'BEG') return { matches, regexes, position: skips, limit }
  // QUIRK (log 7.1): a positive skip counts for nothing there.
  if (place === 'END') return { matches, regexes, position: { ...skips, skipPrev: skip < 0n ? -skip : 1n }, limit }
  const cursor = lastEventId ? parseCursor(lastEventId) : cursorOf(place)
  return { matches, regexes, position: { ...skips, ...(cursor && { cursor }) }, limit }
}

/** Decoded once more, as v1 does (log 3.2). */
function cursorOf(text: string) {
  return parseRangeQuery(`cursor=${encodeURIComponent(text)}`, NO_TIMES).position.cursor
}

function integer(text: string | null, parser: GoParser, fault: (why: string) => Fault): bigint {
  if (!text) return 0n
  const value = parseGoInteger(text, parser)
  if (typeof value === 'string') throw fault(value)
  return value
}
