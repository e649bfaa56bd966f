/**
 * Configuration of dcos-metrics: 1.9's flags and YAML keys (metrics 1.2) and some of ours. The file is applied after the flags and
 * so wins; keys we do not know are passed over, as 1.9 does.
 */
import { Type } from 'typebox'
import { faults as configFaults } from '../shared/config/errors.ts'
import { parseFlags } from '../shared/config/flags.ts'
import { loadYamlFile } from '../shared/config/json-file.ts'
import { formatDuration, parseDuration } from '../shared/time/duration.ts'
import { VERSION } from '../shared/version.ts'
import { faults } from './errors.ts'
import { DEFAULT_ROOTS, type Roots } from './roots.ts'

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'fatal', 'panic'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]
export type Role = 'master' | 'agent'

export interface MetricsConfig {
  /** `-role`, or key `dcosrole`. Public agents are agents too. */
  role: Role
  /** `-loglevel`, or key `loglevel`; `debug` also tells each request. Default info. */
  logLevel: LogLevel
  /** `collector.node.poll_period`: ms between two samples, 1 s to 1 h. Default 15 s. DEPARTURE (metrics 3): 1.9 took 60 s. */
  nodePollPeriodMs: number
  /** `collector.mesos_agent.port`. Default 5051; masters ask 5050 (`collector.mesos_master.port`). */
  mesosPort: number
  /** `collector.mesos_agent.request_protocol`: http or https. Default http. */
  mesosProtocol: 'http' | 'https'
  /** `collector.mesos_agent.request_timeout`: ms for one answer of Mesos. Default 5 s. */
  mesosRequestTimeoutMs: number
  /** `producers.http.ip` and `.port`, for a start without an inherited socket. Default all interfaces, 9000; 0 takes any free port. */
  http: { host: string; port: number }
  /** `producers.http.cacheexpiry`: ms a datapoint is served in /v0 after its sample. Default 120 s, at least two poll periods. */
  httpCacheExpiryMs: number
  /** `producers.prometheus.ip` and `.port`. Default all interfaces, 61091; 0 takes any free port. */
  prometheus: { host: string; port: number }
  /** `producers.prometheus.cacheexpiry`: the same for /metrics. Default 60 s, at least two poll periods. */
  prometheusCacheExpiryMs: number
  /** `roots.{proc,sys,root}`. Default `/proc`, `/sys`, `/`. */
  roots: Roots
  /** `identity.detect_ip`: script that prints this node's address. Default /opt/mesosphere/bin/detect_ip. */
  detectIp: string
  /** `identity.cluster_id_file`. Default /var/lib/dcos/cluster-id. */
  clusterIdFile: string
  /** `relay.directory`: where daemons that are not always there leave their metrics. Default /run/dcos/metrics. */
  relayDirectory: string
}

export const DEFAULTS = {
  logLevel: 'info',
  nodePollPeriodMs: 15_000,
  mesosPort: { master: 5050, agent: 5051 },
  mesosProtocol: 'http',
  mesosRequestTimeoutMs: 5000,
  http: { host: '0.0.0.0', port: 9000 },
  httpCacheExpiryMs: 120_000,
  prometheus: { host: '0.0.0.0', port: 61091 },
  prometheusCacheExpiryMs: 60_000,
  roots: DEFAULT_ROOTS,
  detectIp: '/opt/mesosphere/bin/detect_ip',
  clusterIdFile: '/var/lib/dcos/cluster-id',
  relayDirectory: '/run/dcos/metrics',
} as const

/** A value must outlive the sample that replaces it, or it would come and go (1.9's own rule). */
const EXPIRY_PER_POLL = 2
const POLL_PERIOD_MS = { min: 1000, max: 3_600_000 }
const TIMEOUT_MS = { min: 100, max: 300_000 }
const EXPIRY_MS = { min: 1000, max: 86_400_000 }

const FLAGS = { role: 'string', config: 'string', loglevel: 'string', version: 'boolean' } as const

export interface CommandLine {
  role: string
  /** '' when no file was named. */
  configFile: string
  logLevel: string
  version: boolean
}

/** Go-style flags. Throws CONFIG_FLAG_*. */
export function parseCommandLine(argv: readonly string[]): CommandLine {
  const { values } = parseFlags(FLAGS, argv)
  const { role = '', config: configFile = '', loglevel: logLevel = DEFAULTS.logLevel, version = false } = values
  return { role, configFile, logLevel, version }
}

/** What `-version` prints (metrics 1.2). No artifact of ours carries a commit, hence no revision. */
export function versionText(role: string): string {
  const lines = [
    `DC/OS Metrics Service (${role})`,
    `Version: ${VERSION}`,
    'Revision: unset',
    `HTTP User-Agent: ${USER_AGENT}`,
  ]
  return `${lines.join('\n')}\n`
}

/** How we introduce ourselves to Mesos. */
export const USER_AGENT = `dcos-metrics/${VERSION}`

const Port = Type.Integer({ minimum: 0, maximum: 65535 })
/** Go's YAML takes a duration as text or as a number of nanoseconds. */
const Duration = Type.Union([Type.String(), Type.Integer({ minimum: 0 })], {
  description: 'a duration such as 15s or 1m30s',
})
const Text = Type.Optional(Type.String())

const FileSchema = Type.Object({
  dcosrole: Type.Optional(Type.Enum(['master', 'agent'])),
  loglevel: Type.Optional(Type.Enum([...LOG_LEVELS])),
  collector: Type.Optional(
    Type.Object({
      node: Type.Optional(Type.Object({ poll_period: Type.Optional(Duration) })),
      mesos_agent: Type.Optional(
        Type.Object({
          port: Type.Optional(Port),
          request_protocol: Type.Optional(Type.Union([Type.Literal('http'), Type.Literal('https')])),
          request_timeout: Type.Optional(Duration),
        }),
      ),
      mesos_master: Type.Optional(Type.Object({ port: Type.Optional(Port) })),
    }),
  ),
  producers: Type.Optional(
    Type.Object({
      http: Type.Optional(Type.Object({ ip: Text, port: Type.Optional(Port), cacheexpiry: Type.Optional(Duration) })),
      prometheus: Type.Optional(
        Type.Object({ ip: Text, port: Type.Optional(Port), cacheexpiry: Type.Optional(Duration) }),
      ),
    }),
  ),
  roots: Type.Optional(Type.Object({ proc: Text, sys: Text, root: Text })),
  identity: Type.Optional(Type.Object({ detect_ip: Text, cluster_id_file: Text })),
  relay: Type.Optional(Type.Object({ directory: Text })),
})

/** A configuration and what had to be changed in it to work, one sentence each, for the log. */
export interface LoadedConfig {
  config: Readonly<MetricsConfig>
  notes: readonly string[]
}

/** Reads the file the flags name, if any. Rejects with CONFIG_* or METRICS_ROLE_INVALID. */
export async function loadConfig(flags: CommandLine): Promise<LoadedConfig> {
  const notes: string[] = []
  if (!flags.configFile) notes.push('no configuration file was named with -config, using the defaults')
  const file = flags.configFile ? await loadYamlFile(flags.configFile, FileSchema) : {}
  const source = `configuration file '${flags.configFile}'`
  const duration = (
    key: string,
    value: string | number | undefined,
    bounds: { min: number; max: number },
    or: number,
  ) => (value === undefined ? or : durationMs(source, key, value, bounds))

  const role = file.dcosrole ?? flags.role
  if (role !== 'master' && role !== 'agent') throw faults.ROLE_INVALID(role)
  const logLevel = file.loglevel ?? flags.logLevel
  if (!isLogLevel(logLevel)) throw configFaults.FLAG_VALUE_INVALID('-loglevel', logLevel, LOG_LEVELS.join(', '))

  const { node, mesos_agent: agent, mesos_master: master } = file.collector ?? {}
  const { http, prometheus } = file.producers ?? {}
  const nodePollPeriodMs = duration(
    'collector.node.poll_period',
    node?.poll_period,
    POLL_PERIOD_MS,
    DEFAULTS.nodePollPeriodMs,
  )
  const expiry = (producer: 'http' | 'prometheus', value: string | number | undefined, or: number) => {
    const key = `producers.${producer}.cacheexpiry`
    const wantedMs = duration(key, value, EXPIRY_MS, or)
    const leastMs = EXPIRY_PER_POLL * nodePollPeriodMs
    if (wantedMs >= leastMs) return wantedMs
    notes.push(`${key} is raised to ${formatDuration(leastMs)}, ${EXPIRY_PER_POLL} poll periods`)
    return leastMs
  }
  const config: MetricsConfig = {
    role,
    logLevel,
    nodePollPeriodMs,
    mesosPort: (role === 'agent' ? agent?.port : master?.port) ?? DEFAULTS.mesosPort[role],
    mesosProtocol: agent?.request_protocol ?? DEFAULTS.mesosProtocol,
    mesosRequestTimeoutMs: duration(
      'collector.mesos_agent.request_timeout',
      agent?.request_timeout,
      TIMEOUT_MS,
      DEFAULTS.mesosRequestTimeoutMs,
    ),
    http: { host: http?.ip || DEFAULTS.http.host, port: http?.port ?? DEFAULTS.http.port },
    httpCacheExpiryMs: expiry('http', http?.cacheexpiry, DEFAULTS.httpCacheExpiryMs),
    prometheus: {
      host: prometheus?.ip || DEFAULTS.prometheus.host,
      port: prometheus?.port ?? DEFAULTS.prometheus.port,
    },
    prometheusCacheExpiryMs: expiry('prometheus', prometheus?.cacheexpiry, DEFAULTS.prometheusCacheExpiryMs),
    roots: {
      procfs: file.roots?.proc || DEFAULTS.roots.procfs,
      sysfs: file.roots?.sys || DEFAULTS.roots.sysfs,
      rootfs: file.roots?.root || DEFAULTS.roots.rootfs,
    },
    detectIp: file.identity?.detect_ip || DEFAULTS.detectIp,
    clusterIdFile: file.identity?.cluster_id_file || DEFAULTS.clusterIdFile,
    relayDirectory: file.relay?.directory || DEFAULTS.relayDirectory,
  }
  return { config: Object.freeze(config), notes }
}

function isLogLevel(text: string): text is LogLevel {
  return (LOG_LEVELS as readonly string[]).includes(text)
}

const NANOSECONDS_PER_MS = 1e6

function durationMs(
  source: string,
  key: string,
  value: string | number,
  { min, max }: { min: number; max: number },
): number {
  const invalid = () =>
    configFaults.VALUE_INVALID(
      source,
      `key '${key}': found ${JSON.stringify(value)}, allowed a duration from ${formatDuration(min)} to ${formatDuration(max)}`,
    )
  let ms: number
  try {
    ms = typeof value === 'number' ? value / NANOSECONDS_PER_MS : parseDuration(value)
  } catch (error) {
    throw invalid().because(error)
  }
  if (ms < min || ms > max) throw invalid()
  return ms
}
