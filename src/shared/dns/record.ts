/**
 * Resource records: their types, and the data of each type ↔ bytes (RFC 1035 3.3, RFC 3596 AAAA, RFC 2782 SRV; other types stay
 * bytes, RFC 3597). OPT is no record of the zone but part of the message: see codec.ts.
 */
import { formatIpv4, formatIpv6, ipv4Bytes, ipv6Bytes } from './address.ts'
import { faults } from './errors.ts'
import { decodeName, encodeName } from './name.ts'
import type { WireReader, WireWriter } from './wire.ts'

/** Types by name; ANY is a question only. */
export const TYPE = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  PTR: 12,
  MX: 15,
  TXT: 16,
  AAAA: 28,
  SRV: 33,
  OPT: 41,
  ANY: 255,
} as const

export const CLASS = { IN: 1, CHAOS: 3, NONE: 254, ANY: 255 } as const

export interface SoaData {
  kind: 'SOA'
  primary: string
  mailbox: string
  serial: number
  refreshSeconds: number
  retrySeconds: number
  expireSeconds: number
  /** Also how long a negative answer may be kept (RFC 2308). */
  minimumSeconds: number
}

export type RecordData =
  | { kind: 'A' | 'AAAA'; address: string }
  | { kind: 'NS' | 'CNAME' | 'PTR'; target: string }
  | { kind: 'MX'; preference: number; exchange: string }
  | { kind: 'SRV'; priority: number; weight: number; port: number; target: string }
  /** Each of at most 255 bytes; at least one. */
  | { kind: 'TXT'; texts: readonly Uint8Array[] }
  | SoaData
  /** A type we do not know, or a known one of another class than IN. */
  | { kind: 'other'; type: number; bytes: Uint8Array }

export interface DnsRecord {
  name: string
  class: number
  ttlSeconds: number
  data: RecordData
}

/** The number of the record's type. */
export function typeOf(data: RecordData): number {
  return data.kind === 'other' ? data.type : TYPE[data.kind]
}

/** `A`, `SRV`; `TYPE65` for others (RFC 3597 5). */
export function typeName(type: number): string {
  return Object.entries(TYPE).find(([, number]) => number === type)?.[0] ?? `TYPE${type}`
}

/**
 * The data at the reader's place, which must fill the reader up to its limit. Throws DNS_WIRE_MESSAGE_MALFORMED. Only class IN is
 * interpreted: an A record of CHAOS has another form, and those of an update (NONE, ANY) are empty.
 */
export function decodeData(reader: WireReader, type: number, recordClass: number): RecordData {
  const data = recordClass === CLASS.IN ? decodeKnown(reader, type) : decodeOther(reader, type)
  if (reader.offset !== reader.limit) {
    throw faults.MESSAGE_MALFORMED(`${typeName(type)} data has a wrong length`, reader.offset)
  }
  return data
}

function decodeKnown(reader: WireReader, type: number): RecordData {
  switch (type) {
    case TYPE.A:
      return { kind: 'A', address: formatIpv4(reader.take(4, 'an IPv4 address')) }
    case TYPE.AAAA:
      return { kind: 'AAAA', address: formatIpv6(reader.take(16, 'an IPv6 address')) }
    case TYPE.NS:
      return { kind: 'NS', target: decodeName(reader) }
    case TYPE.CNAME:
      return { kind: 'CNAME', target: decodeName(reader) }
    case TYPE.PTR:
      return { kind: 'PTR', target: decodeName(reader) }
    case TYPE.MX:
      return { kind: 'MX', preference: reader.uint16('MX preference'), exchange: decodeName(reader) }
    case TYPE.SRV:
      return {
        kind: 'SRV',
        priority: reader.uint16('SRV priority'),
        weight: reader.uint16('SRV weight'),
        port: reader.uint16('SRV port'),
        // RFC 2782 forbids compression here; some servers compress all the same, and nothing is lost by reading it.
        target: decodeName(reader),
      }
    case TYPE.TXT:
      return { kind: 'TXT', texts: decodeTexts(reader) }
    case TYPE.SOA:
      return {
        kind: 'SOA',
        primary: decodeName(reader),
        mailbox: decodeName(reader),
        serial: reader.uint32('SOA serial'),
        refreshSeconds: reader.uint32('SOA refresh'),
        retrySeconds: reader.uint32('SOA retry'),
        expireSeconds: reader.uint32('SOA expire'),
        minimumSeconds: reader.uint32('SOA minimum'),
      }
    default:
      return decodeOther(reader, type)
  }
}

function decodeOther(reader: WireReader, type: number): RecordData {
  return { kind: 'other', type, bytes: reader.take(reader.limit - reader.offset, 'record data') }
}

function decodeTexts(reader: WireReader): Uint8Array[] {
  const texts: Uint8Array[] = []
  // RFC 1035 3.3.14: one or more; empty data fails in the first length byte.
  do texts.push(reader.take(reader.uint8('TXT length'), 'TXT text'))
  while (reader.offset < reader.limit)
  return texts
}

/** Writes the data without its length. Throws DNS_WIRE_NAME_INVALID, _VALUE_INVALID or _MESSAGE_TOO_LARGE. */
export function encodeData(writer: WireWriter, data: RecordData): void {
  switch (data.kind) {
    case 'A':
      writer.put(ipv4Bytes(data.address))
      break
    case 'AAAA':
      writer.put(ipv6Bytes(data.address))
      break
    case 'NS':
    case 'CNAME':
    case 'PTR':
      encodeName(writer, data.target, true)
      break
    case 'MX':
      writer.uint16('MX preference', data.preference)
      encodeName(writer, data.exchange, true)
      break
    case 'SRV':
      writer.uint16('SRV priority', data.priority)
      writer.uint16('SRV weight', data.weight)
      writer.uint16('SRV port', data.port)
      encodeName(writer, data.target, false) // RFC 2782: not compressed
      break
    case 'TXT':
      encodeTexts(writer, data.texts)
      break
    case 'SOA':
      encodeName(writer, data.primary, true)
      encodeName(writer, data.mailbox, true)
      writer.uint32('SOA serial', data.serial)
      writer.uint32('SOA refresh', data.refreshSeconds)
      writer.uint32('SOA retry', data.retrySeconds)
      writer.uint32('SOA expire', data.expireSeconds)
      writer.uint32('SOA minimum', data.minimumSeconds)
      break
    case 'other':
      writer.put(data.bytes)
      break
  }
}

function encodeTexts(writer: WireWriter, texts: readonly Uint8Array[]): void {
  if (texts.length === 0) throw faults.VALUE_INVALID('TXT', 'no text', 'at least one text')
  for (const text of texts) {
    writer.uint8('TXT length', text.length)
    writer.put(text)
  }
}
