/** Accept header → the format of the answer (log 4.1). */
import type { JournalEntry } from '../shared/journal/entry.ts'
import { writeEntryJson } from './encode/entry-json.ts'
import type { Output } from './encode/output.ts'
import { writeSse, writeSseWithId } from './encode/sse.ts'
import { writeText } from './encode/text.ts'

export interface Format {
  /** For metrics. */
  name: 'text' | 'json' | 'sse'
  /** Without charset: the 1.9 suite compares for equality. */
  contentType: string
  /** The one field that it shows; left out for all. */
  only?: string
  /** Nothing where the entry has nothing to show. */
  write(entry: JournalEntry, out: Output): void
  /** The same with the id by which a client comes again, where the format has one. */
  writeWithId(entry: JournalEntry, out: Output): void
}

const TEXT: Format = {
  name: 'text',
  contentType: 'text/plain',
  only: 'MESSAGE',
  write: writeText,
  writeWithId: writeText,
}
const JSON_LINES: Format = {
  name: 'json',
  contentType: 'application/json',
  write: writeJsonLine,
  writeWithId: writeJsonLine,
}
const SSE: Format = { name: 'sse', contentType: 'text/event-stream', write: writeSse, writeWithId: writeSseWithId }

const NEWLINE = Buffer.from('\n')

function writeJsonLine(entry: JournalEntry, out: Output): void {
  writeEntryJson(entry, out)
  out.bytes(NEWLINE)
}

/** For the document of the API. */
export const TYPES = [TEXT, JSON_LINES, SSE].map(({ contentType }) => contentType)

/** More of a list is not looked at. */
const LIST_MAX = 32

/**
 * Case-sensitive, first of the list wins, no q-values but q=0; anything unknown is text.
 *
 * DEPARTURE (log 4.1): 1.9 compared the whole header, so that `application/json, text/plain` got text.
 */
export function formatFor(accept: string | undefined): Format {
  for (const item of (accept ?? '').split(',', LIST_MAX)) {
    const [type, ...parameters] = item.split(';').map(part => part.trim())
    if (parameters.some(parameter => /^q=0(\.0*)?$/.test(parameter))) continue
    if (type === 'application/json') return JSON_LINES
    if (type === 'text/event-stream') return SSE
    if (type === 'text/plain') return TEXT
  }
  return TEXT
}
