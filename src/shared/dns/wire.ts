/**
 * A cursor over the bytes of a DNS message, for reading and for writing (RFC 1035 4.1): big-endian numbers, every access checked
 * against the end of the message or of the record being read. Apart from the codec so that no other file can index past a bound.
 */
import { faults } from './errors.ts'

/** What the 16-bit length prefix of TCP can say (RFC 1035 4.2.2), hence the largest message at all. */
export const MESSAGE_MAX_BYTES = 65_535

/** Room to start with: most answers fit and nothing is copied. */
const FIRST_BYTES = 512

export class WireReader {
  readonly bytes: Buffer
  offset = 0
  /** Reading stops here: the message's end, or the end of one record's data. */
  limit: number

  /** Shares the memory of `bytes`; what `take` returns does too. */
  constructor(bytes: Uint8Array) {
    this.bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.limit = bytes.byteLength
  }

  uint8(what: string): number {
    this.need(1, what)
    return this.bytes[this.offset++]! // need() has checked
  }

  uint16(what: string): number {
    this.need(2, what)
    const value = this.bytes.readUInt16BE(this.offset)
    this.offset += 2
    return value
  }

  uint32(what: string): number {
    this.need(4, what)
    const value = this.bytes.readUInt32BE(this.offset)
    this.offset += 4
    return value
  }

  /** The next `length` bytes, not copied. */
  take(length: number, what: string): Buffer {
    this.need(length, what)
    this.offset += length
    return this.bytes.subarray(this.offset - length, this.offset)
  }

  /** Throws DNS_WIRE_MESSAGE_MALFORMED unless `length` bytes are left. */
  need(length: number, what: string): void {
    if (this.offset + length > this.limit) throw faults.MESSAGE_MALFORMED(`${what} is cut off`, this.offset)
  }
}

export class WireWriter {
  offset = 0
  /** Where a name or the rest of one was written before: the targets of compression pointers. */
  readonly names = new Map<string, number>()
  readonly #limitBytes: number
  #bytes: Buffer

  constructor(limitBytes: number) {
    this.#limitBytes = Math.min(limitBytes, MESSAGE_MAX_BYTES)
    this.#bytes = Buffer.allocUnsafe(Math.min(FIRST_BYTES, this.#limitBytes))
  }

  uint8(field: string, value: number): void {
    check(field, value, 0xff)
    this.#room(1)
    this.#bytes[this.offset++] = value
  }

  uint16(field: string, value: number): void {
    check(field, value, 0xffff)
    this.#room(2)
    this.offset = this.#bytes.writeUInt16BE(value, this.offset)
  }

  uint32(field: string, value: number): void {
    check(field, value, 0xffff_ffff)
    this.#room(4)
    this.offset = this.#bytes.writeUInt32BE(value, this.offset)
  }

  put(bytes: Uint8Array): void {
    this.#room(bytes.length)
    this.#bytes.set(bytes, this.offset)
    this.offset += bytes.length
  }

  /** Text of one byte a character. */
  latin1(text: string): void {
    this.#room(text.length)
    this.offset += this.#bytes.write(text, this.offset, 'latin1')
  }

  /** Writes what `body` writes behind its own 16-bit length. */
  lengthPrefixed(field: string, body: () => void): void {
    const at = this.offset
    this.uint16(field, 0)
    body()
    const length = this.offset - at - 2
    check(field, length, 0xffff)
    this.#bytes.writeUInt16BE(length, at)
  }

  /** The message so far; not copied. */
  written(): Buffer {
    return this.#bytes.subarray(0, this.offset)
  }

  /** Throws DNS_WIRE_MESSAGE_TOO_LARGE. */
  #room(length: number): void {
    const wanted = this.offset + length
    if (wanted <= this.#bytes.length) return
    if (wanted > this.#limitBytes) throw faults.MESSAGE_TOO_LARGE(this.#limitBytes)
    const larger = Buffer.allocUnsafe(Math.min(this.#limitBytes, Math.max(wanted, this.#bytes.length * 2)))
    this.#bytes.copy(larger, 0, 0, this.offset)
    this.#bytes = larger
  }
}

function check(field: string, value: number, max: number): void {
  if (!Number.isInteger(value) || value < 0 || value > max) {
    throw faults.VALUE_INVALID(field, String(value), `an integer from 0 to ${max}`)
  }
}
