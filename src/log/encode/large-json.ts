/** A large entry as a JSON object (log 4.3), in parts: the whole may be a hundred megabytes, where each byte of a value has an escape. */
import type { JournalEntry } from '../../shared/journal/entry.ts'
import { writeEnd } from './entry-json.ts'
import { quote, writeEscapedPart } from './json.ts'
import type { Output } from './output.ts'

/** Of a value; up to six times as much comes out. */
const PART_BYTES = 64 * 1024

/** As `writeEntryJson`; yields whenever there is a part to be taken. Between two of them the values may have been read again. */
export function* entryJsonParts(entry: JournalEntry, out: Output): Generator<void> {
  const last = new Map(entry.fields.map(({ name }, index) => [name, index]))
  let separator = ''
  out.text('{"fields":{')
  for (const name of [...last.keys()].sort()) {
    const index = last.get(name)!
    out.text(`${separator}${quote(name)}:"`)
    separator = ','
    const { length } = entry.fields[index]!.value
    for (let at = 0; at < length; ) {
      at = writeEscapedPart(entry.fields[index]!.value, at, PART_BYTES, out)
      if (out.sizeBytes >= PART_BYTES) yield
    }
    out.text('"')
  }
  writeEnd(entry.cursor, entry.monotonicUs, entry.realtimeUs, out)
}
