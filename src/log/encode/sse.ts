/** An entry as a server-sent event (log 4.4). On a range it has no id line. */
import type { JournalEntry } from '../../shared/journal/entry.ts'
import { entryJson } from './json.ts'

/** A comment that keeps the connection, and the whole answer where nothing matched. */
export const PING = Buffer.from(': ping\n\n')

export function encodeSse(entry: JournalEntry): Uint8Array {
  return Buffer.from(`data: ${entryJson(entry)}\n\n`)
}
