/** Accept header → the format of the answer (log 4.1). */
import type { JournalEntry } from '../shared/journal/entry.ts'
import { encodeJson } from './encode/json.ts'
import { encodeSse, encodeSseWithId } from './encode/sse.ts'
import { encodeText } from './encode/text.ts'

export interface Format {
  /** For metrics. */
  name: 'text' | 'json' | 'sse'
  /** Without charset: the 1.9 suite compares for equality. */
  contentType: string
  /** Bytes of one entry; empty where the entry has nothing to show. */
  encode(entry: JournalEntry): Uint8Array
  /** The same with the id by which a client comes again, where the format has one. */
  encodeWithId(entry: JournalEntry): Uint8Array
}

const TEXT: Format = { name: 'text', contentType: 'text/plain', encode: encodeText, encodeWithId: encodeText }
const JSON_LINES: Format = {
  name: 'json',
  contentType: 'application/json',
  encode: encodeJson,
  encodeWithId: encodeJson,
}
const SSE: Format = { name: 'sse', contentType: 'text/event-stream', encode: encodeSse, encodeWithId: encodeSseWithId }

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
