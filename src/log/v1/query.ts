/** The query string of v1 (log 3) → a request. */
import { parseGoBoolean } from '../../shared/config/flags.ts'
import type { Fault } from '../../shared/errors/fault.ts'
import { type Cursor, parseCursor } from '../../shared/journal/cursor.ts'
import type { MatchClause } from '../../shared/journal/matches.ts'
import { type Boot, parseBoot } from '../boot.ts'
import type { Bounds } from '../bounds.ts'
import { faults } from '../errors.ts'
import { parseFilters } from '../filters.ts'
import { parseGoInteger } from '../go-integer.ts'
import type { FieldRegex } from '../grep/regex.ts'
import type { Position } from '../position.ts'
import { priorityClause } from '../priority.ts'
import { first, parseQuery, type Query, unescapeCursor, utf8 } from '../query-string.ts'
import { parseTime } from '../time.ts'
import { unitClauses } from '../unit.ts'
import type { QueryName } from './parameters.ts'

export interface StreamRequest {
  /** One clause per field: values of one field are OR-ed, fields AND-ed. Then those of priority and unit. */
  matches: MatchClause[]
  /** All to be found, besides. */
  regexes: FieldRegex[]
  /** To be looked up, and then one clause more. */
  boot?: Boot
  position: Position
}

export interface RangeRequest extends StreamRequest {
  /** 0: all. */
  limit: bigint
  /** For the name of a download, unchecked. */
  postfix: string
}

/**
 * `nowMs` is for times such as `-15m`. Throws LOG_FILTER_*, LOG_CURSOR_ESCAPE_INVALID, LOG_LIMIT_INVALID, LOG_SKIP_INVALID,
 * LOG_READ_REVERSE_INVALID, LOG_TIME_INVALID, LOG_PRIORITY_INVALID, LOG_BOOT_INVALID, LOG_UNIT_INVALID, JOURNAL_CURSOR_*.
 */
export function parseRangeQuery(rawQuery: string, nowMs: number): RangeRequest {
  const query = parseQuery(rawQuery)
  const { matches, regexes, cursor, limit, skipNext, skipPrev } = parseKnown(query)
  const reverse = parseReverse(first<QueryName>(query, 'read_reverse'))
  const { added, bounds, boot } = parseAdded(query, nowMs)
  const position = { ...parsedCursor(cursor), skipNext, skipPrev, reverse, ...bounds }
  return {
    matches: [...matches, ...added],
    regexes,
    ...boot,
    position,
    limit,
    postfix: utf8(first<QueryName>(query, 'postfix')),
  }
}

/**
 * The same for a stream, which has no end and one direction: also throws LOG_STREAM_PARAMETER. `lastEventId` is the header of an
 * EventSource that comes again: it takes the place of cursor, skips (log 3.4) and since, and comes unescaped.
 */
export function parseStreamQuery(rawQuery: string, lastEventId: string, nowMs: number): StreamRequest {
  const query = parseQuery(rawQuery)
  const { matches, regexes, cursor, limit, skipNext, skipPrev } = parseKnown(query)
  if (limit > 0n) throw faults.STREAM_PARAMETER('limit')
  if (first<QueryName>(query, 'read_reverse') !== '') throw faults.STREAM_PARAMETER('read_reverse')
  if (first<QueryName>(query, 'until') !== '') throw faults.STREAM_PARAMETER('until')
  const { added, bounds, boot } = parseAdded(query, nowMs)
  const position =
    lastEventId === ''
      ? { ...parsedCursor(cursor), skipNext, skipPrev, reverse: false, ...bounds }
      : { cursor: parseCursor(lastEventId), skipNext: 0n, skipPrev: 0n, reverse: false }
  return { matches: [...matches, ...added], regexes, ...boot, position }
}

/** What 1.9 knew, in its order, which decides whose error answers: the cursor's grammar is looked at last, when the journal is opened. */
function parseKnown(query: Query) {
  const count = (name: QueryName, fault: (why: string) => Fault) =>
    parseGoInteger(utf8(first(query, name)), 'ParseUint', fault)
  return {
    ...parseFilters(query),
    cursor: unescapeCursor(first<QueryName>(query, 'cursor')),
    limit: count('limit', faults.LIMIT_INVALID),
    skipNext: count('skip_next', why => faults.SKIP_INVALID('skip_next', why)),
    skipPrev: count('skip_prev', why => faults.SKIP_INVALID('skip_prev', why)),
  }
}

/** DEPARTURE (log 3.5): since, until, priority, boot and unit, which 1.9 passed over. */
function parseAdded(query: Query, nowMs: number) {
  const bounds: Bounds = {}
  const [since, until, priority, boot, unit] = (['since', 'until', 'priority', 'boot', 'unit'] as const).map(name =>
    utf8(first(query, name)),
  )
  if (since) bounds.sinceUs = parseTime('since', since, nowMs)
  if (until) bounds.untilUs = parseTime('until', until, nowMs)
  const added = priority ? [priorityClause(priority)] : []
  const ofBoot = boot ? { boot: parseBoot(boot) } : {}
  return { bounds, added: unit ? [...added, ...unitClauses(unit)] : added, boot: ofBoot }
}

function parsedCursor(text: string): { cursor?: Cursor } {
  return text === '' ? {} : { cursor: parseCursor(text) }
}

function parseReverse(bytes: string): boolean {
  if (bytes === '') return false
  const value = parseGoBoolean(bytes)
  if (value === undefined) throw faults.READ_REVERSE_INVALID(JSON.stringify(utf8(bytes)))
  return value
}
