/** What the page says of itself: whether it is live, and what lies beyond its first and last row. */
import { find, newer, older, pauseButton, say } from './elements.ts'
import { list, ROWS_MAX, state, tail } from './shown.ts'

export function showEnds(): void {
  const { topDone, atEnd, dropped, entries } = list
  older.hidden = topDone || !entries.length
  newer.hidden = atEnd || !entries.length
  const onlyRows = `Only ${ROWS_MAX} rows are kept:`
  const top = topDone && entries.length ? 'The oldest entry.' : ''
  say('top', dropped === 'top' && !topDone ? `${onlyRows} older ones were dropped.` : top)
  const bottom = entries.length ? '' : 'No entries.'
  say('bottom', dropped === 'bottom' && !atEnd ? `${onlyRows} newer ones were dropped.` : bottom)
  showStatus()
}

export function showStatus(): void {
  const [text, kind] = statusNow()
  say('status', text)
  find('status', HTMLElement).className = kind
  pauseButton.textContent = tail.paused ? 'Resume' : 'Pause'
  pauseButton.disabled = !tail.paused && !tail.connection()
}

function statusNow(): [text: string, className: string] {
  const { paused, held, heldOver } = tail
  const connection = tail.connection()
  if (paused) return [`Paused, ${heldOver ? 'more than ' : ''}${held.length} new`, 'wait']
  if (connection === 'open') return ['Live', 'live']
  if (connection) return ['Connecting …', 'wait']
  if (list.failed) return ['Failed', 'wait']
  if (list.busy) return ['Loading …', 'wait']
  return [state.until ? 'Fixed time' : 'Not at the end', '']
}
