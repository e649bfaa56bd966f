/** `filter` of v1 and of v2's components (log 3.1, 3.6) → which entries are wanted. Pure. */
import type { MatchClause } from '../shared/journal/matches.ts'
import { faults } from './errors.ts'
import { checkPattern, type FieldRegex, REGEXES_MAX } from './grep/regex.ts'
import { type Query, utf8 } from './query-string.ts'

/** The one parameter that counts every time. */
const FILTER = 'filter'

/** Each is looked up in every file of the journal; where journalctl reads, each is an argument of every child. */
export const FILTERS_MAX = 64

/**
 * `FIELD:value` → clauses, `FIELD~regex` → what is to be found; no field's name holds a tilde. DEPARTURE (log 3.1): 1.9 knew no regular
 * expressions; a value may hold colons, which it refused; and a name that cannot be a field's is refused, where it dropped the filter
 * and answered with entries nobody had asked for. Throws LOG_FILTER_*.
 */
export function parseFilters(query: Query): { matches: MatchClause[]; regexes: FieldRegex[] } {
  const filters = query.filter(each => each.name === FILTER && each.value !== '').map(each => each.value)
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
