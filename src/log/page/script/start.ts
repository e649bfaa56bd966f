/** The script of the page: what its user does → what it does. `npm run golden` puts it into page.html, with all that it imports. */
import { atBottom, form, inputs, newer, older, pauseButton, rows, scroller } from './elements.ts'
import { formChanged } from './form.ts'
import { load, loadNewer, loadOlder, togglePause } from './load.ts'
import { focusRow, rowOf, stepFrom, toggle } from './rows.ts'
import { go, list, state } from './shown.ts'

form.onsubmit = event => event.preventDefault()
form.onchange = ({ target }) => formChanged(target)
pauseButton.onclick = togglePause
older.onclick = () => {
  list.failed = false
  loadOlder()
}
newer.onclick = () => {
  list.failed = false
  loadNewer()
}
rows.onclick = ({ target }) => {
  const row = rowOf(target)
  if (!row || String(getSelection())) return
  focusRow(row)
  toggle(row, state, go)
}
scroller.onscroll = () => {
  if (scroller.scrollTop < 200) loadOlder()
  else if (atBottom()) loadNewer()
}
addEventListener('keydown', event => {
  const { key, target } = event
  if (event.ctrlKey || event.metaKey || event.altKey) return
  if (target instanceof HTMLInputElement || target instanceof HTMLSelectElement) return
  const row = rowOf(target)
  if (key === '/') inputs.filter.focus()
  else if (key === 'p') pauseButton.click()
  else if (row && key === 'ArrowDown') stepFrom(row, 1)
  else if (row && key === 'ArrowUp') stepFrom(row, -1)
  else if (row && key === 'Enter') toggle(row, state, go)
  else return
  event.preventDefault()
})
addEventListener('hashchange', load)
load()
