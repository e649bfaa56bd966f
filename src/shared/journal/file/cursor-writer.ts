/** Cursors as sd_journal_get_cursor(3) writes them, out of numbers: digit by digit, since for these numbers toString(16) takes a microsecond. */

import type { EntryHead } from './entry-head.ts'

/** What a cursor tells of an entry; of its boot the id as text, which is made once for many. */
export type CursorParts = Readonly<Omit<EntryHead, 'offset' | 'boot0' | 'boot1' | 'boot2' | 'boot3'>> & {
  readonly bootId: string
}

/** Two ids, four numbers and the names. Of all cursors: written and read in one synchronous call. */
const text = Buffer.alloc(256)
const DIGITS = Buffer.from('0123456789abcdef')

export function writeCursor(parts: CursorParts): string {
  let at = put(0, 's=')
  at = put(at, parts.seqnumId)
  at = put(at, ';i=')
  at = hex(at, parts.seqnum)
  at = put(at, ';b=')
  at = put(at, parts.bootId)
  at = put(at, ';m=')
  at = hex(at, parts.monotonicUs)
  at = put(at, ';t=')
  at = hex(at, parts.realtimeUs)
  at = put(at, ';x=')
  at = parts.xorHigh === 0 ? word(at, parts.xorLow, 1) : word(word(at, parts.xorHigh, 1), parts.xorLow, 8)
  return text.toString('latin1', 0, at)
}

/** ASCII, shorter than the room there is. */
function put(at: number, ascii: string): number {
  for (let i = 0; i < ascii.length; i++) text[at + i] = ascii.charCodeAt(i)
  return at + ascii.length
}

/** A number below 2^53, without leading zeros. */
function hex(at: number, value: number): number {
  const high = Math.floor(value / 2 ** 32)
  return high === 0 ? word(at, value, 1) : word(word(at, high, 1), value % 2 ** 32, 8)
}

/** 32 bits, in at least so many digits. */
function word(at: number, value: number, digitsMin: number): number {
  const digits = Math.max(digitsMin, 8 - (Math.clz32(value) >> 2))
  for (let i = digits - 1, left = value | 0; i >= 0; i--, left >>>= 4) text[at + i] = DIGITS[left & 15]!
  return at + digits
}
