/** Configuration of dcos-log: Go-style flags, then a JSON file laid over them (log 1.2). */
import Type from 'typebox'
import { problemsOf } from '../shared/config/decode.ts'
import { faults as configFaults } from '../shared/config/errors.ts'
import { type FlagKind, type FlagValues, parseFlags } from '../shared/config/flags.ts'
import { readConfigFile } from '../shared/config/json-file.ts'
import type { Log } from '../shared/log/journald.ts'
import { parseDuration } from '../shared/time/duration.ts'
import { faults } from './errors.ts'

export type Role = 'master' | 'agent' | 'agent_public'

export interface LogConfig {
  /** What kind of node this is. Required. */
  role: Role
  /** TCP port when systemd hands over no socket; 1024 to 65535. */
  port: number
  /** Address for that port. DEPARTURE (log 1.1): 1.9 listened on all of them. */
  host: string
  /** Log each request. */
  verbose: boolean
  /** Let Mesos decide who may read the logs of tasks. */
  auth: boolean
  /** PEM file with the authority of Mesos' certificates; '' for none: they are not verified. */
  caCert: string
  /** Of one authorisation request, ms; 100 to 600000. */
  timeoutMs: number
  /** Leave after so long without a connection, ms; 1000 to 2592000000, or 0: never. */
  idleExitMs: number
  /** `http://host:port` of the leading Mesos master; '' for leader.mesos:5050. */
  mesosMaster: string
  /** `http://host:port` of the Mesos agent of this node; '' for port 5051 of the address that `detectIp` prints. */
  mesosAgent: string
  /** The work directory of the Mesos agent, which is part of the names of its files. */
  mesosWorkDir: string
  /** Script that prints this node's address. */
  detectIp: string
  /** Clients that follow the journal at once; 1 to 10000. */
  followersMax: number
  /** Entries of one answer, but for streams; 0: no limit. */
  rangeEntriesMax: number
  /** Bytes of one answer before compression, but for streams; 0: no limit. */
  rangeBytesMax: number
  /** Read the journal files below this directory instead of the node's journal; '' for the latter. */
  journalDirectory: string
}

export const DEFAULTS: Omit<LogConfig, 'role'> = {
  port: 8080,
  host: '127.0.0.1',
  verbose: false,
  auth: false,
  caCert: '',
  timeoutMs: 5000,
  idleExitMs: 60_000,
  mesosMaster: '',
  mesosAgent: '',
  mesosWorkDir: '/var/lib/mesos/slave',
  detectIp: '/opt/mesosphere/bin/detect_ip',
  followersMax: 500,
  // Above what a whole journal makes, so that no client of 1.9 meets them: journald keeps 4 GiB unless told otherwise, where an entry takes
  // 300 bytes at the very least (14 million of them), and 1 to 2 KiB as JSON.
  rangeEntriesMax: 20_000_000,
  rangeBytesMax: 32 * 1024 ** 3,
  journalDirectory: '',
}

/** Flag and JSON key are the same word; `config` is a flag only. */
const FLAGS = {
  config: 'string',
  role: 'string',
  port: 'integer',
  host: 'string',
  verbose: 'boolean',
  auth: 'boolean',
  'ca-cert': 'string',
  timeout: 'duration',
  'idle-exit': 'duration',
  'mesos-master': 'string',
  'mesos-agent': 'string',
  'mesos-work-dir': 'string',
  'detect-ip': 'string',
  'followers-max': 'integer',
  'range-entries-max': 'integer',
  'range-bytes-max': 'integer',
  'journal-directory': 'string',
} as const satisfies Record<string, FlagKind>

/** A Go duration; in JSON also Go's own form, a number of nanoseconds. */
const Duration = Type.Union(
  [Type.String({ pattern: '^[+]?([0-9.]+(ns|us|µs|ms|s|m|h))+$|^0$' }), Type.Integer({ minimum: 0 })],
  {
    description: 'a duration such as "5s"',
  },
)

/** Within these timers keep what they are given: one above 2^31 ms runs out at once. The unit's own patience is minutes. */
const DURATIONS = {
  timeout: { allowed: 'a duration from 100ms to 10m', holds: (ms: number) => ms >= 100 && ms <= 600_000 },
  'idle-exit': {
    allowed: '0 or a duration from 1s to 720h',
    holds: (ms: number) => ms === 0 || (ms >= 1000 && ms <= 720 * 3_600_000),
  },
} as const

const Count = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })

const MesosUrl = Type.String({ pattern: '^(https?://[^/?#@]+)?$', description: 'a URL such as "http://10.0.0.1:5050"' })

const AbsolutePath = Type.String({ pattern: '^/', description: 'an absolute path' })

const RoleName = Type.Union([Type.Literal('master'), Type.Literal('agent'), Type.Literal('agent_public')])

const File = Type.Object(
  {
    role: RoleName,
    port: Type.Optional(Type.Integer({ minimum: 1024, maximum: 65535 })),
    host: Type.Optional(Type.String()),
    verbose: Type.Optional(Type.Boolean()),
    auth: Type.Optional(Type.Boolean()),
    'ca-cert': Type.Optional(Type.String()),
    timeout: Type.Optional(Duration),
    'idle-exit': Type.Optional(Duration),
    'mesos-master': Type.Optional(MesosUrl),
    'mesos-agent': Type.Optional(MesosUrl),
    'mesos-work-dir': Type.Optional(AbsolutePath),
    'detect-ip': Type.Optional(AbsolutePath),
    'followers-max': Type.Optional(Type.Integer({ minimum: 1, maximum: 10_000 })),
    'range-entries-max': Type.Optional(Count),
    'range-bytes-max': Type.Optional(Count),
    'journal-directory': Type.Optional(Type.String()),
  },
  { additionalProperties: false },
)

/**
 * QUIRK (log 1.2): the file wins over the flags, and must name the role even beside -role. Rejects with CONFIG_FLAG_*,
 * CONFIG_FILE_*, or, each problem logged by itself, LOG_CONFIG_INVALID.
 */
export async function loadConfig(argv: readonly string[], log: Log): Promise<Readonly<LogConfig>> {
  const { values: flags } = parseFlags(FLAGS, argv)
  const file = flags.config ? await readJson(flags.config) : undefined
  const source = file === undefined ? 'the flags' : `configuration file '${flags.config}'`
  const given = file ?? flagsAsFile(flags)
  const malformed = problemsOf(File, given)
  // Flags that a file goes over count as well, but for what it says anew.
  const problems = malformed.length > 0 ? malformed : durationProblems({ ...flagsAsFile(flags), ...given })
  for (const problem of problems) log.error(`${source}: ${problem}`)
  if (problems.length > 0) throw faults.CONFIG_INVALID()
  return Object.freeze(decoded({ ...flagsAsFile(flags), ...(file ?? {}) }))
}

function durationProblems(json: Partial<FileJson>): string[] {
  return Object.entries(DURATIONS).flatMap(([key, { allowed, holds }]) => {
    const found = json[key as keyof typeof DURATIONS]
    const ms = durationMs(found)
    return ms === undefined || holds(ms) ? [] : [`key '${key}': found ${JSON.stringify(found)}, allowed ${allowed}`]
  })
}

async function readJson(path: string): Promise<object> {
  const text = await readConfigFile(path)
  try {
    return JSON.parse(text) as object
  } catch (error) {
    throw configFaults.FILE_MALFORMED(path, (error as SyntaxError).message)
  }
}

type FileJson = Type.Static<typeof File>

/** Flags in the file's form, so that one schema and one decoder serve both. */
function flagsAsFile({ config: _, ...flags }: FlagValues<typeof FLAGS>): Partial<FileJson> {
  const { timeout, 'idle-exit': idleExit, ...same } = flags
  return {
    ...(same as Partial<FileJson>),
    ...(timeout !== undefined && { timeout: `${timeout}ms` }),
    ...(idleExit !== undefined && { 'idle-exit': `${idleExit}ms` }),
  }
}

function decoded(json: Partial<FileJson>): LogConfig {
  return {
    // The schema demands it in both forms.
    role: json.role as Role,
    port: json.port ?? DEFAULTS.port,
    host: json.host ?? DEFAULTS.host,
    verbose: json.verbose ?? DEFAULTS.verbose,
    auth: json.auth ?? DEFAULTS.auth,
    caCert: json['ca-cert'] ?? DEFAULTS.caCert,
    timeoutMs: durationMs(json.timeout) ?? DEFAULTS.timeoutMs,
    idleExitMs: durationMs(json['idle-exit']) ?? DEFAULTS.idleExitMs,
    mesosMaster: json['mesos-master'] ?? DEFAULTS.mesosMaster,
    mesosAgent: json['mesos-agent'] ?? DEFAULTS.mesosAgent,
    mesosWorkDir: json['mesos-work-dir'] ?? DEFAULTS.mesosWorkDir,
    detectIp: json['detect-ip'] ?? DEFAULTS.detectIp,
    followersMax: json['followers-max'] ?? DEFAULTS.followersMax,
    rangeEntriesMax: json['range-entries-max'] ?? DEFAULTS.rangeEntriesMax,
    rangeBytesMax: json['range-bytes-max'] ?? DEFAULTS.rangeBytesMax,
    journalDirectory: json['journal-directory'] ?? DEFAULTS.journalDirectory,
  }
}

/** Whole ones: AbortSignal.timeout() takes no others. */
function durationMs(value: string | number | undefined): number | undefined {
  if (value === undefined) return undefined
  return Math.round(typeof value === 'number' ? value / 1e6 : parseDuration(value))
}
