/** What dcos-logrotate is told: the role, and by it the files of 1.9 (log 11). */
import { join } from 'node:path'
import { type FlagKind, parseFlags } from '../shared/config/flags.ts'
import { faults } from './errors.ts'

export type Role = 'master' | 'agent'

export interface LogrotateConfig {
  role: Role
  /** What to rotate, in the syntax of logrotate.conf(5); made by genconf. */
  configFile: string
  /** Where the host's logrotate keeps when it last rotated. */
  stateFile: string
  /** The configuration that the host's logrotate is given; made at each run. */
  hostConfigFile: string
  /** Where a host may have logrotate; the first that is there is used. */
  hostPrograms: readonly string[]
  /** For one run of it, compressing included; below TimeoutStartSec= of the unit. */
  hostTimeoutMs: number
}

const FLAGS = { role: 'string', config: 'string', state: 'string' } as const satisfies Record<string, FlagKind>

const HOST_PROGRAMS = ['/usr/sbin/logrotate', '/sbin/logrotate', '/usr/bin/logrotate'] as const
const HOST_TIMEOUT_MS = 600_000

/** `-config` and `-state` are for trying something by hand. Throws LOGROTATE_ROLE_UNKNOWN, CONFIG_FLAG_*. */
export function loadConfig(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Readonly<LogrotateConfig> {
  const { values } = parseFlags(FLAGS, argv)
  const { role = '' } = values
  if (role !== 'master' && role !== 'agent') throw faults.ROLE_UNKNOWN(role)
  return Object.freeze({
    role,
    configFile: values.config ?? `/opt/mesosphere/etc/logrotate_${role}.config`,
    stateFile: values.state ?? `/var/lib/dcos/mesos/logrotate_${role}.status`,
    hostConfigFile: join(env.RUNTIME_DIRECTORY ?? '/run/dcos-logrotate', `${role}.config`),
    hostPrograms: HOST_PROGRAMS,
    hostTimeoutMs: HOST_TIMEOUT_MS,
  })
}
