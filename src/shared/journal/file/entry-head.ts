/** Where an entry stands among others: what its object's first 64 bytes say. Numbers and halves of numbers, since the hot path has no room for BigInt. */
import type { Cursor } from '../cursor.ts'

export interface EntryHead {
  /** Of the entry object in its file; 0 for a place that came as a cursor. */
  offset: number
  /** Of the file it is in: seqnums of different ids cannot be compared. */
  seqnumId: string
  seqnum: number
  realtimeUs: number
  monotonicUs: number
  /** Four 32-bit words, as they lie in the file. */
  boot0: number
  boot1: number
  boot2: number
  boot3: number
  xorLow: number
  xorHigh: number
}

export function emptyHead(): EntryHead {
  return {
    offset: 0,
    seqnumId: '',
    seqnum: 0,
    realtimeUs: 0,
    monotonicUs: 0,
    boot0: 0,
    boot1: 0,
    boot2: 0,
    boot3: 0,
    xorLow: 0,
    xorHigh: 0,
  }
}

/** Heads are filled again and again; who wants to keep one copies it. */
export function copyHead(from: EntryHead, into: EntryHead): EntryHead {
  into.offset = from.offset
  into.seqnumId = from.seqnumId
  into.seqnum = from.seqnum
  into.realtimeUs = from.realtimeUs
  into.monotonicUs = from.monotonicUs
  into.boot0 = from.boot0
  into.boot1 = from.boot1
  into.boot2 = from.boot2
  into.boot3 = from.boot3
  into.xorLow = from.xorLow
  into.xorHigh = from.xorHigh
  return into
}

export function sameBoot(a: EntryHead, b: EntryHead): boolean {
  return a.boot0 === b.boot0 && a.boot1 === b.boot1 && a.boot2 === b.boot2 && a.boot3 === b.boot3
}

/**
 * The order of sd-journal: by seqnum within one id, else by monotonic time within one boot, else by wall clock, then by content. 0 for the
 * same entry in two files. Not always transitive, as there.
 */
export function compareHeads(a: EntryHead, b: EntryHead): number {
  if (a.seqnumId === b.seqnumId && a.seqnum !== b.seqnum) return a.seqnum - b.seqnum
  if (a.monotonicUs !== b.monotonicUs && sameBoot(a, b)) return a.monotonicUs - b.monotonicUs
  if (a.realtimeUs !== b.realtimeUs) return a.realtimeUs - b.realtimeUs
  return a.xorHigh - b.xorHigh || a.xorLow - b.xorLow
}

/** Seqnums beyond 2^53 lose their last bits: no journal has them, and the order stays. */
export function headOfCursor(cursor: Cursor): EntryHead {
  const boot = Buffer.from(cursor.bootId, 'hex')
  return {
    offset: 0,
    seqnumId: cursor.seqnumId.toLowerCase(),
    seqnum: Number(cursor.seqnum),
    realtimeUs: Number(cursor.realtimeUs),
    monotonicUs: Number(cursor.monotonicUs),
    boot0: boot.readUInt32LE(0),
    boot1: boot.readUInt32LE(4),
    boot2: boot.readUInt32LE(8),
    boot3: boot.readUInt32LE(12),
    xorLow: Number(cursor.xorHash & 0xffffffffn),
    xorHigh: Number(cursor.xorHash >> 32n),
  }
}

export function bootIdOf(head: EntryHead): string {
  const bytes = Buffer.allocUnsafe(16)
  bytes.writeUInt32LE(head.boot0, 0)
  bytes.writeUInt32LE(head.boot1, 4)
  bytes.writeUInt32LE(head.boot2, 8)
  bytes.writeUInt32LE(head.boot3, 12)
  return bytes.toString('hex')
}
