/** The elements of page-shell.html, and new ones. What an entry says is hostile: it goes into the document as text alone. */
import { clean } from './text.ts'

/** Throws when the page has none of this kind. */
export function find<T extends HTMLElement>(id: string, kind: new () => T): T {
  const found = document.getElementById(id)
  if (!(found instanceof kind)) throw new TypeError(id)
  return found
}

export const inputs = {
  unit: find('unit', HTMLInputElement),
  priority: find('priority', HTMLSelectElement),
  preset: find('preset', HTMLSelectElement),
  since: find('since', HTMLInputElement),
  until: find('until', HTMLInputElement),
  boot: find('boot', HTMLInputElement),
  filter: find('filter', HTMLInputElement),
}
export const form = find('form', HTMLFormElement)
export const pauseButton = find('pause', HTMLButtonElement)
export const download = find('download', HTMLAnchorElement)
export const older = find('older', HTMLButtonElement)
export const newer = find('newer', HTMLButtonElement)
/** What scrolls, and the rows in it. */
export const scroller = find('list', HTMLElement)
export const rows = find('rows', HTMLTableSectionElement)

export function say(id: string, text: string): void {
  find(id, HTMLElement).textContent = text
}

/** None for ''. */
export function showError(text: string): void {
  find('error', HTMLElement).hidden = !text
  say('error', clean(text))
}

/** What fails now, but is being tried again. */
export function showTrouble(text: string): void {
  showError(`${text}\nTrying again …`)
}

export function atBottom(): boolean {
  return scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 40
}

export function toEnd(): void {
  scroller.scrollTop = scroller.scrollHeight
}

export function element<K extends keyof HTMLElementTagNameMap>(
  name: K,
  className = '',
  text = '',
  title = '',
): HTMLElementTagNameMap[K] {
  const made = document.createElement(name)
  if (className) made.className = className
  made.textContent = text
  if (title) made.title = title
  return made
}

export function button(text: string, work: () => void, title: string): HTMLButtonElement {
  const made = element('button', '', text, title)
  made.type = 'button'
  made.onclick = work
  return made
}
