/** Fields as JSON (log 4.3), byte for byte as Go's encoding/json writes them. */
import { isUtf8 } from 'node:buffer'
import type { JournalField } from '../../shared/journal/entry.ts'
import { NO_SHORT_FORM, type Output } from './output.ts'

/** `{"MESSAGE":"…",…}`: names sorted bytewise, last value wins. */
export function fieldsJson(fields: readonly JournalField[]): string {
  const last = new Map(fields.map(({ name, value }) => [name, value]))
  // Names are ASCII, where the order of UTF-16 units is that of bytes.
  const members = [...last.keys()].sort().map(name => `${quote(name)}:${quoteBytes(last.get(name)!)}`)
  return `{${members.join(',')}}`
}

/** What Go escapes: controls, quotes, and HTML's and JavaScript's own characters. */
const ESCAPED = /[\u0000-\u001f"\\<>&\u2028\u2029]/
const ALL_ESCAPED = new RegExp(ESCAPED, 'g')

/** For `Output.escaped`: the same for bytes of ASCII. */
export const SHORT_ESCAPES = Uint8Array.from({ length: 256 }, (_, byte) => {
  const character = String.fromCharCode(byte)
  const short = { '"': '"', '\\': '\\', '\n': 'n', '\r': 'r', '\t': 't' }[character]
  if (short !== undefined) return short.charCodeAt(0)
  return byte >= 0x80 || ESCAPED.test(character) ? NO_SHORT_FORM : 0
})

export function quote(text: string): string {
  return `"${escapeText(text)}"`
}

export function quoteBytes(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (isUtf8(buffer)) return quote(buffer.toString('utf8'))
  // Each byte that is not UTF-8 becomes one escape, while a U+FFFD that was in the text stays as it is.
  const parts: string[] = []
  let valid = 0
  for (let at = 0; at < buffer.length; ) {
    const length = sequenceLength(buffer, at)
    if (length === 0) {
      if (valid < at) parts.push(escapeText(buffer.toString('utf8', valid, at)))
      parts.push('\\ufffd')
      valid = ++at
    } else at += length
  }
  if (valid < buffer.length) parts.push(escapeText(buffer.toString('utf8', valid)))
  return `"${parts.join('')}"`
}

const ESCAPES = Array.from({ length: 0x80 }, (_, byte) => escapeOf(String.fromCharCode(byte)))
const LINE_SEPARATOR = escapeOf('\u2028')!
const PARAGRAPH_SEPARATOR = escapeOf('\u2029')!
const REPLACEMENT = Buffer.from('\\ufffd')

function escapeOf(character: string): Buffer | undefined {
  const escaped = escapeText(character)
  return escaped === character ? undefined : Buffer.from(escaped)
}

/**
 * A part of `bytes` inside a JSON string, as `quoteBytes` has the whole: from `from`, where a character begins, `lengthBytes` or as many
 * more as end the last character. Where the next part begins. Byte by byte: of what has many escapes a string would be several times as large.
 */
export function writeEscapedPart(bytes: Uint8Array, from: number, lengthBytes: number, out: Output): number {
  const until = Math.min(from + lengthBytes, bytes.length)
  let at = from
  let unwritten = from
  while (at < until) {
    const byte = bytes[at]!
    const length = byte < 0x80 ? 1 : sequenceLength(bytes, at)
    let escaped = byte < 0x80 ? ESCAPES[byte] : length === 0 ? REPLACEMENT : undefined
    if (byte === 0xe2 && length === 3 && bytes[at + 1] === 0x80) {
      if (bytes[at + 2] === 0xa8) escaped = LINE_SEPARATOR
      if (bytes[at + 2] === 0xa9) escaped = PARAGRAPH_SEPARATOR
    }
    if (escaped !== undefined) {
      if (unwritten < at) out.bytes(bytes.subarray(unwritten, at))
      out.bytes(escaped)
      unwritten = at + (length || 1)
    }
    at += length || 1
  }
  if (unwritten < at) out.bytes(bytes.subarray(unwritten, at))
  return at
}

function escapeText(text: string): string {
  if (!ESCAPED.test(text)) return text
  return text.replace(ALL_ESCAPED, c => {
    if (c === '"' || c === '\\') return `\\${c}`
    if (c === '\n') return '\\n'
    if (c === '\r') return '\\r'
    if (c === '\t') return '\\t'
    return `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`
  })
}

/** Length of the UTF-8 sequence at `at` (RFC 3629, table of well-formed sequences); 0 when there is none. */
function sequenceLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at] ?? 0
  if (first < 0x80) return 1
  const length =
    first >= 0xc2 && first <= 0xdf ? 2 : first >= 0xe0 && first <= 0xef ? 3 : first >= 0xf0 && first <= 0xf4 ? 4 : 0
  // The second byte's range keeps out overlong forms, surrogates and what lies beyond U+10FFFF.
  const low = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80
  const high = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf
  for (let i = 1; i < length; i++) {
    const byte = bytes[at + i] ?? 0
    if (byte < (i === 1 ? low : 0x80) || byte > (i === 1 ? high : 0xbf)) return 0
  }
  return length
}
