/** The query string of `/v2/component` (log 7.1) → a request in the terms of v1, whose grammar of filters and cursors it shares. */
import Type from 'typebox'
import { parseCursor } from '../../shared/journal/cursor.ts'
import { faults } from '../errors.ts'
import { parseFilters } from '../filters.ts'
import { parseGoInteger } from '../go-integer.ts'
import { first, parseQuery, unescapeCursor, utf8 } from '../query-string.ts'
import { RANGE_PARAMETERS } from '../v1/parameters.ts'
import type { RangeRequest } from '../v1/query.ts'

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
  const query = parseQuery(rawQuery)
  const value = (name: keyof typeof COMPONENT_PARAMETERS) => first(query, name)
  const { matches, regexes } = parseFilters(query)
  const limit = parseGoInteger(utf8(value('limit')), 'ParseUint', faults.COMPONENT_LIMIT_INVALID)
  const given = parseGoInteger(utf8(value('skip')), 'Atoi', faults.COMPONENT_SKIP_INVALID)
  const skip = lastEventId && events ? 0n : given
  const place = lastEventId || value('cursor') || 'BEG'
  const skips = { skipNext: skip > 0n ? skip : 0n, skipPrev: skip < 0n ? -skip : 0n, reverse: false }
  if (place === 'BEG') return { matches, regexes, position: skips, limit }
  // QUIRK (log 7.1): a positive skip counts for nothing there.
  if (place === 'END') return { matches, regexes, position: { ...skips, skipPrev: skip < 0n ? -skip : 1n }, limit }
  const cursor = parseCursor(lastEventId || unescapeCursor(place))
  return { matches, regexes, position: { ...skips, cursor }, limit }
}
