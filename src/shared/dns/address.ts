/** IP addresses as text ↔ the bytes of A and AAAA records (RFC 1035 3.4.1, RFC 3596 2.2; text of IPv6 by RFC 5952). Pure. */
import { isIPv4, isIPv6 } from 'node:net'
import { faults } from './errors.ts'

/** `198.51.100.1` → 4 bytes. Throws DNS_WIRE_VALUE_INVALID. */
export function ipv4Bytes(address: string): Uint8Array {
  if (!isIPv4(address)) throw faults.VALUE_INVALID('address', address, 'an IPv4 address')
  return Uint8Array.from(address.split('.'), Number)
}

export function formatIpv4(bytes: Uint8Array): string {
  return bytes.join('.')
}

/** `fd01:d::c633:6401` → 16 bytes. Throws DNS_WIRE_VALUE_INVALID, for an address with a zone (`%eth0`) too. */
export function ipv6Bytes(address: string): Uint8Array {
  if (!isIPv6(address) || address.includes('%')) throw faults.VALUE_INVALID('address', address, 'an IPv6 address')
  // isIPv6 has checked the grammar: at most one `::`, groups of up to four hex digits, a dotted quad only at the end.
  const [head = '', tail] = address.replace(/\d+\.\d+\.\d+\.\d+$/, quadAsGroups).split('::')
  const left = groupsOf(head)
  const right = tail === undefined ? [] : groupsOf(tail)
  const groups = [...left, ...new Array<number>(8 - left.length - right.length).fill(0), ...right]
  return Uint8Array.from(groups.flatMap(group => [group >> 8, group & 0xff]))
}

/** RFC 5952: lower case, no leading zeros, the longest run of two or more zero groups as `::`; IPv4-mapped ones end dotted. */
export function formatIpv6(bytes: Uint8Array): string {
  const groups = Array.from({ length: 8 }, (_, i) => (bytes[2 * i]! << 8) | bytes[2 * i + 1]!) // 16 bytes by the record's length check
  if (groups.slice(0, 5).every(group => group === 0) && groups[5] === 0xffff)
    return `::ffff:${formatIpv4(bytes.subarray(12))}`
  let best = { start: 0, length: 1 }
  for (let start = 0; start < 8; start++) {
    let length = 0
    while (start + length < 8 && groups[start + length] === 0) length++
    if (length > best.length) best = { start, length }
  }
  const hex = (part: number[]) => part.map(group => group.toString(16)).join(':')
  if (best.length < 2) return hex(groups)
  return `${hex(groups.slice(0, best.start))}::${hex(groups.slice(best.start + best.length))}`
}

function groupsOf(text: string): number[] {
  return text === '' ? [] : text.split(':').map(group => Number.parseInt(group, 16))
}

function quadAsGroups(quad: string): string {
  const [a = 0, b = 0, c = 0, d = 0] = quad.split('.').map(Number)
  return `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`
}
