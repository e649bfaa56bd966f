/** What gen-resolvconf is told: the file to write as its argument, the cluster's resolvers and search domains by the environment. */
import { faults } from './errors.ts'

export interface ResolvconfConfig {
  /** The file to keep; the unit gives /etc/resolv.conf. */
  path: string
  /** Where the forwarder listens, in the order in which they are asked and written: 198.51.100.1 to .3. */
  forwarders: readonly string[]
  /** For the answer of each forwarder: 5000 ms, so that the worst run takes 15 s. */
  probeTimeoutMs: number
  /** `RESOLVERS` of dns_config: comma-separated `ip` or `ip:port`; undefined when the environment has none. */
  resolvers: string | undefined
  /** `SEARCH` of dns_search_config: domains separated by blanks, at most 255 characters; undefined when there are none. */
  search: string | undefined
}

/** Addresses that other programs have built in (dns 1): they can't be configured. */
const FORWARDERS = ['198.51.100.1', '198.51.100.2', '198.51.100.3'] as const
const PROBE_TIMEOUT_MS = 5000
const SEARCH_MAX_LENGTH = 255

export const USAGE = 'usage: gen-resolvconf PATH\n  keeps the resolv.conf(5) at PATH; the unit gives /etc/resolv.conf\n'

/** Exactly one argument: the path, or the question for the version, which runDaemon answers. */
export function isCommandLine(argv: readonly string[]): boolean {
  const [only = ''] = argv
  return argv.length === 1 && only !== '' && (!only.startsWith('-') || /^--?version$/.test(only))
}

/** Throws RESOLVCONF_SEARCH_INVALID. */
export function loadConfig(
  path: string,
  env: Readonly<Record<string, string | undefined>>,
): Readonly<ResolvconfConfig> {
  const search = env.SEARCH?.trim() || undefined
  // A line break would put lines of its own into the file.
  if (search && (/[\r\n\0]/.test(search) || search.length > SEARCH_MAX_LENGTH)) throw faults.SEARCH_INVALID(search)
  return Object.freeze({
    path,
    forwarders: FORWARDERS,
    probeTimeoutMs: PROBE_TIMEOUT_MS,
    resolvers: env.RESOLVERS,
    search,
  })
}
