/** An entry as a line of text (log 4.2): local time of the daemon, colon, MESSAGE as it is, newline. */
import type { JournalEntry } from '../../shared/journal/entry.ts'

const NOTHING = Buffer.alloc(0)
const NEWLINE = Buffer.from('\n')

/** The last MESSAGE counts; without one there is no line. A message of several lines is written raw. */
export function encodeText({ fields, realtimeUs }: JournalEntry): Uint8Array {
  const message = fields.findLast(field => field.name === 'MESSAGE')
  if (!message) return NOTHING
  return Buffer.concat([Buffer.from(`${secondsText(realtimeUs)}: `), message.value, NEWLINE])
}

let lastSecond = Number.NaN
let lastText = ''

/** `2017-03-08 10:50:47` in the process's time zone; the last one is kept, since entries of one second follow each other. */
function secondsText(realtimeUs: number): string {
  const second = Math.floor(realtimeUs / 1e6)
  if (second !== lastSecond) {
    const time = new Date(second * 1000)
    const date = [time.getFullYear().toString().padStart(4, '0'), two(time.getMonth() + 1), two(time.getDate())]
    lastText = `${date.join('-')} ${[time.getHours(), time.getMinutes(), time.getSeconds()].map(two).join(':')}`
    lastSecond = second
  }
  return lastText
}

function two(number: number): string {
  return number.toString().padStart(2, '0')
}
