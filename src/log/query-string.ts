/**
 * The query string of v1 and v2 (log 3, 7.1) → its parts. As Go's url.ParseQuery, but taken apart at `&` alone, since a cursor's `;` may
 * come unencoded; of a name that counts once, the first occurrence counts; an empty value is an absent one.
 */
import { faults } from './errors.ts'

export type Query = readonly { name: string; value: string }[]

/** The value's bytes; '' where the name does not occur. */
export function first<Name extends string>(query: Query, name: Name): string {
  return query.find(each => each.name === name)?.value ?? ''
}

/**
 * Names and values, in order. Values are byte strings (one character a byte), since a filter may look for any bytes. A part with a
 * broken escape is left out, as Go does.
 */
export function parseQuery(rawQuery: string): Query {
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

export function utf8(bytes: string): string {
  return Buffer.from(bytes, 'latin1').toString('utf8')
}

/** QUIRK (log 3.2): decoded once more than the query is, so that a cursor encoded twice is understood. Throws LOG_CURSOR_ESCAPE_INVALID. */
export function unescapeCursor(once: string): string {
  const broken = brokenEscape(once)
  if (broken !== undefined) throw faults.CURSOR_ESCAPE_INVALID(broken)
  return utf8(unescapePercents(once.replaceAll('+', ' ')))
}
