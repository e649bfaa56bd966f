/**
 * How build scripts are kept from the machine they run on: namespaces by util-linux' unshare(1), where the kernel lets us have
 * them, else not at all (decision 0008). No container engine, no daemon, no setuid program.
 */
import { lstat, mkdir, mkdtemp, readlink, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  ETC_NAMES,
  formatEntry,
  type IsolatedRoot,
  planIsolatedRoot,
  SYSTEM_NAMES,
  type SystemLayout,
} from './isolated-root.ts'
import { runTool } from './tool.ts'
import { toolEnvironment } from './xz.ts'

export type Isolation =
  /** `builder`: owner that files of the build must have; undefined: they are the user's own already. */
  { readonly kind: 'namespaces'; readonly builder?: number } | { readonly kind: 'none'; readonly why: string }

/**
 * Owner of a script that root started: of the few ids that systemd's UIDS-GIDS gives to nobody. With real root's id, which some
 * files of /proc obey without asking for a capability, a script could reconfigure the kernel.
 */
const BUILDER_UID = 65_533

const NAMESPACES = ['--mount', '--pid', '--fork', '--kill-child', '--net', '--ipc', '--uts']
const NO_CAPABILITIES = ['--inh-caps=-all', '--bounding-set=-all', '--no-new-privs']

/** Tries it once, below `directory`, with the very command that will be used. Rejects with the signal's reason only. */
export async function chooseIsolation(
  uid: number | undefined,
  directory: string,
  signal: AbortSignal,
  path = toolEnvironment().PATH,
): Promise<Isolation> {
  const isolation: Isolation = { kind: 'namespaces', ...(uid === 0 ? { builder: BUILDER_UID } : {}) }
  await mkdir(directory, { recursive: true })
  const folder = await mkdtemp(join(directory, 'probe-'))
  try {
    const root = await emptyRoot(folder)
    const table = join(folder, 'mounts')
    await prepareRoot(root, table)
    const [program, ...words] = isolatedCommand(isolation, root, table, ['true'])
    const { outcome, stderr } = await runTool(program, words, { signal, env: { ...toolEnvironment(), PATH: path } })
    if (outcome === 'status 0') return isolation
    return { kind: 'none', why: stderr.trim().split('\n', 1)[0] || outcome }
  } catch (error) {
    signal.throwIfAborted()
    return { kind: 'none', why: (error as Error).message }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Fills `root.mountPoint`, and writes what is to be mounted there to `table`. */
export async function prepareRoot(root: IsolatedRoot, table: string): Promise<void> {
  const { folders, files, links, mounts } = planIsolatedRoot(root, await readSystemLayout())
  for (const path of folders) await mkdir(join(root.mountPoint, path), { recursive: true })
  for (const [path, text] of files) await writeFile(join(root.mountPoint, path), text)
  for (const [path, target] of links) await symlink(target, join(root.mountPoint, path))
  await writeFile(table, mounts)
}

async function readSystemLayout(): Promise<SystemLayout> {
  const links = new Map<string, string>()
  const folders: string[] = []
  const files: string[] = []
  for (const name of [...SYSTEM_NAMES, ...ETC_NAMES.map(each => `etc/${each}`)]) {
    const stat = await lstat(`/${name}`).catch(() => undefined)
    if (stat?.isSymbolicLink()) links.set(name, await readlink(`/${name}`))
    else if (stat?.isDirectory()) folders.push(`/${name}`)
    else if (stat?.isFile()) files.push(`/${name}`)
  }
  return { links, folders, files }
}

/**
 * The command line that runs `command` in `root`, after prepareRoot(): as pid 1's only child, so that the end of either, or of
 * the builder, however it comes, ends every process that the script has started.
 */
export function isolatedCommand(
  { builder }: Extract<Isolation, { kind: 'namespaces' }>,
  root: IsolatedRoot,
  table: string,
  command: readonly string[],
): [string, ...string[]] {
  // pid 1 stays as it is: a change of its ids would undo --kill-child.
  const script = `${formatEntry(root.mountPoint, table)}\nset +e\n"$@"\nexit $?`
  const inner = ['setpriv', ...NO_CAPABILITIES, '--', ...command]
  const user = ['--user', '--map-root-user']
  return [
    'setpriv',
    '--pdeathsig=KILL',
    '--',
    'unshare',
    ...NAMESPACES,
    ...(builder === undefined ? user : []),
    '--',
    'sh',
    '-euc',
    script,
    'sh',
    ...(builder === undefined
      ? inner
      : [
          'setpriv',
          `--reuid=${builder}`,
          `--regid=${builder}`,
          '--clear-groups',
          ...NO_CAPABILITIES,
          '--',
          // Root again inside, as an ordinary user's script is: the same script does the same either way.
          ...['unshare', ...user, '--', ...inner],
        ]),
  ]
}

async function emptyRoot(folder: string): Promise<IsolatedRoot> {
  const id = 'probe--1'
  const places = Object.fromEntries(
    await Promise.all(
      ['root', 'src', 'tmp', 'result', `view/packages/${id}`].map(async name => {
        await mkdir(join(folder, name), { recursive: true })
        return [name, join(folder, name)] as const
      }),
    ),
  ) as Record<'root' | 'src' | 'tmp' | 'result', string>
  return {
    mountPoint: places.root,
    id,
    sources: places.src,
    script: '/dev/null',
    temporary: places.tmp,
    result: places.result,
    installRoot: join(folder, 'view'),
    dependencies: new Map(),
    hidden: [],
  }
}
