/**
 * Takes .xz files apart and puts them together: blocks of several files become one stream (format: xz-file-format.txt of
 * XZ Utils, sections 2 to 4). So the blocks of a large file are compressed once and used in every tarball that holds it.
 *
 * One stream and not several one after the other, which xz and tar would read as well: other decoders take the first and
 * refuse or forget the rest (@napi-rs/lzma 1.4.5: "Unexpected data after last XZ block"; nor does it know the check SHA-256).
 */
import { crc32 } from 'node:zlib'
import { faults } from './errors.ts'

/** One line of a stream's index: sizes in bytes. */
export interface BlockRecord {
  readonly unpadded: number
  readonly uncompressed: number
}

export interface XzStream {
  /** The two stream flags: kind of the check. */
  readonly flags: Buffer
  /** Its blocks as they stand in the file, each padded to four bytes. */
  readonly blocks: Buffer
  readonly records: readonly BlockRecord[]
}

const HEADER_MAGIC = Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00])
const FOOTER_MAGIC = Buffer.from('YZ')
const HEADER_BYTES = 12
const FOOTER_BYTES = 12
/** Integers of an index have seven bits a byte and at most nine bytes. */
const VARINT_MAX_BYTES = 9

/** One stream without padding after it. Throws BUILD_ARCHIVE_MALFORMED. The blocks themselves are not decoded. */
export function parseXzStream(file: Buffer): XzStream {
  const footer = file.subarray(file.length - FOOTER_BYTES)
  if (file.length < HEADER_BYTES + FOOTER_BYTES || !file.subarray(0, 6).equals(HEADER_MAGIC))
    throw faults.ARCHIVE_MALFORMED('no stream header')
  const flags = file.subarray(6, 8)
  if (crc32(flags) !== file.readUInt32LE(8)) throw faults.ARCHIVE_MALFORMED('wrong checksum of the stream header')
  if (!footer.subarray(10).equals(FOOTER_MAGIC) || !footer.subarray(8, 10).equals(flags))
    throw faults.ARCHIVE_MALFORMED('no stream footer that fits the header')
  if (crc32(footer.subarray(4, 10)) !== footer.readUInt32LE(0))
    throw faults.ARCHIVE_MALFORMED('wrong checksum of the stream footer')

  const indexStart = file.length - FOOTER_BYTES - (footer.readUInt32LE(4) + 1) * 4
  if (indexStart < HEADER_BYTES) throw faults.ARCHIVE_MALFORMED('the index is larger than the file')
  const records = parseIndex(file.subarray(indexStart, file.length - FOOTER_BYTES))
  const blocks = file.subarray(HEADER_BYTES, indexStart)
  if (blocks.length !== records.reduce((sum, { unpadded }) => sum + roundUp(unpadded), 0))
    throw faults.ARCHIVE_MALFORMED('the index does not fit the blocks (more than one stream?)')
  return { flags, blocks, records }
}

/** Streams with the same flags → the pieces of a file with one stream that holds all their blocks in this order. */
export function joinXzStreams(streams: readonly XzStream[]): Buffer[] {
  const flags = streams[0]?.flags
  if (!flags || streams.some(each => !each.flags.equals(flags)))
    throw faults.ARCHIVE_MALFORMED('streams with different checks cannot be joined')
  const index = encodeIndex(streams.flatMap(each => each.records))
  const footer = Buffer.alloc(FOOTER_BYTES)
  footer.writeUInt32LE(index.length / 4 - 1, 4)
  flags.copy(footer, 8)
  FOOTER_MAGIC.copy(footer, 10)
  footer.writeUInt32LE(crc32(footer.subarray(4, 10)), 0)
  const header = Buffer.concat([HEADER_MAGIC, flags, uint32(crc32(flags))])
  return [header, ...streams.map(each => each.blocks), index, footer]
}

function parseIndex(index: Buffer): BlockRecord[] {
  const body = index.subarray(0, index.length - 4)
  if (body[0] !== 0 || crc32(body) !== index.readUInt32LE(body.length))
    throw faults.ARCHIVE_MALFORMED('wrong checksum of the index')
  let offset = 1
  const next = () => {
    let value = 0
    for (let i = 0; i < VARINT_MAX_BYTES; i++) {
      const byte = body[offset++]
      if (byte === undefined) break
      // Not by shifts, which would cut at 32 bits.
      value += (byte & 0x7f) * 2 ** (7 * i)
      if (byte < 0x80) return value
    }
    throw faults.ARCHIVE_MALFORMED('an integer of the index does not end')
  }
  const records: BlockRecord[] = []
  for (let left = next(); left > 0; left--) records.push({ unpadded: next(), uncompressed: next() })
  return records
}

function encodeIndex(records: readonly BlockRecord[]): Buffer {
  const numbers = [records.length, ...records.flatMap(each => [each.unpadded, each.uncompressed])]
  const body = [0, ...numbers.flatMap(varint)]
  while (body.length % 4 !== 0) body.push(0)
  const bytes = Buffer.from(body)
  return Buffer.concat([bytes, uint32(crc32(bytes))])
}

function varint(value: number): number[] {
  const bytes: number[] = []
  for (; value >= 0x80; value = Math.floor(value / 0x80)) bytes.push((value % 0x80) | 0x80)
  return [...bytes, value]
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}

function roundUp(size: number): number {
  return Math.ceil(size / 4) * 4
}
