/** Runs a package's `build` script as DC/OS's builder did (pkgpanda 3.4), without a container: a clean environment, and its own root where the kernel allows. */
import { spawn } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { faults } from './errors.ts'
import { ISOLATED_PATHS, type IsolatedRoot } from './isolated-root.ts'
import { type Isolation, isolatedCommand, prepareRoot } from './isolation.ts'
import { killLeftovers } from './leftovers.ts'
import { INSTALL_ROOT } from './sources/launcher.ts'
import { formatVariant } from './variant.ts'
import { exitOf, toolEnvironment } from './xz.ts'

/** The places of a script, all of them below one scratch folder: a root of its own is made of them, or they are used as they are. */
export interface ScriptPlaces extends IsolatedRoot {
  /** File for the table of mounts. */
  readonly table: string
}

export interface ScriptRun {
  readonly name: string
  readonly variant: string
  readonly version: string
  readonly places: ScriptPlaces
  readonly isolation: Isolation
  readonly signal: AbortSignal
}

/** So much of the script's output is shown when it fails. */
const OUTPUT_LINES_MAX = 20
const OUTPUT_CHARACTERS_MAX = 16 * 1024
/** After its end, until whoever has its output open is given up. */
const OUTPUT_GRACE_MS = 2_000

/** No process of the script's is left when it settles. Rejects with BUILD_SCRIPT_FAILED, BUILD_TOOL_MISSING and the signal's reason. */
export async function runBuildScript(run: ScriptRun): Promise<void> {
  const { name, places, isolation, signal } = run
  signal.throwIfAborted()
  const isolated = isolation.kind === 'namespaces'
  if (isolated) await prepareRoot(places, places.table)
  const bash = ['bash', '-o', 'nounset', '-o', 'pipefail', '-o', 'errexit']
  const [program = '', ...words] = isolated
    ? isolatedCommand(isolation, places, places.table, [...bash, ISOLATED_PATHS.script])
    : [...bash, places.script]
  const child = spawn(program, words, {
    cwd: places.sources,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: scriptEnvironment(run, isolated),
    // Without namespaces a process group is the only thing that its processes have in common.
    detached: !isolated,
  })
  let tail = ''
  const keep = (chunk: string) => {
    tail = `${tail}${chunk}`.slice(-OUTPUT_CHARACTERS_MAX)
  }
  child.stdout.setEncoding('utf8').on('data', keep)
  child.stderr.setEncoding('utf8').on('data', keep)
  const stop = () => {
    if (isolated) child.kill('SIGKILL')
    else killLeftovers(child.pid, `PKG_PATH=${places.result}`)
  }
  child.on('exit', () => {
    stop()
    // A process that got away from us may hold them for ever.
    setTimeout(() => {
      child.stdout.destroy()
      child.stderr.destroy()
    }, OUTPUT_GRACE_MS).unref()
  })
  signal.addEventListener('abort', stop)
  try {
    const outcome = await exitOf(child, program)
    signal.throwIfAborted()
    if (outcome !== 'status 0') throw faults.SCRIPT_FAILED(name, outcome, lastLines(tail))
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

/** Variables of pkgpanda 3.4, and PKG_SRC, PKG_EXTRA, PKG_FINAL_PATH, by which a script works with a root of its own and without. */
export function scriptEnvironment(
  { name, variant, version, places }: Pick<ScriptRun, 'name' | 'variant' | 'version' | 'places'>,
  isolated: boolean,
): NodeJS.ProcessEnv {
  const { id, sources, extra = '', result } = places
  const finalPath = `${INSTALL_ROOT}/packages/${id}`
  return {
    ...toolEnvironment(),
    HOME: isolated ? ISOLATED_PATHS.sources : sources,
    SOURCE_DATE_EPOCH: '0',
    PKG_NAME: name,
    PKG_VERSION: version,
    PKG_ID: id,
    PKG_VARIANT: formatVariant(variant),
    PKG_PATH: isolated ? finalPath : result,
    PKG_FINAL_PATH: finalPath,
    PKG_SRC: isolated ? ISOLATED_PATHS.sources : sources,
    PKG_EXTRA: isolated ? ISOLATED_PATHS.extra : extra,
    NUM_CORES: String(availableParallelism()),
  }
}

function lastLines(text: string): string {
  return text.trimEnd().split('\n').slice(-OUTPUT_LINES_MAX).join('\n')
}
