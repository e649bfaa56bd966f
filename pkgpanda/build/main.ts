/** `npm run build`: packages/ → build/repository/ and build/bin/. Runs unbuilt, on the machine that builds. */
import { homedir } from 'node:os'
import { relative, resolve } from 'node:path'
import { type Fault, isFault } from '../../src/shared/errors/fault.ts'
import { buildTree } from './build-tree.ts'
import { chooseCacheDirectory } from './cache-directory.ts'
import { faults } from './errors.ts'
import { parseOptions, USAGE } from './options.ts'

const ROOT = resolve(import.meta.dirname, '../..')

async function main(): Promise<void> {
  const options = parseOptions(process.argv.slice(2), process.cwd())
  if (options.help) {
    process.stdout.write(USAGE)
    return
  }
  const started = performance.now()
  const { packages, built } = await buildTree(options, {
    root: ROOT,
    cacheDirectory: chooseCacheDirectory(process.env, process.getuid?.(), homedir()),
    report: line => process.stdout.write(`${line}\n`),
  })
  const took = ((performance.now() - started) / 1000).toFixed(1)
  const where = relative(process.cwd(), options.output) || '.'
  process.stdout.write(`${packages.length} packages in ${where}/repository, ${built.length} files new, ${took} s\n`)
}

main().catch(error => {
  const fault = isFault(error) ? error : systemFault(error)
  if (!fault) throw error
  process.stderr.write(`${fault.code}: ${fault.message}\n${fault.remedy}\n`)
  process.exitCode = 1
})

/** A full disk or a folder of somebody else's is trouble to expect; anything else is a bug and shows its stack. */
function systemFault({ syscall, path, code }: NodeJS.ErrnoException): Fault | undefined {
  return syscall && code ? faults.SYSTEM_CALL_FAILED(syscall, path ?? 'a file', code) : undefined
}
