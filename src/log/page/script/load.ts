/** Entries by the API's ranges: the newest, or those around the one that a link means; older and newer ones as somebody scrolls. */
import { queryOf } from './address.ts'
import { askRange } from './api.ts'
import { scroller, showError, showTrouble, toEnd } from './elements.ts'
import { showState } from './form.ts'
import { focusRow, note } from './rows.ts'
import { addEntry, begin, type List, list, state, tail, trim } from './shown.ts'
import { showEnds, showStatus } from './status.ts'
import { closeTail, openTail, releaseHeld } from './tail.ts'

/** Entries of one request. */
const CHUNK = 200

/** What the address tells. */
export function load(): void {
  begin()
  closeTail()
  showState()
  task(mine => (state.cursor ? loadAround(mine) : loadTail(mine)))
}

/** Work on the list shown now; what fails is told, what was left is not. */
async function task(work: (mine: List) => Promise<void>): Promise<void> {
  const mine = list
  if (mine.busy) return
  mine.busy = true
  showStatus()
  try {
    await work(mine)
    showError('')
  } catch (error) {
    if (!mine.gone.signal.aborted) {
      showError(error instanceof Error ? error.message : String(error))
      mine.failed = true
    }
  }
  mine.busy = false
  if (mine === list) showEnds()
}

/** At most `limit` entries; `ended` when there are no more. */
async function ask(mine: List, times: boolean, more: Record<string, string>, limit = CHUNK) {
  const query = queryOf(state, times, { ...more, limit })
  const { entries, whole } = await askRange(query, mine.gone.signal, showTrouble)
  return { entries, ended: whole && entries.length < limit }
}

async function loadTail(mine: List): Promise<void> {
  const { entries, ended } = await ask(mine, true, { read_reverse: 'true' })
  mine.topDone = ended
  for (const each of entries) addEntry(each, 'top')
  toEnd()
  reachEnd(mine)
}

/** A cursor's own entry is never sent: it is what comes behind the one before it, or behind nothing. */
async function loadAround(mine: List): Promise<void> {
  const { cursor } = state
  const before = await ask(mine, true, { cursor, read_reverse: 'true' }, CHUNK / 2)
  for (const each of before.entries) addEntry(each, 'top')
  mine.topDone = before.ended
  const behind = before.entries[0]?.cursor ?? ''
  const after = await ask(mine, !behind, { cursor: behind }, CHUNK / 2)
  for (const each of after.entries) addEntry(each, 'bottom')
  const marked = mine.entries.find(each => each.cursor === cursor)
  if (marked) {
    marked.row.classList.add('marked')
    marked.row.scrollIntoView({ block: 'center' })
    focusRow(marked.row)
  } else note('The entry of this link is not among these: a filter leaves it out, or it was removed from the journal.')
  if (after.ended) reachEnd(mine)
}

function reachEnd(mine: List): void {
  mine.atEnd = true
  openTail()
}

export function loadOlder(): void {
  const oldest = list.entries[0]
  if (list.topDone || list.failed || !oldest) return
  task(async mine => {
    const { entries, ended } = await ask(mine, true, { cursor: oldest.cursor, read_reverse: 'true' })
    mine.topDone = ended
    const { scrollHeight, scrollTop } = scroller
    for (const each of entries) addEntry(each, 'top')
    scroller.scrollTop = scrollTop + scroller.scrollHeight - scrollHeight
    // What follows the last row is no longer what comes next.
    if (trim('bottom')) closeTail()
  })
}

export function loadNewer(): void {
  const newest = list.entries.at(-1)
  if (list.atEnd || list.failed || !newest) return
  task(async mine => {
    const { entries, ended } = await ask(mine, false, { cursor: newest.cursor })
    for (const each of entries) addEntry(each, 'bottom')
    trim('top')
    if (ended) reachEnd(mine)
  })
}

/** Of a pause nothing is lost: what was kept, then on from its last cursor. */
export function togglePause(): void {
  if (tail.paused) {
    const whole = releaseHeld()
    if (!list.atEnd) loadNewer()
    else if (!whole) openTail()
  } else tail.paused = true
  showStatus()
}
