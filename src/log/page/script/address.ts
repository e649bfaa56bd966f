/** What is shown ↔ the fragment of the page's address, which no server sees; and → the query of the API (log 3). Pure. */

export interface State {
  unit: string
  priority: string
  /** As the API takes them: `-15m`, or a time in RFC 3339. */
  since: string
  until: string
  boot: string
  /** `FIELD:value` or `FIELD~regex`. */
  filters: readonly string[]
  /** Of the entry that a link means. */
  cursor: string
}

/** More are not asked for. */
const FILTERS_MAX = 32

export function parseState(hash: string): State {
  const given = new URLSearchParams(hash.replace(/^#/, ''))
  const one = (name: string) => given.get(name) ?? ''
  return {
    unit: one('unit'),
    priority: one('priority'),
    since: one('since'),
    until: one('until'),
    boot: one('boot'),
    filters: given.getAll('filter').slice(0, FILTERS_MAX),
    cursor: one('cursor'),
  }
}

export function formatState({ filters, ...single }: State): string {
  return `#${paramsOf(single, filters)}`
}

/**
 * `times` only where no cursor says from where: `since=-15m` goes on moving, and would swallow what came meanwhile. `until` bounds
 * whatever is asked for.
 */
export function queryOf(
  { unit, priority, boot, since, until, filters }: State,
  times: boolean,
  more: Record<string, string | number> = {},
): string {
  return `?${paramsOf({ unit, priority, boot, since: times ? since : '', until, ...more }, filters)}`
}

function paramsOf(single: Record<string, string | number>, filters: readonly string[]): URLSearchParams {
  const params = new URLSearchParams()
  for (const [name, value] of Object.entries(single)) if (value) params.append(name, String(value))
  for (const each of filters) params.append('filter', each)
  return params
}
