/** The live tail: what is added behind the last row comes by a stream; a paused page keeps some of it, and then reads on where it left. */
import { queryOf } from './address.ts'
import { type Entry, parseEntry, retryMs, wordsOf } from './api.ts'
import { atBottom, showError, showTrouble, toEnd } from './elements.ts'
import { note } from './rows.ts'
import { addEntry, list, ROWS_MAX, state, tail, trim } from './shown.ts'
import { showEnds, showStatus } from './status.ts'

/** What is kept for a paused page: entries, and characters. */
const HELD_MAX = 1000
const HELD_WEIGHT_MAX = 8e6

/** What comes is added so often: each time the browser lays out all rows anew. */
const BATCH_MS = 50

let source: EventSource | undefined
let retry: ReturnType<typeof setTimeout> | undefined
let tries = 0
let heldWeight = 0
/** What has come since the last batch. */
let arrived: Entry[] = []
let batch: ReturnType<typeof setTimeout> | undefined

tail.connection = () => {
  if (source?.readyState === EventSource.OPEN) return 'open'
  return source || retry ? 'opening' : undefined
}

export function openTail(): void {
  disconnect()
  addArrived()
  if (state.until || tail.paused) return
  const cursor = list.entries.at(-1)?.cursor ?? ''
  const url = `stream/${queryOf(state, !cursor, { cursor })}`
  const mine = new EventSource(url)
  source = mine
  mine.onopen = () => {
    tries = 0
    showError('')
    showStatus()
  }
  mine.onmessage = ({ data }) => receive(parseEntry(data))
  mine.addEventListener('lost', ({ data }) => receive(parseEntry(data)))
  // A broken connection the browser opens again by itself, with Last-Event-ID; what was refused it does not.
  mine.onerror = () => {
    showStatus()
    if (mine.readyState === EventSource.CLOSED) refused(url)
  }
}

/** An EventSource does not tell why: it is asked for once more, for its words. */
async function refused(url: string): Promise<void> {
  disconnect()
  retry = setTimeout(openTail, retryMs(tries++))
  showStatus()
  const left = new AbortController()
  try {
    const response = await fetch(url, { headers: { Accept: 'text/event-stream' }, signal: left.signal })
    if (!response.ok) showTrouble(await wordsOf(response))
  } catch (error) {
    showTrouble(`No connection: ${error instanceof Error ? error.message : error}`)
  }
  left.abort()
}

function disconnect(): void {
  clearTimeout(retry)
  retry = undefined
  source?.close()
  source = undefined
}

/** For another list, or one that has lost its end: nothing is kept for it. */
export function closeTail(): void {
  disconnect()
  letGo()
  arrived = []
  tail.paused = false
}

function letGo(): void {
  tail.held = []
  tail.heldOver = false
  heldWeight = 0
}

function receive(entry: Entry): void {
  arrived.push(entry)
  batch ??= setTimeout(addArrived, BATCH_MS)
}

/** Rows are not taken from under somebody who reads further up: then they are kept, as in a pause. */
function addArrived(): void {
  clearTimeout(batch)
  batch = undefined
  const entries = arrived
  arrived = []
  if (entries.length > 0 && !atBottom() && list.entries.length >= ROWS_MAX) tail.paused = true
  if (tail.paused) for (const each of entries) hold(each)
  else append(entries)
  showStatus()
}

/** What is too much comes again when the tail is opened again. */
function hold(entry: Entry): void {
  if (tail.heldOver) return
  tail.held.push(entry)
  heldWeight += entry.weight
  if (tail.held.length < HELD_MAX && heldWeight <= HELD_WEIGHT_MAX) return
  tail.heldOver = true
  disconnect()
}

function append(entries: readonly Entry[]): void {
  if (entries.length === 0) return
  const follow = atBottom()
  for (const each of entries) {
    if (each.lost) note(`${each.lost} entries were removed from the journal before they could be read.`)
    else addEntry(each, 'bottom')
  }
  trim('top')
  if (follow) toEnd()
  showEnds()
}

/** Ends a pause: what was kept is shown. False when more came, or may have: then the tail is to be opened again. */
export function releaseHeld(): boolean {
  const { held, heldOver } = tail
  letGo()
  tail.paused = false
  toEnd()
  append(held)
  return !heldOver && source !== undefined
}
