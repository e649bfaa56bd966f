/** Accept header → the format of the answer (log 4.1). */
import type { JournalEntry } from '../shared/journal/entry.ts'
import { writeEntryJson } from './encode/entry-json.ts'
import { entryJsonParts } from './encode/large-json.ts'
import type { Output } from './encode/output.ts'
import { sseParts, writeSse, writeSseWithId } from './encode/sse.ts'
import { textParts, writeText } from './encode/text.ts'

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
  /** Both for an entry that is large: yields whenever what was written is to be taken out. */
  parts(entry: JournalEntry, out: Output, withId: boolean): Generator<void>
}

const TEXT: Format = {
  name: 'text',
  contentType: 'text/plain',
  only: 'MESSAGE',
  write: writeText,
  writeWithId: writeText,
  parts: textParts,
}
const JSON_LINES: Format = {
  name: 'json',
  contentType: 'application/json',
  write: writeJsonLine,
  writeWithId: writeJsonLine,
  parts: jsonLineParts,
}
const SSE: Format = {
  name: 'sse',
  contentType: 'text/event-stream',
  write: writeSse,
  writeWithId: writeSseWithId,
  parts: sseParts,
}

const NEWLINE = Buffer.from('\n')

function writeJsonLine(entry: JournalEntry, out: Output): void {
  writeEntryJson(entry, out)
  out.bytes(NEWLINE)
}

function* jsonLineParts(entry: JournalEntry, out: Output): Generator<void> {
  yield* entryJsonParts(entry, out)
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
