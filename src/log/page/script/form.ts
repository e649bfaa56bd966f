/** The form above the rows ↔ what is shown. */
import { queryOf } from './address.ts'
import { button, download, element, find, inputs } from './elements.ts'
import { go, state } from './shown.ts'
import { clean, localIso } from './text.ts'

export function showState(): void {
  const { unit, priority, since, until, boot, filters } = state
  inputs.unit.value = unit
  inputs.boot.value = boot
  inputs.priority.value = priority
  const { preset } = inputs
  const chosen = until || (since && !since.startsWith('-')) ? 'set' : since
  if (![...preset.options].some(({ value }) => value === chosen)) {
    const option = element('option', '', `last ${chosen.slice(1)}`)
    option.value = chosen
    preset.append(option)
  }
  preset.value = chosen
  showTimes()
  inputs.since.value = chosen === 'set' ? localInput(since) : ''
  inputs.until.value = localInput(until)
  const without = filters.map((each, at) => {
    const others = filters.toSpliced(at, 1)
    return button(`${clean(each)} ×`, () => go({ ...state, cursor: '', filters: others }), 'Remove this filter')
  })
  find('filters', HTMLElement).replaceChildren(...without)
  const postfix = (unit || 'journal').replace(/\.service$/, '')
  download.href = `range/download${queryOf(state, true, { postfix })}`
}

function showTimes(): void {
  for (const each of document.querySelectorAll<HTMLElement>('.times')) each.hidden = inputs.preset.value !== 'set'
}

/** A point in time → what an input of the browser's zone takes. */
function localInput(text: string): string {
  const ms = Date.parse(text)
  return Number.isNaN(ms) ? '' : localIso(ms).slice(0, 19)
}

/** From … to … waits for one of its times. */
export function formChanged(target: EventTarget | null): void {
  showTimes()
  if (target !== inputs.preset || inputs.preset.value !== 'set') apply()
}

function apply(): void {
  const absolute = ({ value }: HTMLInputElement) => (value ? new Date(value).toISOString() : '')
  const preset = inputs.preset.value
  const times =
    preset === 'set' ? { since: absolute(inputs.since), until: absolute(inputs.until) } : { since: preset, until: '' }
  const added = inputs.filter.value.trim()
  inputs.filter.value = ''
  go({
    unit: inputs.unit.value.trim(),
    priority: inputs.priority.value,
    boot: inputs.boot.value.trim(),
    ...times,
    cursor: '',
    filters: added ? [...state.filters, added] : state.filters,
  })
}
