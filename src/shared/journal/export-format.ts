/**
 * The journal export format (systemd's "Journal Export Formats"), read as it comes: `NAME=text\n`, or `NAME\n`, a little-endian
 * 64-bit length, that many bytes, `\n`; an empty line ends an entry. Bounded: what is too long is cut while it passes by.
 */
import { ENTRY_MAX_BYTES, ENTRY_MAX_FIELDS, FIELD_MAX_BYTES, type JournalEntry, type JournalField } from './entry.ts'

export interface ExportParser {
  /** The entries that `chunk` completes. The chunk may be kept: do not write to it afterwards. */
  push(chunk: Buffer): JournalEntry[]
  /** Values cut and fields left out so far, by the limits of entry.ts. */
  readonly cut: number
}

const NEWLINE = 10
const LENGTH_BYTES = 8

/** A name and `=`; a line without `=` that is longer is not this format. */
const NAME_MAX_BYTES = 256

/** The state between two chunks. Throws TypeError for bytes that are not this format: journalctl writes nothing else. */
export function createExportParser(): ExportParser {
  /** Bytes not yet understood, joined only when that can lead further: large values come in many chunks. */
  let rest: Buffer[] = []
  let restBytes = 0
  /** How many bytes are needed to go on; 'line' when a line's end is. */
  let needed: number | 'line' = 0
  /** Of a value beyond its limit: still to be passed over; for text, up to the line's end. */
  let passing: { name: string; kept: Buffer; bytes: bigint } | { name: string; kept: Buffer; line: true } | undefined
  let entry = newEntry()
  let cut = 0

  function take(name: string, value: Uint8Array): void {
    if (name.startsWith('__')) {
      const text = Buffer.from(value).toString('latin1')
      if (name === '__CURSOR') entry.cursor = text
      else if (name === '__REALTIME_TIMESTAMP') entry.realtimeUs = Number(text)
      else if (name === '__MONOTONIC_TIMESTAMP') entry.monotonicUs = Number(text)
      return
    }
    if (entry.fields.length >= ENTRY_MAX_FIELDS || entry.sizeBytes + value.length > ENTRY_MAX_BYTES) {
      cut++
      return
    }
    entry.sizeBytes += value.length
    entry.fields.push({ name, value })
  }

  /** Passes over the rest of a value that is too long; where to go on, or undefined when all of `data` belongs to it. */
  function pass(data: Buffer, at: number): number | undefined {
    if (!passing) return at
    if ('line' in passing) {
      const end = data.indexOf(NEWLINE, at)
      if (end < 0) return undefined
      take(passing.name, passing.kept)
      passing = undefined
      return end + 1
    }
    const left = BigInt(data.length - at)
    if (left < passing.bytes) {
      passing.bytes -= left
      return undefined
    }
    const next = at + Number(passing.bytes)
    take(passing.name, passing.kept)
    passing = undefined
    return next
  }

  return {
    get cut() {
      return cut
    },
    push(chunk) {
      const entries: JournalEntry[] = []
      rest.push(chunk)
      restBytes += chunk.length
      if (needed === 'line' ? restBytes <= FIELD_MAX_BYTES && !chunk.includes(NEWLINE) : restBytes < needed) return []
      const data = rest.length === 1 ? chunk : Buffer.concat(rest, restBytes)
      rest = []
      restBytes = 0
      needed = 0
      let at = pass(data, 0)
      while (at !== undefined && at < data.length) {
        const end = data.indexOf(NEWLINE, at)
        const equals = end === at ? -1 : indexBefore(data, at, end < 0 ? data.length : end)
        if (end === at) {
          // Two empty lines in a row are no entry.
          if (entry.cursor !== '') entries.push(entry)
          entry = newEntry()
          at++
        } else if (equals >= 0 && end >= 0) {
          const name = data.toString('latin1', at, equals)
          if (end - equals - 1 > FIELD_MAX_BYTES) cut++
          take(name, data.subarray(equals + 1, Math.min(end, equals + 1 + FIELD_MAX_BYTES)))
          at = end + 1
        } else if (equals >= 0 && data.length - equals - 1 > FIELD_MAX_BYTES) {
          const kept = Buffer.from(data.subarray(equals + 1, equals + 1 + FIELD_MAX_BYTES))
          passing = { name: data.toString('latin1', at, equals), kept, line: true }
          cut++
          at = undefined
        } else if (end >= 0 && data.length >= end + 1 + LENGTH_BYTES) {
          const name = data.toString('latin1', at, end)
          const start = end + 1 + LENGTH_BYTES
          const length = data.readBigUInt64LE(end + 1)
          const kept = Math.min(Number(length), FIELD_MAX_BYTES)
          if (data.length < start + kept + 1) {
            needed = start + kept + 1 - at
            break
          }
          // The newline behind the value is passed over with what is cut.
          if (length > BigInt(FIELD_MAX_BYTES)) {
            passing = { name, kept: Buffer.from(data.subarray(start, start + kept)), bytes: length - BigInt(kept) + 1n }
            cut++
            at = pass(data, start + kept)
          } else {
            take(name, data.subarray(start, start + kept))
            at = start + kept + 1
          }
        } else {
          if (equals < 0 && end < 0 && data.length - at > NAME_MAX_BYTES) throw new TypeError('not the export format')
          needed = end < 0 ? 'line' : end + 1 + LENGTH_BYTES - at
          break
        }
      }
      if (at !== undefined && at < data.length) {
        rest = [data.subarray(at)]
        restBytes = data.length - at
      }
      return entries
    },
  }
}

/** Where the name ends: the first `=` before `end`, looked for no further than a name can be long. */
function indexBefore(data: Buffer, at: number, end: number): number {
  const limit = Math.min(end, at + NAME_MAX_BYTES)
  for (let i = at; i < limit; i++) if (data[i] === 0x3d) return i
  return -1
}

interface GrowingEntry {
  cursor: string
  realtimeUs: number
  monotonicUs: number
  fields: JournalField[]
  sizeBytes: number
}

function newEntry(): GrowingEntry {
  return { cursor: '', realtimeUs: 0, monotonicUs: 0, fields: [], sizeBytes: 0 }
}
