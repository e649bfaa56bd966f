/** Which nameservers go into the file: the forwarders that answer, or else the cluster's own resolvers (dns 4.2). Pure. */
import { isIP, isIPv4, isIPv6 } from 'node:net'
import type { Probe } from './probe.ts'

/** MAXNS of resolv.conf(5): the C library reads no more. */
const NAMESERVERS_MAX = 3
const DNS_PORT = '53'

export interface Resolvers {
  /** Addresses in the order given, each once. */
  usable: string[]
  /** Entries that resolv.conf cannot express, with the reason. */
  dropped: { entry: string; why: string }[]
}

/** `8.8.8.8:53,9.9.9.9:5353,2001:db8::1` → what can be written: resolv.conf has no place for a port. */
export function parseResolvers(list: string): Resolvers {
  const usable = new Set<string>()
  const dropped: Resolvers['dropped'] = []
  for (const entry of list.split(',').map(each => each.trim())) {
    if (entry === '') continue
    if (isIP(entry)) {
      usable.add(entry)
      continue
    }
    const [, bracketed, plain, port = ''] = /^(?:\[([^\]]+)\]|([^:]+)):(\d+)$/.exec(entry) ?? []
    const isAddress = bracketed === undefined ? isIPv4(plain ?? '') : isIPv6(bracketed)
    if (!isAddress) dropped.push({ entry, why: 'not an IP address' })
    else if (port !== DNS_PORT) dropped.push({ entry, why: `port ${port} is not 53` })
    else usable.add(bracketed ?? plain ?? '')
  }
  return { usable: [...usable], dropped }
}

/** Addresses of the healthy ones, in the order asked. Upstreams are never mixed with them. */
export function healthyForwarders(probes: readonly Probe[]): string[] {
  return probes.filter(({ healthy }) => healthy).map(({ address }) => address)
}

/**
 * At most three of `usable`, shuffled so that the nodes of a cluster spread. `random` is in [0, 1).
 *
 * DEPARTURE (dns 4.2): 1.9 shuffled anew each minute. When all of them fit and the file already has just these, its order stays: else
 * the file would change every minute for nothing. More than three are always drawn anew, so that no dead choice sticks.
 */
export function chooseResolvers(usable: readonly string[], current: readonly string[], random: () => number): string[] {
  if (usable.length <= NAMESERVERS_MAX && sameSet(usable, current)) return [...current]
  const drawn = [...usable]
  for (let i = drawn.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1))
    ;[drawn[i], drawn[j]] = [drawn[j]!, drawn[i]!] // both below drawn.length
  }
  return drawn.slice(0, NAMESERVERS_MAX)
}

function sameSet(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every(each => b.includes(each))
}
