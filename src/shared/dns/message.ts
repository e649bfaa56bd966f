/** A DNS message as values (RFC 1035 4.1), EDNS lifted out of its OPT record (RFC 6891). Types and constants; codec.ts has the bytes. */
import { CLASS, type DnsRecord } from './record.ts'

export const OPCODE = { QUERY: 0, STATUS: 2, NOTIFY: 4, UPDATE: 5 } as const

export const RCODE = { NOERROR: 0, FORMERR: 1, SERVFAIL: 2, NXDOMAIN: 3, NOTIMP: 4, REFUSED: 5, BADVERS: 16 } as const

export interface DnsQuestion {
  /** With final dot, spelled as asked. */
  name: string
  /** A number of TYPE, or another. */
  type: number
  class: number
}

/** Header and questions: all that a forwarder reads. */
export interface DnsHead {
  /** 16 bits. */
  id: number
  isResponse: boolean
  opcode: number
  authoritative: boolean
  truncated: boolean
  recursionDesired: boolean
  recursionAvailable: boolean
  authenticData: boolean
  checkingDisabled: boolean
  /** The lower four bits of the header; in a whole message with EDNS all twelve. */
  rcode: number
  questions: DnsQuestion[]
}

/** The OPT pseudo-record. Its part of the response code is in the message's `rcode`. */
export interface Edns {
  /** What the sender can take over UDP; values below 512 mean 512. */
  udpPayloadBytes: number
  version: number
  dnssecOk: boolean
  options: { code: number; bytes: Uint8Array }[]
}

export interface DnsMessage extends DnsHead {
  answers: DnsRecord[]
  authorities: DnsRecord[]
  additionals: DnsRecord[]
  edns?: Edns
}

/** A query with one question of class IN. `id` is to be random (RFC 5452). */
export function createQuery(id: number, name: string, type: number): DnsMessage {
  return {
    id,
    isResponse: false,
    opcode: OPCODE.QUERY,
    authoritative: false,
    truncated: false,
    recursionDesired: true,
    recursionAvailable: false,
    authenticData: false,
    checkingDisabled: false,
    rcode: RCODE.NOERROR,
    questions: [{ name, type, class: CLASS.IN }],
    answers: [],
    authorities: [],
    additionals: [],
  }
}

/** The empty answer to a query: id, opcode, questions and RD as asked, QR set, everything else to be filled in. */
export function createResponse(query: DnsHead, rcode: number = RCODE.NOERROR): DnsMessage {
  return {
    ...createQuery(query.id, '.', 0),
    isResponse: true,
    opcode: query.opcode,
    recursionDesired: query.recursionDesired,
    checkingDisabled: query.checkingDisabled,
    rcode,
    questions: query.questions,
  }
}
