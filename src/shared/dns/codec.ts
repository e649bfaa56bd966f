/**
 * DNS messages ↔ bytes (RFC 1035 4.1, RFC 6891). Strict where it guards us (bounds, counts, pointers, one OPT) and faithful
 * elsewhere: what was decoded encodes to the same values. Unknown types pass as bytes.
 */
import { faults } from './errors.ts'
import type { DnsHead, DnsMessage, DnsQuestion, Edns } from './message.ts'
import { decodeName, encodeName } from './name.ts'
import { type DnsRecord, decodeData, encodeData, TYPE, typeOf } from './record.ts'
import { MESSAGE_MAX_BYTES, WireReader, WireWriter } from './wire.ts'

/** Bits of the header's second word. */
const FLAG = {
  response: 0x8000,
  authoritative: 0x0400,
  truncated: 0x0200,
  recursionDesired: 0x0100,
  recursionAvailable: 0x0080,
  authenticData: 0x0020,
  checkingDisabled: 0x0010,
} as const
const OPCODE_SHIFT = 11
const FOUR_BITS = 0xf

/** OPT keeps the upper eight bits of the response code, the version and the DO bit where a record has its TTL. */
const EDNS_RCODE_SHIFT = 24
const EDNS_VERSION_SHIFT = 16
const EDNS_DO = 0x8000
/** The largest response code that header and OPT can hold together. */
const RCODE_MAX = 0xfff

/** A whole message. Throws DNS_WIRE_MESSAGE_MALFORMED, also when bytes are left over. Byte fields share the memory of `bytes`. */
export function decodeMessage(bytes: Uint8Array): DnsMessage {
  const reader = new WireReader(bytes)
  const { head, counts } = decodeHeadAt(reader)
  const answers = decodeRecords(reader, counts.answers)
  const authorities = decodeRecords(reader, counts.authorities)
  const { records: additionals, edns, rcodeBits } = decodeAdditionals(reader, counts.additionals)
  if (reader.offset !== bytes.length) {
    throw faults.MESSAGE_MALFORMED(`${bytes.length - reader.offset} bytes too many`, reader.offset)
  }
  return { ...head, rcode: head.rcode | rcodeBits, answers, authorities, additionals, ...(edns && { edns }) }
}

/** Header and questions only; the rest may be anything. Throws DNS_WIRE_MESSAGE_MALFORMED. */
export function decodeHead(bytes: Uint8Array): DnsHead {
  return decodeHeadAt(new WireReader(bytes)).head
}

function decodeHeadAt(reader: WireReader) {
  const id = reader.uint16('the header')
  const flags = reader.uint16('the header')
  const questionCount = reader.uint16('the header')
  const counts = {
    answers: reader.uint16('the header'),
    authorities: reader.uint16('the header'),
    additionals: reader.uint16('the header'),
  }
  const questions: DnsQuestion[] = []
  for (let i = 0; i < questionCount; i++) {
    questions.push({
      name: decodeName(reader),
      type: reader.uint16('a question'),
      class: reader.uint16('a question'),
    })
  }
  const head: DnsHead = {
    id,
    isResponse: (flags & FLAG.response) !== 0,
    opcode: (flags >> OPCODE_SHIFT) & FOUR_BITS,
    authoritative: (flags & FLAG.authoritative) !== 0,
    truncated: (flags & FLAG.truncated) !== 0,
    recursionDesired: (flags & FLAG.recursionDesired) !== 0,
    recursionAvailable: (flags & FLAG.recursionAvailable) !== 0,
    authenticData: (flags & FLAG.authenticData) !== 0,
    checkingDisabled: (flags & FLAG.checkingDisabled) !== 0,
    rcode: flags & FOUR_BITS,
    questions,
  }
  return { head, counts }
}

function decodeRecords(reader: WireReader, count: number): DnsRecord[] {
  const records: DnsRecord[] = []
  for (let i = 0; i < count; i++) {
    const at = reader.offset
    const { name, type, word, long } = decodeRecordHead(reader)
    if (type === TYPE.OPT) throw faults.MESSAGE_MALFORMED('OPT stands outside the additional section', at)
    records.push({
      name,
      class: word,
      ttlSeconds: long,
      data: withinData(reader, () => decodeData(reader, type, word)),
    })
  }
  return records
}

function decodeAdditionals(reader: WireReader, count: number) {
  const records: DnsRecord[] = []
  let edns: Edns | undefined
  let rcodeBits = 0
  for (let i = 0; i < count; i++) {
    const at = reader.offset
    const { name, type, word, long } = decodeRecordHead(reader)
    if (type !== TYPE.OPT) {
      const data = withinData(reader, () => decodeData(reader, type, word))
      records.push({ name, class: word, ttlSeconds: long, data })
      continue
    }
    // RFC 6891 6.1.1: one, named by the root.
    if (edns) throw faults.MESSAGE_MALFORMED('a second OPT', at)
    if (name !== '.') throw faults.MESSAGE_MALFORMED('OPT has a name', at)
    rcodeBits = (long >>> EDNS_RCODE_SHIFT) << 4
    edns = {
      udpPayloadBytes: word,
      version: (long >>> EDNS_VERSION_SHIFT) & 0xff,
      dnssecOk: (long & EDNS_DO) !== 0,
      options: withinData(reader, () => decodeOptions(reader)),
    }
  }
  return { records, edns, rcodeBits }
}

/** A record up to its data. For OPT, `word` and `long` are not class and TTL. */
function decodeRecordHead(reader: WireReader) {
  return {
    name: decodeName(reader),
    type: reader.uint16('a record'),
    word: reader.uint16('a record'),
    long: reader.uint32('a record'),
  }
}

/** Reads the data's length, and runs `decode` with the reader's limit at its end. */
function withinData<T>(reader: WireReader, decode: () => T): T {
  const length = reader.uint16('a record')
  reader.need(length, 'record data')
  const { limit } = reader
  reader.limit = reader.offset + length
  const data = decode()
  reader.limit = limit
  return data
}

function decodeOptions(reader: WireReader): Edns['options'] {
  const options: Edns['options'] = []
  while (reader.offset < reader.limit) {
    const code = reader.uint16('an EDNS option')
    options.push({ code, bytes: reader.take(reader.uint16('an EDNS option'), 'an EDNS option') })
  }
  return options
}

/**
 * Names are compressed where RFC 1035 allows it; OPT comes last. Throws DNS_WIRE_MESSAGE_TOO_LARGE when the result would pass
 * `limitBytes`, DNS_WIRE_NAME_INVALID or _VALUE_INVALID for values that have no wire form.
 */
export function encodeMessage(message: DnsMessage, limitBytes: number = MESSAGE_MAX_BYTES): Buffer {
  const { edns } = message
  const rcodeMax = edns ? RCODE_MAX : FOUR_BITS
  if (message.rcode > rcodeMax) throw faults.VALUE_INVALID('rcode', String(message.rcode), `0 to ${rcodeMax}`)
  const writer = new WireWriter(limitBytes)
  writer.uint16('id', message.id)
  writer.uint16('flags', flagsOf(message))
  writer.uint16('number of questions', message.questions.length)
  writer.uint16('number of answers', message.answers.length)
  writer.uint16('number of authorities', message.authorities.length)
  writer.uint16('number of additionals', message.additionals.length + (edns ? 1 : 0))
  for (const question of message.questions) {
    encodeName(writer, question.name, true)
    writer.uint16('question type', question.type)
    writer.uint16('question class', question.class)
  }
  for (const section of [message.answers, message.authorities, message.additionals]) {
    for (const record of section) encodeRecord(writer, record)
  }
  if (edns) encodeOpt(writer, edns, message.rcode)
  return writer.written()
}

function flagsOf(message: DnsMessage): number {
  if (message.opcode > FOUR_BITS) throw faults.VALUE_INVALID('opcode', String(message.opcode), `0 to ${FOUR_BITS}`)
  let flags = (message.opcode << OPCODE_SHIFT) | (message.rcode & FOUR_BITS)
  if (message.isResponse) flags |= FLAG.response
  if (message.authoritative) flags |= FLAG.authoritative
  if (message.truncated) flags |= FLAG.truncated
  if (message.recursionDesired) flags |= FLAG.recursionDesired
  if (message.recursionAvailable) flags |= FLAG.recursionAvailable
  if (message.authenticData) flags |= FLAG.authenticData
  if (message.checkingDisabled) flags |= FLAG.checkingDisabled
  return flags
}

function encodeRecord(writer: WireWriter, record: DnsRecord): void {
  encodeName(writer, record.name, true)
  writer.uint16('type', typeOf(record.data))
  writer.uint16('class', record.class)
  writer.uint32('ttl', record.ttlSeconds)
  writer.lengthPrefixed('length of data', () => encodeData(writer, record.data))
}

function encodeOpt(writer: WireWriter, edns: Edns, rcode: number): void {
  encodeName(writer, '.', false)
  writer.uint16('type', TYPE.OPT)
  writer.uint16('EDNS payload size', edns.udpPayloadBytes)
  writer.uint8('EDNS response code', rcode >> 4)
  writer.uint8('EDNS version', edns.version)
  writer.uint16('EDNS flags', edns.dnssecOk ? EDNS_DO : 0)
  writer.lengthPrefixed('length of data', () => {
    for (const { code, bytes } of edns.options) {
      writer.uint16('EDNS option', code)
      writer.uint16('EDNS option length', bytes.length)
      writer.put(bytes)
    }
  })
}
