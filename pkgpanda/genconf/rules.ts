/**
 * What single values of config.yaml may be: each rule is pure and says what is wrong in one sentence. The sentences of 1.9
 * that its installer and tests compare are kept word for word (pkgpanda 5.6, facts 69 to 78).
 */
import { isIPv4 } from 'node:net'

export interface Rule {
  /** In words, for messages and for docs/configuration.md. */
  readonly allowed: string
  /** The problem, or undefined when the value is fine. */
  check(value: string): string | undefined
}

/** A VXLAN interface name of 15 characters keeps `d-` for us. */
const OVERLAY_NAME_MAX_CHARS = 13
/** resolv.conf(5) of the C libraries still in use. */
const SEARCH_DOMAINS_MAX = 6
const SEARCH_MAX_CHARS = 256

export const anyText: Rule = { allowed: 'any text', check: () => undefined }

export const nonEmpty: Rule = {
  allowed: 'text that is not empty',
  check: value => (value.trim() === '' ? 'Must not be empty' : undefined),
}

export const oneLine: Rule = {
  allowed: 'text on one line',
  check: value => (/[\r\n]/.test(value) ? 'Must not contain a line break' : undefined),
}

export const bootstrapUrl: Rule = {
  allowed: 'an http://, https:// or file:// URL without a slash at its end',
  check: value =>
    value === ''
      ? 'Must not be empty'
      : value.endsWith('/')
        ? "Must not end in a '/'"
        : /^(?:https?|file):\/\/[^\s'"\\$`]+$/.test(value)
          ? undefined
          : 'Must be an http://, https:// or file:// URL',
}

/** Goes into environment files: a blank or a line break would change what they say. */
export const hostName: Rule = {
  allowed: 'a host name or an IPv4 address',
  check: value => (/^[A-Za-z0-9._-]+$/.test(value) ? undefined : 'Must be a host name or an IPv4 address'),
}

export const script: Rule = {
  allowed: 'a script whose first line names its interpreter (#!…)',
  check: value => (value.startsWith('#!') ? undefined : 'Must be a script that starts with #!'),
}

/** Its own parser has systemd only, and is not on every build machine: this keeps it to one harmless line. */
export const calendarEvent: Rule = {
  allowed: 'a calendar event of systemd.time(7), or nothing',
  check: value =>
    /^[A-Za-z0-9*:,./~ +-]{0,200}$/.test(value) ? undefined : 'Must be a calendar event such as daily or *-*-* 04:00',
}

export function oneOf(...values: string[]): Rule {
  const list = values.map(value => `'${value}'`).join(', ')
  return {
    allowed: `one of ${list}`,
    check: value => (values.includes(value) ? undefined : `Must be one of ${list}. Got '${value}'.`),
  }
}

export const boolean = oneOf('true', 'false')

export function integerBetween(low: number, high: number): Rule {
  return { allowed: `an integer from ${low} to ${high}`, check: value => integerProblem(value, low, high) }
}

export function integerFrom(low: number): Rule {
  return {
    allowed: `an integer from ${low}`,
    check: value => notAnInteger(value) ?? (Number(value) < low ? `Must be at least ${low}` : undefined),
  }
}

export const masterCount = oneOf('1', '3', '5', '7', '9')

export const ipv4: Rule = {
  allowed: 'an IPv4 address',
  check: value => (isIPv4(value) ? undefined : `Invalid IPv4 address: ${value}`),
}

export const ipv4List: Rule = {
  allowed: 'a list of IPv4 addresses without repetition',
  check: value => withList(value, items => duplicates(items) ?? invalidAddresses(items)),
}

export const masterList: Rule = {
  allowed: 'a list of 1, 3, 5, 7 or 9 IPv4 addresses without repetition',
  check: value =>
    withList(
      value,
      items =>
        duplicates(items) ??
        invalidAddresses(items) ??
        ([1, 3, 5, 7, 9].includes(items.length)
          ? undefined
          : `Must have 1, 3, 5, 7 or 9 masters, found ${items.length}`),
    ),
}

/** `["10.0.0.1", "10.0.0.2:5353"]` */
export const resolvers: Rule = {
  allowed: 'a list of IPv4 addresses, each with :port if that is not 53, without repetition',
  check: value =>
    withList(value, items => {
      const parts = items.map(item => String(item).split(':'))
      const bad = parts.find(([, port]) => port !== undefined && integerProblem(port, 1, 65535) !== undefined)
      if (bad) return integerProblem(bad[1] ?? '', 1, 65535)
      const many = items.filter((_, i) => (parts[i]?.length ?? 0) > 2)
      if (many.length > 0) return `Invalid IPv4 addresses in list: ${many.join(', ')}`
      return duplicates(items) ?? invalidAddresses(parts.map(([address]) => address))
    }),
}

/** `[["example.com", [["10.0.0.1", 53], …]], …]` */
export const forwardZones: Rule = {
  allowed: 'a list of [zone, [[IPv4 address, port], …]]',
  check: value =>
    withList(value, zones => {
      for (const zone of zones) {
        if (!Array.isArray(zone) || zone.length !== 2 || typeof zone[0] !== 'string' || !Array.isArray(zone[1])) {
          return `Must be a list of [zone, [[address, port], …]], got ${JSON.stringify(zone)}`
        }
        for (const upstream of zone[1] as unknown[]) {
          if (!Array.isArray(upstream) || upstream.length !== 2) {
            return `Zone ${zone[0]}: each upstream must be [address, port], got ${JSON.stringify(upstream)}`
          }
          const [address, port] = upstream as unknown[]
          if (!isIPv4(String(address))) return `Zone ${zone[0]}: invalid IPv4 address: ${String(address)}`
          const problem = integerProblem(String(port), 1, 65535)
          if (problem) return `Zone ${zone[0]}: port: ${problem}`
        }
      }
      return undefined
    }),
}

export const searchDomains: Rule = {
  allowed: `up to ${SEARCH_DOMAINS_MAX} domains separated by blanks, less than ${SEARCH_MAX_CHARS} characters`,
  check: value => {
    if (/[\n\r]/.test(value)) return 'Must not contain a line break'
    if (value.includes(',')) return 'Must not contain a comma; separate the domains by blanks'
    if (value.length >= SEARCH_MAX_CHARS) return `Must be less than ${SEARCH_MAX_CHARS} characters long`
    const domains = value.split(' ').filter(domain => domain !== '').length
    return domains > SEARCH_DOMAINS_MAX
      ? `Must contain at most ${SEARCH_DOMAINS_MAX} domains, found ${domains}`
      : undefined
  },
}

export const zkHosts: Rule = {
  allowed: 'host:port,… without zk://',
  check: value =>
    value.startsWith('zk://') ? "Must be of the form host:port,…, not start with 'zk://'" : nonEmpty.check(value),
}

export const zkPath: Rule = {
  allowed: 'a path that starts with /',
  check: value => (value.startsWith('/') ? undefined : "Must be of the form /path, starting with '/'"),
}

export const json: Rule = {
  allowed: 'a list or map',
  check: value => ('problem' in parseJson(value) ? `Must be JSON, got ${value}` : undefined),
}

/** As no_proxy has them: `.example.com`, `10.0.0.0/8`. Joined by commas in an environment file. */
export const hostPatterns: Rule = {
  allowed: 'a list of hosts, domains and subnets',
  check: value =>
    withList(value, items => {
      const wrong = items.filter(item => typeof item !== 'string' || !/^[A-Za-z0-9.:/_*-]+$/.test(item))
      return wrong.length > 0 ? `Must be hosts, domains and subnets, got: ${wrong.join(', ')}` : undefined
    }),
}

export const repositoryUrls: Rule = {
  allowed: 'a list of http:// and https:// URLs',
  check: value =>
    withList(value, items => {
      const wrong = items.filter(
        item => !/^https?:\/\/[^\s'"\\$`@?#]+$/.test(String(item)) || !URL.canParse(String(item)),
      )
      return wrong.length > 0 ? `Must be http:// or https:// URLs, got: ${wrong.join(', ')}` : undefined
    }),
}

export const publicKeys: Rule = {
  allowed: 'a list of ed25519 public keys, each the name of a PEM file or its text',
  check: value =>
    withList(value, items => {
      const wrong = items.filter(item => typeof item !== 'string' || item === '')
      return wrong.length > 0 ? `Must be names or texts of PEM files, got: ${JSON.stringify(wrong)}` : undefined
    }),
}

export const jsonList: Rule = { allowed: 'a list', check: value => withList(value, () => undefined) }

/** The overlay document of pkgpanda 5.6: `{vtep_subnet, vtep_mac_oui, overlays: [{name, subnet, prefix}]}`. */
export const overlayNetwork: Rule = {
  allowed: `a map with vtep_subnet, vtep_mac_oui and overlays, whose names have at most ${OVERLAY_NAME_MAX_CHARS} characters`,
  check: value => {
    const parsed = parseJson(value)
    if ('problem' in parsed) return parsed.problem
    const names = overlayNames(value)
    if (!names || names.length === 0) return 'Must define at least one overlay under overlays'
    const long = names.filter(name => name.length > OVERLAY_NAME_MAX_CHARS)
    if (long.length > 0) return `Overlay names have at most ${OVERLAY_NAME_MAX_CHARS} characters: ${long.join(', ')}`
    const network = parsed.value as Record<string, unknown>
    if (!isSubnet(network.vtep_subnet)) return `vtep_subnet must be an IPv4 subnet, got ${String(network.vtep_subnet)}`
    for (const overlay of network.overlays as Record<string, unknown>[]) {
      if (!isSubnet(overlay.subnet)) {
        return `Overlay ${String(overlay.name)}: subnet must be an IPv4 subnet, got ${String(overlay.subnet)}`
      }
    }
    return undefined
  },
}

/** The names an overlay document defines, or undefined when it is not one. */
export function overlayNames(value: string): string[] | undefined {
  const parsed = parseJson(value)
  if ('problem' in parsed) return undefined
  const overlays = (parsed.value as { overlays?: unknown } | null)?.overlays
  if (!Array.isArray(overlays)) return undefined
  const names = overlays.map(overlay => (overlay as { name?: unknown } | null)?.name)
  return names.every(name => typeof name === 'string') ? names : undefined
}

/** Items of a value whose rule has passed. */
export function listOf(value: string | undefined): string[] {
  const parsed = parseJson(value ?? '[]')
  return 'value' in parsed && Array.isArray(parsed.value) ? parsed.value.map(String) : []
}

function isSubnet(value: unknown): boolean {
  const [address, length, more] = String(value).split('/')
  return isIPv4(address ?? '') && more === undefined && integerProblem(length ?? '', 0, 32) === undefined
}

function withList(value: string, check: (items: unknown[]) => string | undefined): string | undefined {
  const parsed = parseJson(value)
  if ('problem' in parsed) return `Must be a JSON list, but cannot be parsed as one: ${value}`
  if (!Array.isArray(parsed.value)) return `Must be a JSON list, got: ${value}`
  return check(parsed.value)
}

function parseJson(text: string): { value: unknown } | { problem: string } {
  try {
    return { value: JSON.parse(text) }
  } catch {
    return { problem: `Must be JSON, got ${text}` }
  }
}

function duplicates(items: unknown[]): string | undefined {
  const counts = new Map<string, number>()
  for (const item of items) counts.set(String(item), (counts.get(String(item)) ?? 0) + 1)
  const repeated = [...counts].filter(([, count]) => count > 1).map(([item, count]) => `${item} appears ${count} times`)
  return repeated.length > 0 ? `List cannot contain duplicates: ${repeated.join(', ')}` : undefined
}

function invalidAddresses(items: unknown[]): string | undefined {
  const invalid = items.filter(item => typeof item !== 'string' || !isIPv4(item))
  return invalid.length > 0 ? `Invalid IPv4 addresses in list: ${invalid.join(', ')}` : undefined
}

function integerProblem(value: string, low: number, high: number): string | undefined {
  const problem = notAnInteger(value)
  if (problem) return problem
  return Number(value) < low || Number(value) > high ? `Must be between ${low} and ${high} inclusive` : undefined
}

function notAnInteger(value: string): string | undefined {
  return /^-?\d+$/.test(value) ? undefined : `Must be an integer but got a str: ${value}`
}
