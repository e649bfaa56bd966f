/** An entry as a server-sent event (log 4.4). On a range it has no id line; on a stream it has, for Last-Event-ID (log 3.4). */
import type { JournalEntry } from '../../shared/journal/entry.ts'
import { writeEntryJson } from './entry-json.ts'
import { entryJsonParts } from './large-json.ts'
import type { Output } from './output.ts'

/** A comment that keeps the connection, and the whole answer where nothing matched. */
export const PING = Buffer.from(': ping\n\n')

const DATA = Buffer.from('data: ')
const ID = Buffer.from('id: ')
const NEWLINE = Buffer.from('\n')
const END = Buffer.from('\n\n')

export function writeSse(entry: JournalEntry, out: Output): void {
  out.bytes(DATA)
  writeEntryJson(entry, out)
  out.bytes(END)
}

export function writeSseWithId(entry: JournalEntry, out: Output): void {
  writeId(entry, out)
  writeSse(entry, out)
}

/** DEPARTURE (log 4.11): the answer ends here, and is not whole. To the old CLI an entry without MESSAGE, as `lostEvent`. */
export function cutEvent(why: string): Uint8Array {
  return Buffer.from(`event: cut\ndata: ${JSON.stringify({ fields: {}, cut: why })}\n\n`)
}

/** The same of a large entry, in parts. */
export function* sseParts(entry: JournalEntry, out: Output, withId: boolean): Generator<void> {
  if (withId) writeId(entry, out)
  out.bytes(DATA)
  yield* entryJsonParts(entry, out)
  out.bytes(END)
}

function writeId({ cursor }: JournalEntry, out: Output): void {
  out.bytes(ID)
  out.text(cursor)
  out.bytes(NEWLINE)
}

/**
 * DEPARTURE (log 4.7): so many entries were removed from the journal before they could be sent. An event of another name than
 * `message`, which dcos-ui does not listen to; to the old CLI, which looks at no name, an entry without MESSAGE, which it skips (log 8).
 */
export function lostEvent(entries: bigint, nowMs: number): Uint8Array {
  return Buffer.from(
    `event: lost\ndata: {"fields":{},"lost":${entries},"realtime_timestamp":${Math.round(nowMs) * 1000}}\n\n`,
  )
}
