/** The header of a journal file (systemd's "Journal File Format"), every value checked against the file's size before it is used. */
import { CorruptPart } from './corrupt.ts'

export interface HashTable {
  /** Of the first bucket. */
  readonly offset: number
  readonly buckets: number
}

export interface FileHeader {
  /** Archived: nobody will write to it again. Others may be written, or their writer died. */
  readonly finished: boolean
  readonly compact: boolean
  readonly keyedHash: boolean
  /** Of systemd 254 or newer: one seqnum id for all files that journald numbers in common, of users too; and another after a reboot. */
  readonly numberedInCommon: boolean
  readonly fileId: Buffer
  readonly machineId: string
  readonly seqnumId: string
  readonly headerBytes: number
  /** Where the objects end: what the header says, but not beyond the file. */
  readonly endBytes: number
  readonly dataTable: HashTable
  readonly fieldTable: HashTable
  readonly entries: number
  /** Of the first entry array; 0 when there is none. */
  readonly entryArray: number
  readonly headSeqnum: number
  readonly tailSeqnum: number
  /** Wall clock of the first and last entry; unlike numbers, not kept from being impossible. */
  readonly headRealtimeUs: number
  readonly tailRealtimeUs: number
}

/** A file this reader cannot read, by its own word. */
export class UnsupportedFile extends Error {
  override readonly name = 'UnsupportedFile'
}

/** What is read of a header: all that its first version had. Later ones, from systemd 187 on, only append, so that a shorter one is none. */
export const HEADER_BYTES = 208

const SIGNATURE = Buffer.from('LPKSHHRH', 'latin1')
const INCOMPATIBLE = { xz: 1, lz4: 2, keyedHash: 4, zstd: 8, compact: 16 } as const
const SUPPORTED = INCOMPATIBLE.xz | INCOMPATIBLE.lz4 | INCOMPATIBLE.keyedHash | INCOMPATIBLE.zstd | INCOMPATIBLE.compact
/** Compatible; came with 254, as did the seqnum ids in common. */
const TAIL_ENTRY_BOOT_ID = 2
const STATE_ARCHIVED = 2
const ENTRY_BYTES_MIN = 64
const BUCKET_BYTES = 16

/** `bytes`: the first HEADER_BYTES of a file of `fileBytes`. Throws CorruptPart, or UnsupportedFile for incompatible flags not known here. */
export function parseHeader(bytes: Buffer, fileBytes: number): FileHeader {
  if (bytes.length < HEADER_BYTES) throw new CorruptPart('the file is shorter than a header')
  if (!bytes.subarray(0, 8).equals(SIGNATURE)) throw new CorruptPart('the file does not begin as a journal')
  const flags = bytes.readUInt32LE(12)
  if ((flags & ~SUPPORTED) !== 0) throw new UnsupportedFile(`incompatible flags 0x${flags.toString(16)}`)
  const state = bytes[16]!
  if (state > STATE_ARCHIVED) throw new CorruptPart(`the file's state is ${state}`)
  const headerBytes = safe(bytes, 88)
  if (headerBytes < HEADER_BYTES || headerBytes % 8 !== 0 || headerBytes > fileBytes)
    throw new CorruptPart(`the header is ${headerBytes} bytes long`)
  const endBytes = Math.min(headerBytes + safe(bytes, 96), fileBytes)
  const entries = safe(bytes, 152)
  if (entries > (endBytes - headerBytes) / ENTRY_BYTES_MIN)
    throw new CorruptPart(`${entries} entries cannot be in the file`)
  const entryArray = safe(bytes, 176)
  if (entryArray % 8 !== 0 || (entryArray !== 0 && (entryArray < headerBytes || entryArray >= endBytes)))
    throw new CorruptPart('the first entry array is outside the file')
  return {
    finished: state === STATE_ARCHIVED,
    compact: (flags & INCOMPATIBLE.compact) !== 0,
    keyedHash: (flags & INCOMPATIBLE.keyedHash) !== 0,
    numberedInCommon: (bytes.readUInt32LE(8) & TAIL_ENTRY_BOOT_ID) !== 0,
    fileId: Buffer.from(bytes.subarray(24, 40)),
    machineId: bytes.toString('hex', 40, 56),
    seqnumId: bytes.toString('hex', 72, 88),
    headerBytes,
    endBytes,
    dataTable: table(bytes, 104, headerBytes, endBytes),
    fieldTable: table(bytes, 120, headerBytes, endBytes),
    entries,
    entryArray,
    headSeqnum: safe(bytes, 168),
    tailSeqnum: safe(bytes, 160),
    headRealtimeUs: Number(bytes.readBigUInt64LE(184)),
    tailRealtimeUs: Number(bytes.readBigUInt64LE(192)),
  }
}

/** No buckets in a file that was created a moment ago. */
function table(bytes: Buffer, at: number, headerBytes: number, endBytes: number): HashTable {
  const offset = safe(bytes, at)
  const sizeBytes = safe(bytes, at + 8)
  if (offset === 0 || sizeBytes === 0) return { offset: 0, buckets: 0 }
  if (offset % 8 !== 0 || offset < headerBytes || sizeBytes % BUCKET_BYTES !== 0 || offset + sizeBytes > endBytes)
    throw new CorruptPart('a hash table is outside the file')
  return { offset, buckets: sizeBytes / BUCKET_BYTES }
}

function safe(bytes: Buffer, at: number): number {
  const high = bytes.readUInt32LE(at + 4)
  if (high >= 0x200000) throw new CorruptPart('a number of the header is too large')
  return high * 0x100000000 + bytes.readUInt32LE(at)
}
