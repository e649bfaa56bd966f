/** What both programs of the builder go through: signals, the fault as code – message – remedy, the exit status. */
import { availableParallelism, homedir } from 'node:os'
import { type Fault, isFault } from '../../src/shared/errors/fault.ts'
import type { TreeSettings } from './build-tree.ts'
import { chooseCacheDirectory } from './cache-directory.ts'
import { faults } from './errors.ts'

/** xz takes up to 200 MiB for each package that is packed. */
const PARALLEL_MAX = 8

/** Runs `work` to the process's end: status 0, 1 after a fault, 130 or 143 after SIGINT or SIGTERM, nothing left behind. */
export function runBuildCommand(
  env: NodeJS.ProcessEnv,
  work: (settings: Omit<TreeSettings, 'root'>) => Promise<void>,
): void {
  // What a script with a root of its own reads must not depend on who started the build.
  process.umask(0o022)
  const interrupted = new AbortController()
  let status = 1
  for (const [signal, number] of [
    ['SIGINT', 2],
    ['SIGTERM', 15],
  ] as const) {
    process.once(signal, () => {
      status = 128 + number
      interrupted.abort(faults.INTERRUPTED(signal))
    })
  }
  const uid = process.getuid?.()
  work({
    // Somebody without a home names the folder.
    cacheDirectory: chooseCacheDirectory(env, uid, env.DCOS_NODE_CACHE ? '' : homedir()),
    report: line => process.stdout.write(`${line}\n`),
    parallel: Math.min(availableParallelism(), PARALLEL_MAX),
    uid,
    signal: interrupted.signal,
  }).then(
    () => process.exit(0),
    error => {
      const fault = isFault(error) ? error : systemFault(error)
      if (!fault) throw error
      process.stderr.write(`${fault.code}: ${fault.message}\n${fault.remedy}\n`)
      // Not by itself: a download that nobody waits for any more may be under way.
      process.exit(status)
    },
  )
}

/** A full disk or a folder of somebody else's is trouble to expect; anything else is a bug and shows its stack. */
function systemFault({ syscall, path, code }: NodeJS.ErrnoException): Fault | undefined {
  return syscall && code ? faults.SYSTEM_CALL_FAILED(syscall, path ?? 'a file', code) : undefined
}
