/** A row for an entry, with its fields when it is opened; a row for a note; which of them has the keys. */
import { formatState, type State } from './address.ts'
import type { Entry } from './api.ts'
import { button, element, find, rows, say } from './elements.ts'
import { clean, clipped, localIso, utcText } from './text.ts'

/** Characters shown of a message, and of a field. */
const MESSAGE_MAX = 2000
const FIELD_MAX = 65_536

/** A longer value is no filter: addresses have limits. */
const FILTER_VALUE_MAX = 500

const NOTES_MAX = 100

/** Names of units that the form suggests. */
const UNITS_MAX = 300

const LEVELS = ['emerg', 'alert', 'crit', 'err', 'warning', 'notice', 'info', 'debug']

const entryOf = new WeakMap<Element, Entry>()

export function createRow(entry: Entry): HTMLTableRowElement {
  const { fields, realtime_timestamp: us } = entry
  const level = /^[0-7]$/.test(fields.PRIORITY ?? '') ? Number(fields.PRIORITY) : undefined
  const unit = fields._SYSTEMD_UNIT ?? fields.SYSLOG_IDENTIFIER ?? fields._COMM ?? ''
  const row = element('tr', `entry p${level === undefined ? 6 : Math.max(level, 3)}`)
  row.tabIndex = -1
  row.setAttribute('aria-expanded', 'false')
  const text = element('td', 'text')
  text.append(element('div', '', clipped(fields.MESSAGE ?? '', MESSAGE_MAX)))
  row.append(
    element('td', 'time', localIso(Math.floor(us / 1000)).replace('T', ' '), utcText(us)),
    element('td', 'level', level === undefined ? '' : LEVELS[level]),
    element('td', 'unit', clean(unit.slice(0, 200)), clean(unit.slice(0, 1000))),
    text,
  )
  entryOf.set(row, entry)
  suggest(fields)
  return row
}

/** With the row of its fields, if that is open. */
export function removeRow(row: HTMLTableRowElement): void {
  const details = row.nextElementSibling
  if (details?.classList.contains('fields')) details.remove()
  row.remove()
}

/** Opens or closes its fields; `go` is where a click on one of them leads. */
export function toggle(row: Element, state: State, go: (next: State) => void): void {
  const open = row.getAttribute('aria-expanded') === 'true'
  row.setAttribute('aria-expanded', String(!open))
  const entry = entryOf.get(row)
  if (open) row.nextElementSibling?.remove()
  if (open || !entry) return
  const { cursor, fields, monotonic_timestamp: us } = entry
  const link = element('a', '', 'Link to this entry')
  // Without relative times and boots: the link shall mean the same tomorrow.
  link.href = formatState({ ...state, since: '', until: '', boot: state.boot && (fields._BOOT_ID ?? ''), cursor })
  const names = element('dl')
  for (const [name, value] of Object.entries(fields)) {
    const filters = [...state.filters, `${name}:${value}`]
    const only = button(name, () => go({ ...state, cursor: '', filters }), 'Show only entries with this value')
    only.className = 'only'
    only.disabled = value.length > FILTER_VALUE_MAX
    const term = element('dt')
    term.append(only)
    names.append(term, element('dd', '', clipped(value, FIELD_MAX)))
  }
  names.append(element('dt', '', 'cursor'), element('dd', '', clean(cursor)))
  names.append(element('dt', '', 'monotonic'), element('dd', '', `${us} µs`))
  row.after(wideRow('fields', link, names))
}

/** Bounded as all rows are. */
export function note(text: string): void {
  const notes = rows.getElementsByClassName('note')
  if (notes.length >= NOTES_MAX) notes[0]?.remove()
  rows.append(wideRow('note', text))
}

function wideRow(className: string, ...inside: (Node | string)[]): HTMLTableRowElement {
  const row = element('tr', className)
  const cell = element('td')
  cell.colSpan = 4
  cell.append(...inside)
  row.append(cell)
  return row
}

const suggested = new Set<string>()

function suggest({ _SYSTEMD_UNIT, _HOSTNAME, _PID, UNIT }: Entry['fields']): void {
  if (_HOSTNAME) say('host', clean(_HOSTNAME.slice(0, 100)))
  // Of a unit that never came up there is nothing but what systemd says.
  for (const unit of [_SYSTEMD_UNIT, _PID === '1' ? UNIT : undefined]) {
    if (!unit || suggested.has(unit) || suggested.size >= UNITS_MAX || unit.length > 256) continue
    suggested.add(unit)
    const option = element('option')
    option.value = unit
    find('units', HTMLDataListElement).append(option)
  }
}

/** One row is in the order of the tab key: the arrows lead from it to the others. */
export function focusRow(row: HTMLElement): void {
  for (const each of rows.querySelectorAll('[tabindex="0"]')) each.setAttribute('tabindex', '-1')
  row.tabIndex = 0
  row.focus({ preventScroll: true })
}

export function hasTabStop(): boolean {
  return rows.querySelector('[tabindex="0"]') !== null
}

export function stepFrom(row: Element, direction: 1 | -1): void {
  let next: Element | null = row
  do next = direction > 0 ? next.nextElementSibling : next.previousElementSibling
  while (next && !next.classList.contains('entry'))
  if (!(next instanceof HTMLElement)) return
  focusRow(next)
  next.scrollIntoView({ block: 'nearest' })
}

/** The row of the entry in which something happened. */
export function rowOf(target: EventTarget | null): HTMLElement | undefined {
  const row = target instanceof Element ? target.closest('tr.entry') : null
  return row instanceof HTMLElement ? row : undefined
}
