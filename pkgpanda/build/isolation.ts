/**
 * How build scripts are kept from the machine they run on: namespaces by util-linux' unshare(1), where the kernel lets us have
 * them, else not at all (decision 0008). No container engine, no daemon, no setuid program.
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { formatIsolatedRoot, type IsolatedRoot } from './isolated-root.ts'
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

/** Tries it once, below `directory`, with the very command that will be used. `uid` undefined: not known here. */
export async function chooseIsolation(
  uid: number | undefined,
  directory: string,
  signal: AbortSignal,
): Promise<Isolation> {
  const isolation: Isolation = { kind: 'namespaces', ...(uid === 0 ? { builder: BUILDER_UID } : {}) }
  await mkdir(directory, { recursive: true })
  const folder = await mkdtemp(join(directory, 'probe-'))
  try {
    const root = await emptyRoot(folder)
    const [program, ...words] = isolatedCommand(isolation, root, ['true'])
    const { outcome, stderr } = await runTool(program, words, { signal, env: toolEnvironment() })
    if (outcome === 'status 0') return isolation
    return { kind: 'none', why: stderr.trim().split('\n', 1)[0] || outcome }
  } catch (error) {
    signal.throwIfAborted()
    return { kind: 'none', why: (error as Error).message }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/**
 * The command line that runs `command` in `root`: as pid 1's only child, so that the end of either, or of the builder, however
 * it comes, ends every process that the script has started.
 */
export function isolatedCommand(
  { builder }: Extract<Isolation, { kind: 'namespaces' }>,
  root: IsolatedRoot,
  command: readonly string[],
): [string, ...string[]] {
  // pid 1 stays as it is: a change of its ids would undo --kill-child.
  const script = `umask 022\n${formatIsolatedRoot(root)}\nset +e\n"$@"\nexit $?`
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
