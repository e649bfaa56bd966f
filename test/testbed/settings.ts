/** Where a bed keeps what, and what tells two beds of one machine apart. One place, so that stop finds what start made. */
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { chooseCacheDirectory } from '../../pkgpanda/build/cache-directory.ts'

export interface BedSettings {
  /** Prefix of namespaces and machine names. */
  name: string
  /** State of this bed; gone after a stop. */
  directory: string
  /** First three numbers of the nodes' /24; `.1` is the switch. */
  net: string
  /** Debian release of the nodes. */
  suite: string
  /** Images, the compressed runtime and Prometheus' binary, by digest; shared by all beds and kept. */
  cacheDirectory: string
}

/** Of all beds. Root's alone: whoever could write here would own what root runs and kills. */
export const STATE_DIRECTORY = '/var/lib/dcos-node'

/** Root of the project. */
export const PROJECT = resolve(import.meta.dirname, '../..')

/** Port of the repository, Prometheus and a node's metrics on the nodes' network. */
export const REPOSITORY_PORT = 8080
export const PROMETHEUS_PORT = 9090
export const METRICS_PORT = 61091

/** The bed of npm start, status and stop; environment variables as testbed.sh reads them. */
export function startBed(env: NodeJS.ProcessEnv): BedSettings {
  return {
    name: env.TESTBED_NAME || 'dcos',
    directory: resolve(env.TESTBED_DIR || join(STATE_DIRECTORY, 'testbed')),
    net: env.TESTBED_NET || '172.31.0',
    suite: env.TESTBED_SUITE || 'bookworm',
    cacheDirectory: cacheDirectory(env),
  }
}

/** The same for all beds, and for npm run build. */
export function cacheDirectory(env: NodeJS.ProcessEnv): string {
  return chooseCacheDirectory(env, process.getuid?.(), homedir())
}

/** Address of the switch, where the repository and Prometheus listen. */
export function switchAddress(settings: BedSettings): string {
  return `${settings.net}.1`
}

export function switchNamespace(settings: BedSettings): string {
  return `/run/netns/${settings.name}-switch`
}

/** Records and logs of a bed's helpers. */
export function processDirectory(settings: BedSettings): string {
  return join(settings.directory, 'processes')
}

/** What the nodes download from. */
export function repositoryUrl(settings: BedSettings): string {
  return `http://${switchAddress(settings)}:${REPOSITORY_PORT}`
}
