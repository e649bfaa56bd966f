/**
 * Domain names: presentation form ↔ wire form with compression (RFC 1035 3.1, 4.1.4, 5.1). Inside, a name is always the text with
 * a final dot and its own capitals (`Ready.spartan.`, the root is `.`); a dot or backslash within a label is escaped by a backslash,
 * bytes outside printable ASCII are written `\DDD`.
 */
import { faults } from './errors.ts'
import type { WireReader, WireWriter } from './wire.ts'

/** RFC 1035 2.3.4; the name's limit counts length bytes and the final zero. */
const LABEL_MAX_BYTES = 63
const NAME_MAX_BYTES = 255

/** The two top bits of a length byte: 00 a label, 11 a pointer, the rest never came into use (RFC 6891 5). */
const POINTER = 0xc0
/** A pointer has 14 bits: what stands further back cannot be pointed at. */
const POINTER_TARGET_MAX = 0x3fff

/**
 * A name has at most 127 labels, and each may be followed by one pointer. Without this limit pointers to pointers make a message of
 * 64 KiB cost 8,000 steps a name.
 */
const POINTERS_MAX = 127

const DOT = 0x2e
const BACKSLASH = 0x5c

/**
 * The name at the reader's place, pointers followed; the reader then stands behind the name's own bytes. Pointers may only lead to
 * before the label run that they end, so a loop is impossible. Throws DNS_WIRE_MESSAGE_MALFORMED.
 */
export function decodeName(reader: WireReader): string {
  const { bytes } = reader
  const startedAt = reader.offset
  let name = ''
  let wireBytes = 1
  let pointers = 0
  // Once a pointer was followed, the reader's place is settled and the limit of the record no longer binds.
  let at = startedAt
  let runStart = startedAt
  let limit = reader.limit
  for (;;) {
    if (at >= limit) throw faults.MESSAGE_MALFORMED('a name is cut off', at)
    const length = bytes[at]! // just checked
    if (length === 0) break
    if (length >= POINTER) {
      if (at + 1 >= limit) throw faults.MESSAGE_MALFORMED('a name pointer is cut off', at)
      const target = ((length & ~POINTER) << 8) | bytes[at + 1]! // just checked
      if (target >= runStart) throw faults.MESSAGE_MALFORMED('a name pointer does not lead backwards', at)
      if (++pointers > POINTERS_MAX) throw faults.MESSAGE_MALFORMED('a name has too many pointers', at)
      if (pointers === 1) reader.offset = at + 2
      limit = bytes.length
      at = target
      runStart = target
      continue
    }
    if (length > LABEL_MAX_BYTES) throw faults.MESSAGE_MALFORMED('a label has an unknown form', at)
    wireBytes += length + 1
    if (wireBytes > NAME_MAX_BYTES) throw faults.MESSAGE_MALFORMED('a name is longer than 255 bytes', startedAt)
    if (at + 1 + length > limit) throw faults.MESSAGE_MALFORMED('a label is cut off', at)
    name += `${formatLabel(bytes, at + 1, at + 1 + length)}.`
    at += 1 + length
  }
  if (pointers === 0) reader.offset = at + 1
  return name === '' ? '.' : name
}

/**
 * Writes a name, with or without final dot. `compress`: end in a pointer to an equal rest written before, capitals included, so that
 * nobody's spelling changes. Throws DNS_WIRE_NAME_INVALID.
 */
export function encodeName(writer: WireWriter, name: string, compress: boolean): void {
  const labels = splitName(name)
  // The name as it goes on from each label, as the key of the compression table.
  let rest = labels.map(label => `${label.text}.`).join('')
  let wireBytes = 1
  for (const label of labels) wireBytes += label.bytes.length + 1
  if (wireBytes > NAME_MAX_BYTES) throw faults.NAME_INVALID(name, 'longer than 255 bytes')
  for (const { text, bytes } of labels) {
    const earlier = writer.names.get(rest)
    if (compress && earlier !== undefined) {
      writer.uint16('name pointer', (POINTER << 8) | earlier)
      return
    }
    if (earlier === undefined && writer.offset <= POINTER_TARGET_MAX) writer.names.set(rest, writer.offset)
    writer.uint8('label length', bytes.length)
    writer.latin1(bytes)
    rest = rest.slice(text.length + 1)
  }
  writer.uint8('end of name', 0)
}

/** Labels from the left, each as bytes (one character a byte): `a\.b.mesos.` → `['a.b', 'mesos']`. Throws DNS_WIRE_NAME_INVALID. */
export function labelsOf(name: string): string[] {
  return splitName(name).map(label => label.bytes)
}

/** For comparing: lower case in ASCII only (RFC 4343), with final dot, each byte spelled one way. Throws DNS_WIRE_NAME_INVALID. */
export function canonicalName(name: string): string {
  const labels = splitName(name).map(({ bytes }) => formatLabel(Buffer.from(bytes, 'latin1'), 0, bytes.length))
  return labels.length === 0 ? '.' : lowerAscii(`${labels.join('.')}.`)
}

/** Whether `name` is `zone` or below it, both canonical. */
export function isWithin(name: string, zone: string): boolean {
  if (zone === '.' || name === zone) return true
  // A preceding dot that is itself escaped belongs to a label: `a\.mesos.` is not below `mesos.`.
  if (!name.endsWith(`.${zone}`)) return false
  const before = name.slice(0, name.length - zone.length - 1)
  return (/\\*$/.exec(before)?.[0].length ?? 0) % 2 === 0
}

interface Label {
  /** As written. */
  text: string
  /** Unescaped, one character a byte. */
  bytes: string
}

function splitName(name: string): Label[] {
  if (name === '.' || name === '') return []
  const labels: Label[] = []
  let bytes = ''
  let start = 0
  const end = (at: number) => {
    if (bytes === '') throw faults.NAME_INVALID(name, 'an empty label')
    if (bytes.length > LABEL_MAX_BYTES) throw faults.NAME_INVALID(name, 'a label longer than 63 bytes')
    labels.push({ text: name.slice(start, at), bytes })
    start = at + 1
    bytes = ''
  }
  for (let i = 0; i < name.length; i++) {
    const code = name.charCodeAt(i)
    if (code === DOT) end(i)
    else if (code === BACKSLASH) {
      const decimal = /^[0-9]{3}/.exec(name.slice(i + 1, i + 4))?.[0]
      if (decimal !== undefined) {
        if (Number(decimal) > 255) throw faults.NAME_INVALID(name, `no byte has the value ${decimal}`)
        bytes += String.fromCharCode(Number(decimal))
        i += 3
      } else {
        const escaped = name.charCodeAt(i + 1)
        if (!isPrintable(escaped) || isDigit(escaped)) throw faults.NAME_INVALID(name, 'an unfinished escape')
        bytes += name[++i]
      }
    } else if (isPrintable(code)) bytes += name[i]
    else throw faults.NAME_INVALID(name, 'a character outside printable ASCII')
  }
  if (start < name.length) end(name.length)
  return labels
}

function formatLabel(bytes: Buffer, start: number, end: number): string {
  for (let i = start; i < end; i++) {
    const byte = bytes[i]! // within the label
    if (!isPrintable(byte) || byte === DOT || byte === BACKSLASH) return escapeLabel(bytes, start, end)
  }
  return bytes.toString('latin1', start, end)
}

function escapeLabel(bytes: Buffer, start: number, end: number): string {
  let text = ''
  for (const byte of bytes.subarray(start, end)) {
    if (byte === DOT || byte === BACKSLASH) text += `\\${String.fromCharCode(byte)}`
    else text += isPrintable(byte) ? String.fromCharCode(byte) : `\\${String(byte).padStart(3, '0')}`
  }
  return text
}

function isPrintable(byte: number): boolean {
  return byte > 0x20 && byte < 0x7f
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39
}

function lowerAscii(text: string): string {
  return text.replace(/[A-Z]+/g, letters => letters.toLowerCase())
}
