/**
 * The query string of v1 (log 3) → a request. As Go's url.ParseQuery, but taken apart at `&` alone, since a cursor's `;` may come
 * unencoded; of a name that counts once, the first occurrence counts; an empty value is an absent one.
 */
import { parseGoBoolean } from '../../shared/config/flags.ts'
import type { Fault } from '../../shared/errors/fault.ts'
import { type Cursor, parseCursor } from '../../shared/journal/cursor.ts'
import type { MatchClause } from '../../shared/journal/matches.ts'
import { type Boot, parseBoot } from '../boot.ts'
import type { Bounds } from '../bounds.ts'
import { faults } from '../errors.ts'
import { checkPattern, type FieldRegex, REGEXES_MAX } from '../grep/regex.ts'
import type { Position } from '../position.ts'
import { priorityClause } from '../priority.ts'
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

/** Each is looked up in every file of the journal; where journalctl reads, each is an argument of every child. */
export const FILTERS_MAX = 64

/**
 * `nowMs` is for times such as `-15m`. Throws LOG_FILTER_*, LOG_CURSOR_ESCAPE_INVALID, LOG_LIMIT_INVALID, LOG_SKIP_INVALID,
 * LOG_READ_REVERSE_INVALID, LOG_TIME_INVALID, LOG_PRIORITY_INVALID, LOG_BOOT_INVALID, LOG_UNIT_INVALID, JOURNAL_CURSOR_*.
 */
export function parseRangeQuery(rawQuery: string, nowMs: number): RangeRequest {
  const query = parseQuery(rawQuery)
  const { matches, regexes, cursor, limit, skipNext, skipPrev } = parseKnown(query)
  const reverse = parseReverse(first(query, 'read_reverse'))
  const { added, bounds, boot } = parseAdded(query, nowMs)
  const position = { ...parsedCursor(cursor), skipNext, skipPrev, reverse, ...bounds }
  return { matches: [...matches, ...added], regexes, ...boot, position, limit, postfix: utf8(first(query, 'postfix')) }
}

/**
 * The same for a stream, which has no end and one direction: also throws LOG_STREAM_PARAMETER. `lastEventId` is the header of an
 * EventSource that comes again: it takes the place of cursor, skips (log 3.4) and since, and comes unescaped.
 */
export function parseStreamQuery(rawQuery: string, lastEventId: string, nowMs: number): StreamRequest {
  const query = parseQuery(rawQuery)
  const { matches, regexes, cursor, limit, skipNext, skipPrev } = parseKnown(query)
  if (limit > 0n) throw faults.STREAM_PARAMETER('limit')
  if (first(query, 'read_reverse') !== '') throw faults.STREAM_PARAMETER('read_reverse')
  if (first(query, 'until') !== '') throw faults.STREAM_PARAMETER('until')
  const { added, bounds, boot } = parseAdded(query, nowMs)
  const position =
    lastEventId === ''
      ? { ...parsedCursor(cursor), skipNext, skipPrev, reverse: false, ...bounds }
      : { cursor: parseCursor(lastEventId), skipNext: 0n, skipPrev: 0n, reverse: false }
  return { matches: [...matches, ...added], regexes, ...boot, position }
}

type Query = readonly { name: string; value: string }[]

/** The one that counts every time. */
const FILTER: QueryName = 'filter'

function first(query: Query, name: QueryName): string {
  return query.find(each => each.name === name)?.value ?? ''
}

/** What 1.9 knew, in its order, which decides whose error answers: the cursor's grammar is looked at last, when the journal is opened. */
function parseKnown(query: Query) {
  const filters = query.filter(each => each.name === FILTER && each.value !== '').map(each => each.value)
  return {
    ...parseFilters(filters),
    cursor: unescapeCursor(first(query, 'cursor')),
    limit: parseUnsigned(first(query, 'limit'), faults.LIMIT_INVALID),
    skipNext: parseUnsigned(first(query, 'skip_next'), why => faults.SKIP_INVALID('skip_next', why)),
    skipPrev: parseUnsigned(first(query, 'skip_prev'), why => faults.SKIP_INVALID('skip_prev', why)),
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

/**
 * Names and values, in order. Values are byte strings (one character a byte), since a filter may look for any bytes. A part with a
 * broken escape is left out, as Go does.
 */
function parseQuery(rawQuery: string): Query {
  return rawQuery.split('&').flatMap(part => {
    const equals = part.indexOf('=')
    const name = decodePart(equals < 0 ? part : part.slice(0, equals))
    const value = decodePart(equals < 0 ? '' : part.slice(equals + 1))
    return name === undefined || name === '' || value === undefined ? [] : [{ name, value }]
  })
}

function decodePart(text: string): string | undefined {
  const bytes = bytesOf(text).replaceAll('+', ' ')
  return brokenEscape(bytes) === undefined ? unescapePercents(bytes) : undefined
}

/** Node hands the target over as Latin-1 already; a test or another caller may not. */
function bytesOf(text: string): string {
  return /[^\u0000-\u00ff]/.test(text) ? Buffer.from(text, 'utf8').toString('latin1') : text
}

function unescapePercents(text: string): string {
  return text.replace(/%([0-9a-fA-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
}

/** The first `%` that two hexadecimal digits do not follow, with what follows, as Go's EscapeError shows it. */
function brokenEscape(text: string): string | undefined {
  return /%(?![0-9a-fA-F]{2}).{0,2}/s.exec(text)?.[0]
}

function utf8(bytes: string): string {
  return Buffer.from(bytes, 'latin1').toString('utf8')
}

/**
 * `FIELD:value` → clauses, `FIELD~regex` → what is to be found; no field's name holds a tilde. DEPARTURE (log 3.1): 1.9 knew no regular
 * expressions; a value may hold colons, which it refused; and a name that cannot be a field's is refused, where it dropped the filter
 * and answered with entries nobody had asked for.
 */
function parseFilters(filters: readonly string[]): { matches: MatchClause[]; regexes: FieldRegex[] } {
  if (filters.length > FILTERS_MAX) throw faults.FILTERS_TOO_MANY(FILTERS_MAX)
  const clauses = new Map<string, { field: string; value: Uint8Array }[]>()
  const regexes: FieldRegex[] = []
  for (const filter of filters) {
    const [, name, sign, value = ''] = /^([^:~]*)([:~])(.*)$/s.exec(filter) ?? []
    if (name === undefined) throw faults.FILTER_MALFORMED(utf8(filter))
    const field = name.toUpperCase()
    // libsystemd refuses these; a name that begins with a digit or is too long is let through, and matches nothing.
    if (!/^(?!__)[A-Z0-9_]+$/.test(field)) throw faults.FILTER_FIELD_INVALID(utf8(name))
    if (sign === '~') {
      if (regexes.length >= REGEXES_MAX) throw faults.FILTER_REGEXES_TOO_MANY(REGEXES_MAX)
      regexes.push({ field, pattern: checkPattern(utf8(value)) })
      continue
    }
    const match = { field, value: Buffer.from(value, 'latin1') }
    const clause = clauses.get(field)
    if (clause) clause.push(match)
    else clauses.set(field, [match])
  }
  return { matches: [...clauses.values()], regexes }
}

/** QUIRK (log 3.2): decoded once more than the query is, so that a cursor encoded twice is understood. */
function unescapeCursor(once: string): string {
  const broken = brokenEscape(once)
  if (broken !== undefined) throw faults.CURSOR_ESCAPE_INVALID(broken)
  return utf8(unescapePercents(once.replaceAll('+', ' ')))
}

/** Go's strconv.ParseUint(text, 10, 64), with its sentences. An empty text is 0. */
function parseUnsigned(bytes: string, fault: (why: string) => Fault): bigint {
  if (bytes === '') return 0n
  const shown = JSON.stringify(utf8(bytes))
  // Twenty digits hold every 64-bit number; a longer run of digits must not become a huge bigint first.
  const digits = bytes.replace(/^0+(?=\d)/, '')
  if (!/^\d+$/.test(bytes)) throw fault(`strconv.ParseUint: parsing ${shown}: invalid syntax`)
  if (digits.length > 20 || BigInt(digits) >= 1n << 64n)
    throw fault(`strconv.ParseUint: parsing ${shown}: value out of range`)
  return BigInt(digits)
}

function parseReverse(bytes: string): boolean {
  if (bytes === '') return false
  const value = parseGoBoolean(bytes)
  if (value === undefined) throw faults.READ_REVERSE_INVALID(JSON.stringify(utf8(bytes)))
  return value
}
