/** Configuration of dcos-pkgpanda-api: the file that PKGPANDA_HTTP_CONFIG names (pkgpanda 4), and path options for work by hand. */
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import Type from 'typebox'
import { loadJsonFile } from '../../src/shared/config/json-file.ts'
import type { Listener } from '../../src/shared/http/listener.ts'
import { METRICS_DIRECTORY } from '../../src/shared/metrics/textfile.ts'
import { installPaths, type ParsedOptions, readRoles } from '../context.ts'
import { faults } from '../errors.ts'
import type { InstallPaths } from '../swap/install-paths.ts'

export interface ApiConfig {
  /** The path options of the command line. */
  readonly paths: ParsedOptions
  /** Where it listens when systemd hands over no socket. */
  readonly listener: Listener | undefined
  /** For what must outlive this process, not the boot: the jobs. */
  readonly workDirectory: string
  readonly metricsDirectory: string
  /** Whether routes that change the node do so. */
  readonly changesAllowed: boolean
  /** Beside the one of the setup flag. */
  readonly repositoryUrls: readonly string[]
  /** Leave after so long without a connection and a job, ms; 0: never. */
  readonly idleExitMs: number
}

const WORK_DIRECTORY = '/run/dcos/pkgpanda-api'
const IDLE_EXIT_S = 60
const URLS_MAX = 32
const AGENT_ROLES = ['slave', 'slave_public']

/** The first five keys are those of 1.9. */
const File = Type.Object(
  {
    DCOS_ROOT: Type.Optional(Type.String()),
    DCOS_CONFIG_DIR: Type.Optional(Type.String()),
    DCOS_REPO_DIR: Type.Optional(Type.String()),
    DCOS_ROOTED_SYSTEMD: Type.Optional(Type.Boolean()),
    WORK_DIR: Type.Optional(Type.String()),
    DCOS_STATE_DIR_ROOT: Type.Optional(Type.String()),
    ROLE: Type.Optional(Type.Union([Type.Literal('master'), Type.Literal('agent'), Type.Literal('agent_public')])),
    ALLOW_CHANGES: Type.Optional(Type.Boolean()),
    REPOSITORY_URLS: Type.Optional(Type.Array(Type.String(), { maxItems: URLS_MAX })),
    IDLE_EXIT_S: Type.Optional(Type.Number({ minimum: 0, maximum: 86_400 })),
  },
  { additionalProperties: false },
)

/** An option wins over the file. Rejects with PKGPANDA_USAGE, CONFIG_FILE_* and CONFIG_VALUE_INVALID. */
export async function loadConfig(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<ApiConfig> {
  const { listener, ...options } = parseOptions(argv)
  const path = env.PKGPANDA_HTTP_CONFIG
  const file = path ? await loadJsonFile(path, File) : {}
  const parsed: ParsedOptions = {
    ...definedOf({
      root: options.root ?? file.DCOS_ROOT,
      configDir: options.configDir ?? file.DCOS_CONFIG_DIR,
      repository: options.repository ?? file.DCOS_REPO_DIR,
      stateDirRoot: options.stateDirRoot ?? file.DCOS_STATE_DIR_ROOT,
    }),
    rootedSystemd: options.rootedSystemd ?? file.DCOS_ROOTED_SYSTEMD ?? false,
    systemd: options.systemd,
    // Nobody waits for the target: this very service may be among what it starts (pkgpanda 4).
    blockSystemd: false,
  }
  const paths = installPaths(parsed)
  return Object.freeze({
    paths: parsed,
    listener,
    // With everything below a scratch directory nothing of the machine is touched.
    workDirectory: resolve(
      file.WORK_DIR ?? (paths.rootedSystemd ? join(paths.stateRoot, 'pkgpanda-api') : WORK_DIRECTORY),
    ),
    metricsDirectory: paths.rootedSystemd ? join(paths.stateRoot, 'pkgpanda') : METRICS_DIRECTORY,
    changesAllowed: file.ALLOW_CHANGES ?? !isAgent(file.ROLE, paths),
    repositoryUrls: file.REPOSITORY_URLS ?? [],
    idleExitMs: (file.IDLE_EXIT_S ?? IDLE_EXIT_S) * 1_000,
  })
}

/** The repository that dcos_install.sh wrote down; none on a node that was set up otherwise. */
export function readRepositoryUrls({ configDirectory }: InstallPaths): string[] {
  const flag = join(configDirectory, 'setup-flags', 'repository-url')
  return existsSync(flag) ? readFileSync(flag, 'utf8').split(/\s+/).filter(Boolean) : []
}

/** A file without the key is one of 1.9: the node itself knows what it is. */
function isAgent(role: string | undefined, { configDirectory }: InstallPaths): boolean {
  if (role !== undefined) return role !== 'master'
  return readRoles(configDirectory).some(each => AGENT_ROLES.includes(each))
}

interface Options extends ParsedOptions {
  systemd: boolean
  listener: Listener | undefined
}

function parseOptions(argv: readonly string[]): Options {
  let values: ReturnType<typeof parse>['values']
  try {
    values = parse(argv).values
  } catch (error) {
    throw faults.USAGE((error as Error).message)
  }
  const { socket, port } = values
  if (socket !== undefined && port !== undefined) throw faults.USAGE('either --socket or --port')
  if (port !== undefined && !(/^\d{1,5}$/.test(port) && Number(port) < 65_536))
    throw faults.USAGE(`--port=${port}: a port number expected`)
  return {
    ...definedOf({
      root: values.root,
      repository: values.repository,
      configDir: values['config-dir'],
      stateDirRoot: values['state-dir-root'],
    }),
    ...(values['rooted-systemd'] === undefined ? {} : { rootedSystemd: values['rooted-systemd'] }),
    systemd: !values['no-systemd'],
    listener:
      socket !== undefined
        ? { path: resolve(socket), mode: 0o660 }
        : port !== undefined
          ? { host: '127.0.0.1', port: Number(port) }
          : undefined,
  }
}

function parse(argv: readonly string[]) {
  return parseArgs({
    args: [...argv],
    allowPositionals: false,
    options: {
      socket: { type: 'string' },
      port: { type: 'string' },
      root: { type: 'string' },
      repository: { type: 'string' },
      'config-dir': { type: 'string' },
      'state-dir-root': { type: 'string' },
      'rooted-systemd': { type: 'boolean' },
      'no-systemd': { type: 'boolean' },
    },
  })
}

/** Keys that have a value: an explicit `undefined` would not be an absent option. */
function definedOf<T extends Record<string, string | undefined>>(values: T): { [K in keyof T]?: string } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: string
  }
}
