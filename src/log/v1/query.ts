/**
 * The query string of v1 (log 3) → a request. As Go's url.ParseQuery, but taken apart at `&` alone, since a cursor's `;` may come
 * unencoded; of a name that counts once, the first occurrence counts; an empty value is an absent one.
 */
import { parseGoBoolean } from '../../shared/config/flags.ts'
import type { Fault } from '../../shared/errors/fault.ts'
import { type Cursor, parseCursor } from '../../shared/journal/cursor.ts'
import type { MatchClause } from '../../shared/journal/matches.ts'
import { faults } from '../errors.ts'
import type { Position } from '../position.ts'

export interface RangeRequest {
  /** One clause per field: values of one field are OR-ed, fields AND-ed. */
  matches: MatchClause[]
  position: Position
  /** 0: all. */
  limit: bigint
  /** For the name of a download, unchecked. */
  postfix: string
}

/** Each is an argument of journalctl. */
export const FILTERS_MAX = 64

/** Throws LOG_FILTER_*, LOG_CURSOR_ESCAPE_INVALID, LOG_LIMIT_INVALID, LOG_SKIP_INVALID, LOG_READ_REVERSE_INVALID, JOURNAL_CURSOR_*. */
export function parseRangeQuery(rawQuery: string): RangeRequest {
  const query = parseQuery(rawQuery)
  const first = (name: string) => query.find(each => each.name === name)?.value ?? ''
  // In the original's order, which decides whose error answers: the cursor's grammar is looked at last, when the journal is opened.
  const matches = parseFilters(
    query.filter(each => each.name === 'filter' && each.value !== '').map(each => each.value),
  )
  const cursor = unescapeCursor(first('cursor'))
  const limit = parseUnsigned(first('limit'), faults.LIMIT_INVALID)
  const skipNext = parseUnsigned(first('skip_next'), why => faults.SKIP_INVALID('skip_next', why))
  const skipPrev = parseUnsigned(first('skip_prev'), why => faults.SKIP_INVALID('skip_prev', why))
  const reverse = parseReverse(first('read_reverse'))
  const parsed: Cursor | undefined = cursor === '' ? undefined : parseCursor(cursor)
  const position = { ...(parsed && { cursor: parsed }), skipNext, skipPrev, reverse }
  return { matches, position, limit, postfix: utf8(first('postfix')) }
}

/**
 * Names and values, in order. Values are byte strings (one character a byte), since a filter may look for any bytes. A part with a
 * broken escape is left out, as Go does.
 */
function parseQuery(rawQuery: string): { name: string; value: string }[] {
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
 * `FIELD:value` → clauses. DEPARTURE (log 3.1): a value may hold colons, which 1.9 refused; and a name that cannot be a field's
 * is refused, where 1.9 dropped the filter and answered with entries nobody had asked for.
 */
function parseFilters(filters: readonly string[]): MatchClause[] {
  if (filters.length > FILTERS_MAX) throw faults.FILTERS_TOO_MANY(FILTERS_MAX)
  const clauses = new Map<string, { field: string; value: Uint8Array }[]>()
  for (const filter of filters) {
    const colon = filter.indexOf(':')
    if (colon < 0) throw faults.FILTER_MALFORMED(utf8(filter))
    const field = filter.slice(0, colon).toUpperCase()
    // libsystemd refuses these; a name that begins with a digit or is too long is let through, and matches nothing.
    if (!/^(?!__)[A-Z0-9_]+$/.test(field)) throw faults.FILTER_FIELD_INVALID(utf8(filter.slice(0, colon)))
    const match = { field, value: Buffer.from(filter.slice(colon + 1), 'latin1') }
    const clause = clauses.get(field)
    if (clause) clause.push(match)
    else clauses.set(field, [match])
  }
  return [...clauses.values()]
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
