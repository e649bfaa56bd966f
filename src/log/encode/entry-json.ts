/**
 * An entry as a JSON object (log 4.3). Most of an entry's fields come again with others of its unit as the same objects: what they make
 * up together is kept as bytes, into which the fields of the entry alone are put.
 */
import type { JournalEntry, JournalField } from '../../shared/journal/entry.ts'
import { quote, quoteBytes, SHORT_ESCAPES } from './json.ts'
import type { Output } from './output.ts'

/** Entries with the same fields but for the values of those that have no number. */
interface Template {
  readonly fields: readonly JournalField[]
  /** Bytes before each of the entry's own values, and after the last. */
  readonly parts: readonly Buffer[]
  /** Where in `fields` each of those values is. */
  readonly own: readonly number[]
}

/** Direct-mapped: two that want one slot displace each other. */
const SLOTS = 512
/** Larger ones are not kept: so all together are at most 1 MiB. */
const KEPT_BYTES = 2048

const templates: (Template | undefined)[] = new Array(SLOTS).fill(undefined)

const CURSOR = Buffer.from('},"cursor":"')
const MONOTONIC = Buffer.from('","monotonic_timestamp":')
const REALTIME = Buffer.from(',"realtime_timestamp":')
const END = Buffer.from('}')

/** `{"fields":{…},"cursor":"…","monotonic_timestamp":µs,"realtime_timestamp":µs}`; cursors have nothing to escape. */
export function writeEntryJson({ fields, cursor, monotonicUs, realtimeUs }: JournalEntry, out: Output): void {
  const { parts, own } = templateOf(fields)
  for (let i = 0; i < own.length; i++) {
    out.bytes(parts[i]!)
    const { value } = fields[own[i]!]!
    if (!out.escaped(value, SHORT_ESCAPES)) out.text(quoteBytes(value).slice(1, -1))
  }
  out.bytes(parts[own.length]!)
  writeEnd(cursor, monotonicUs, realtimeUs, out)
}

/** All behind the fields. */
export function writeEnd(cursor: string, monotonicUs: number, realtimeUs: number, out: Output): void {
  out.bytes(CURSOR)
  out.text(cursor)
  out.bytes(MONOTONIC)
  out.number(monotonicUs)
  out.bytes(REALTIME)
  out.number(realtimeUs)
  out.bytes(END)
}

function templateOf(fields: readonly JournalField[]): Template {
  let hash = fields.length
  for (const { number = 0 } of fields) hash = (Math.imul(hash, 31) + number) | 0
  const slot = (hash ^ (hash >>> 8)) & (SLOTS - 1)
  const known = templates[slot]
  if (known !== undefined && fits(known.fields, fields)) return known
  const made = makeTemplate(fields)
  const sizeBytes = made.parts.reduce((sum, part) => sum + part.length, 0)
  if (sizeBytes <= KEPT_BYTES && fields.some(({ number }) => number !== undefined)) templates[slot] = made
  return made
}

function fits(known: readonly JournalField[], fields: readonly JournalField[]): boolean {
  if (known.length !== fields.length) return false
  for (let i = 0; i < fields.length; i++) {
    const field = fields[i]!
    const other = known[i]!
    if (field === other) continue
    if (field.number !== undefined || other.number !== undefined || field.name !== other.name) return false
  }
  return true
}

/** Names sorted bytewise, the last value wins. */
function makeTemplate(fields: readonly JournalField[]): Template {
  const last = new Map(fields.map(({ name }, index) => [name, index]))
  const parts: Buffer[] = []
  const own: number[] = []
  let text = '{"fields":{'
  let separator = ''
  // Names are ASCII, where the order of UTF-16 units is that of bytes.
  for (const name of [...last.keys()].sort()) {
    const index = last.get(name)!
    const { value, number } = fields[index]!
    text += `${separator}${quote(name)}:`
    separator = ','
    if (number !== undefined) text += quoteBytes(value)
    else {
      parts.push(Buffer.from(`${text}"`))
      own.push(index)
      text = '"'
    }
  }
  parts.push(Buffer.from(text))
  // The values of this entry are not needed again.
  const kept = fields.map(field => (field.number === undefined ? { name: field.name, value: NOTHING } : field))
  return { fields: kept, parts, own }
}

const NOTHING = new Uint8Array(0)
