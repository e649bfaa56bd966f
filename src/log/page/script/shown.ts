/** What is shown now: the state that the address tells, the entries in rows, and what a paused page keeps. It holds them, and asks nobody. */
import { formatState, parseState, type State } from './address.ts'
import type { Entry } from './api.ts'
import { rows } from './elements.ts'
import { createRow, hasTabStop, removeRow } from './rows.ts'

export const ROWS_MAX = 2000

/** Characters of the entries of these rows. */
const WEIGHT_MAX = 32e6

export type End = 'top' | 'bottom'

interface Shown extends Entry {
  row: HTMLTableRowElement
}

export let state: State = parseState(location.hash)
export let list = newList()

export const tail = {
  /** Open, about to be, or neither. */
  connection: (): 'open' | 'opening' | undefined => undefined,
  paused: false,
  held: [] as Entry[],
  /** More came than is kept. */
  heldOver: false,
}

function newList() {
  return {
    entries: [] as Shown[],
    weight: 0,
    /** Its first entry is the oldest, its last one the newest: what follows comes by the tail. */
    topDone: false,
    atEnd: false,
    /** Where entries were taken away last, since there were too many. */
    dropped: '' as End | '',
    busy: false,
    failed: false,
    gone: new AbortController(),
  }
}
export type List = ReturnType<typeof newList>

/** By way of the address, which whoever listens to `hashchange` reads. */
export function go(next: State): void {
  const hash = formatState(next)
  if (hash === location.hash || (hash === '#' && !location.hash)) dispatchEvent(new Event('hashchange'))
  else location.hash = hash
}

/** What the address tells now, without any entries yet. */
export function begin(): void {
  list.gone.abort()
  state = parseState(location.hash)
  list = newList()
  rows.replaceChildren()
}

export function addEntry(entry: Entry, where: End): void {
  const row = createRow(entry)
  if (!hasTabStop()) row.tabIndex = 0
  const shown = { ...entry, row }
  if (where === 'top') {
    rows.prepend(row)
    list.entries.unshift(shown)
  } else {
    rows.append(row)
    list.entries.push(shown)
  }
  list.weight += entry.weight
}

/** A bounded page: what is farthest from where rows were added goes, and its end says so. Whether anything did. */
export function trim(from: End): boolean {
  let gone = 0
  while (list.entries.length > ROWS_MAX || (list.weight > WEIGHT_MAX && list.entries.length > 1)) {
    const entry = from === 'top' ? list.entries.shift() : list.entries.pop()
    if (!entry) break
    list.weight -= entry.weight
    removeRow(entry.row)
    gone++
  }
  if (gone === 0) return false
  list[from === 'top' ? 'topDone' : 'atEnd'] = false
  list.dropped = from
  return true
}
