/** The grammar of a cursor (sd_journal_get_cursor(3)): which text is one, and which two name the same entry. Contract: log 3.2. */
import { faults } from './errors.ts'

export interface Cursor {
  /** As it came. */
  readonly text: string
  readonly seqnumId: string
  readonly seqnum: bigint
  readonly bootId: string
  readonly monotonicUs: bigint
  readonly realtimeUs: bigint
  readonly xorHash: bigint
}

/** Six fields in this order. 33 characters in an id: the original's own check, one more than an id has. */
const FORM = /^s=([^;]{0,33});i=([0-9a-fA-F]+);b=([^;]{0,33});m=([0-9a-fA-F]+);t=([0-9a-fA-F]+);x=([0-9a-fA-F]+)$/

const ID = /^[0-9a-fA-F]{32}$/
const MAX = (1n << 64n) - 1n

/**
 * Throws JOURNAL_CURSOR_MALFORMED for what is no cursor, JOURNAL_CURSOR_REFUSED for one whose ids no journal can have.
 * Whether the entry exists is the reader's matter.
 */
export function parseCursor(text: string): Cursor {
  const [, seqnumId = '', i, bootId = '', m, t, x] = FORM.exec(text) ?? []
  const [seqnum, monotonicUs, realtimeUs, xorHash] = [i, m, t, x].map(parseHex64)
  if (seqnum === undefined || monotonicUs === undefined || realtimeUs === undefined || xorHash === undefined)
    throw faults.CURSOR_MALFORMED()
  if (!ID.test(seqnumId) || !ID.test(bootId)) throw faults.CURSOR_REFUSED(text)
  return { text, seqnumId, seqnum, bootId, monotonicUs, realtimeUs, xorHash }
}

/** sd_journal_test_cursor(3): every field must agree, however it is written. */
export function sameEntry(a: Cursor, b: Cursor): boolean {
  return (
    a.seqnum === b.seqnum &&
    a.xorHash === b.xorHash &&
    a.realtimeUs === b.realtimeUs &&
    a.monotonicUs === b.monotonicUs &&
    a.seqnumId.toLowerCase() === b.seqnumId.toLowerCase() &&
    a.bootId.toLowerCase() === b.bootId.toLowerCase()
  )
}

/** At most 64 bits; undefined for more. Leading zeros may make the text longer than 16 digits, but not without bound. */
function parseHex64(digits: string | undefined): bigint | undefined {
  if (digits === undefined || digits.length > 32) return undefined
  const value = BigInt(`0x${digits}`)
  return value <= MAX ? value : undefined
}
