/** Runs a package's `build` script as DC/OS's builder did (pkgpanda 3.4), without a container: a clean environment, a scratch folder. */
import { spawn } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { faults } from './errors.ts'
import { INSTALL_ROOT } from './sources/launcher.ts'
import { exitOf, toolEnvironment } from './xz.ts'

export interface ScriptRun {
  readonly name: string
  readonly version: string
  readonly id: string
  /** The script. */
  readonly file: string
  /** Scratch folder to fill; what is in it becomes the package. */
  readonly result: string
  /** One folder for each source. */
  readonly sources: string
  /** `extra/` of the package's folder, whether it is there or not. */
  readonly extra: string
}

/** So much of the script's output is shown when it fails. */
const OUTPUT_LINES_MAX = 20

/** Rejects with BUILD_SCRIPT_FAILED and BUILD_TOOL_MISSING. */
export async function runBuildScript({ name, version, id, file, result, sources, extra }: ScriptRun): Promise<void> {
  const child = spawn('bash', ['-o', 'nounset', '-o', 'pipefail', '-o', 'errexit', file], {
    cwd: sources,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...toolEnvironment(),
      HOME: sources,
      SOURCE_DATE_EPOCH: '0',
      PKG_NAME: name,
      PKG_VERSION: version,
      PKG_ID: id,
      PKG_VARIANT: '<default>',
      PKG_PATH: result,
      PKG_FINAL_PATH: `${INSTALL_ROOT}/packages/${id}`,
      PKG_SRC: sources,
      PKG_EXTRA: extra,
      NUM_CORES: String(availableParallelism()),
    },
  })
  let lines: string[] = []
  const keep = (chunk: string) => {
    lines = `${lines.join('\n')}${chunk}`.split('\n').slice(-OUTPUT_LINES_MAX - 1)
  }
  child.stdout.setEncoding('utf8').on('data', keep)
  child.stderr.setEncoding('utf8').on('data', keep)
  const outcome = await exitOf(child, 'bash')
  if (outcome !== 'status 0') throw faults.SCRIPT_FAILED(name, outcome, lines.join('\n').trimEnd())
}
