/**
 * Which entries are wanted, and how journalctl is told. Clauses are AND-ed, the matches of a clause OR-ed: the form in which a
 * client's filter can only narrow what a route has fixed. sd_journal_add_match(3) knows less: matches of one field are always OR-ed.
 */
import { isUtf8 } from 'node:buffer'
import { faults } from './errors.ts'

export interface FieldMatch {
  readonly field: string
  /** Exact, any bytes. */
  readonly value: Uint8Array
}

/** Met by an entry that has at least one of these. */
export type MatchClause = readonly FieldMatch[]

/** Clauses over several fields are multiplied out; more terms than this are refused, since they came from a crafted request. */
const TERMS_MAX = 256

/** Same field once or more → that field's wanted values. */
type Term = Map<string, Uint8Array[]>

/**
 * Arguments for journalctl(1): `FIELD=value`, with `+` between alternatives. Undefined when no entry can match. Throws
 * JOURNAL_MATCH_UNSUPPORTED for values that no command line can hold.
 *
 * An entry that has one field twice could meet two clauses with different values of it; such entries are left out, since journalctl
 * would OR the two, which is how the original let a filter widen a container's path.
 */
export function journalctlMatches(clauses: readonly MatchClause[]): string[] | undefined {
  let terms: Term[] = [new Map()]
  for (const clause of clauses) {
    terms = weakest(
      terms.flatMap(term => alternatives(clause).flatMap(alternative => narrowed(term, alternative) ?? [])),
    )
    if (terms.length > TERMS_MAX) throw faults.MATCH_UNSUPPORTED(clause[0]?.field ?? '')
    if (terms.length === 0) return undefined
  }
  const rendered = terms.map(term =>
    [...term].flatMap(([field, values]) => values.map(value => `${field}=${textOf(field, value)}`)),
  )
  return rendered.flatMap((term, i) => (i === 0 ? term : ['+', ...term]))
}

/** One alternative per field of the clause: values of one field stay together, as journalctl ORs them itself. */
function alternatives(clause: MatchClause): { field: string; values: Uint8Array[] }[] {
  const fields = new Map<string, Uint8Array[]>()
  for (const { field, value } of clause) {
    const values = fields.get(field)
    if (!values) fields.set(field, [value])
    else if (!values.some(each => equal(each, value))) values.push(value)
  }
  return [...fields].map(([field, values]) => ({ field, values }))
}

function narrowed(term: Term, { field, values }: { field: string; values: Uint8Array[] }): Term | undefined {
  const before = term.get(field)
  const both = before ? before.filter(value => values.some(each => equal(each, value))) : values
  return both.length > 0 ? new Map(term).set(field, both) : undefined
}

/** Without those that ask for more than another one does: what meets them meets that one. Else clauses that share matches would be too many. */
function weakest(terms: readonly Term[]): Term[] {
  const kept: Term[] = []
  for (const term of terms) {
    if (kept.some(other => implies(term, other))) continue
    kept.splice(0, kept.length, ...kept.filter(other => !implies(other, term)), term)
  }
  return kept
}

/** Whether what meets `term` meets `other`. */
function implies(term: Term, other: Term): boolean {
  return [...other].every(([field, values]) => term.get(field)?.every(value => values.some(each => equal(each, value))))
}

function textOf(field: string, value: Uint8Array): string {
  if (value.includes(0) || !isUtf8(value)) throw faults.MATCH_UNSUPPORTED(field)
  return Buffer.from(value).toString('utf8')
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0
}
