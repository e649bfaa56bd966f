/** An entry as a server-sent event (log 4.4). On a range it has no id line; on a stream it has, for Last-Event-ID (log 3.4). */
import type { JournalEntry } from '../../shared/journal/entry.ts'
import { entryJson } from './json.ts'

/** A comment that keeps the connection, and the whole answer where nothing matched. */
export const PING = Buffer.from(': ping\n\n')

export function encodeSse(entry: JournalEntry): Uint8Array {
  return Buffer.from(`data: ${entryJson(entry)}\n\n`)
}

export function encodeSseWithId(entry: JournalEntry): Uint8Array {
  return Buffer.from(`id: ${entry.cursor}\ndata: ${entryJson(entry)}\n\n`)
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
