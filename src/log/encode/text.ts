/** An entry as a line of text (log 4.2): local time of the daemon, colon, MESSAGE as it is, newline. */
import type { JournalEntry } from '../../shared/journal/entry.ts'
import type { Output } from './output.ts'

const NEWLINE = Buffer.from('\n')
/** Of a large message. */
const PART_BYTES = 64 * 1024

/** The last MESSAGE counts; without one there is no line. A message of several lines is written raw. */
export function writeText({ fields, realtimeUs }: JournalEntry, out: Output): void {
  for (let i = fields.length - 1; i >= 0; i--) {
    const { name, value } = fields[i]!
    if (name !== 'MESSAGE') continue
    out.bytes(secondsText(realtimeUs))
    out.bytes(value)
    out.bytes(NEWLINE)
    return
  }
}

/** The same of a large entry, in parts: yields whenever there is one to be taken. */
export function* textParts(entry: JournalEntry, out: Output): Generator<void> {
  const index = entry.fields.findLastIndex(({ name }) => name === 'MESSAGE')
  if (index < 0) return
  out.bytes(secondsText(entry.realtimeUs))
  const { length } = entry.fields[index]!.value
  for (let at = 0; at < length; at += PART_BYTES) {
    out.bytes(entry.fields[index]!.value.subarray(at, at + PART_BYTES))
    yield
  }
  out.bytes(NEWLINE)
}

let lastSecond = Number.NaN
let lastText = Buffer.alloc(0)

/** `2017-03-08 10:50:47: ` in the process's time zone; the last one is kept, since entries of one second follow each other. */
function secondsText(realtimeUs: number): Buffer {
  const second = Math.floor(realtimeUs / 1e6)
  if (second !== lastSecond) {
    const time = new Date(second * 1000)
    const date = [time.getFullYear().toString().padStart(4, '0'), two(time.getMonth() + 1), two(time.getDate())]
    const clock = [time.getHours(), time.getMinutes(), time.getSeconds()].map(two)
    lastText = Buffer.from(`${date.join('-')} ${clock.join(':')}: `)
    lastSecond = second
  }
  return lastText
}

function two(number: number): string {
  return number.toString().padStart(2, '0')
}
