/** Fields as JSON (log 4.3), byte for byte as Go's encoding/json writes them. */
import { isUtf8 } from 'node:buffer'
import type { JournalField } from '../../shared/journal/entry.ts'
import { NO_SHORT_FORM } from './output.ts'

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
function sequenceLength(bytes: Buffer, at: number): number {
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
