/** Faults of the DNS wire format: bytes that are no message, and values that cannot be put into one. */
import { defineFaults } from '../errors/fault.ts'

export const faults = defineFaults('DNS_WIRE', {
  MESSAGE_MALFORMED: {
    status: 400,
    message: (what: string, offset: number) => `the DNS message cannot be read: ${what} at byte ${offset}`,
    remedy: 'Capture the exchange (tcpdump -X port 53) and look at the server or client that sent it.',
    contract: 'dns 2.3',
  },
  MESSAGE_TOO_LARGE: {
    status: 500,
    message: (limitBytes: number) => `the DNS message does not fit into ${limitBytes} bytes`,
    remedy: 'Send fewer records, or ask over TCP.',
    contract: 'dns 2.6',
  },
  NAME_INVALID: {
    status: 400,
    message: (name: string, why: string) => `'${name}' is not a domain name: ${why}`,
    remedy: 'Use labels of 1 to 63 bytes, 253 characters in all; write other bytes than printable ASCII as \\DDD.',
    contract: 'dns 2.6',
  },
  VALUE_INVALID: {
    status: 400,
    message: (field: string, found: string, allowed: string) =>
      `DNS field ${field}: found '${found}', allowed ${allowed}`,
    remedy: 'Correct the value where the record or message was made.',
    contract: 'dns 2.6',
  },
})
