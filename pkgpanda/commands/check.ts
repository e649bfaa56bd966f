/** `pkgpanda check [--list]`: the executables in check/ of every active package (pkgpanda 1.9, 2.2). */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import type { RunCommand } from '../command.ts'
import { faults } from '../errors.ts'
import { readChecks } from '../package/checks.ts'
import { readActive } from '../repository/repository.ts'

/** A check asks the node, at most a service of it. */
const CHECK_TIMEOUT_MS = 10 * 60_000

export const run: RunCommand = async ({ paths, options, out, warn }) => {
  const found = readActive(paths)
    .map(id => ({ id, directory: join(paths.repository, id, 'check') }))
    .map(({ id, directory }) => ({ id, directory, files: readChecks(directory, warn) }))
  if (options.list) {
    const listed = found.filter(({ files }) => files.length > 0)
    for (const { id, files } of listed) out(`${[id, ...files.map(file => ` - ${file}`)].join('\n')}\n`)
    return { checks: Object.fromEntries(listed.map(({ id, files }) => [id, files])) }
  }
  const checks = found.flatMap(({ id, directory, files }) =>
    files.map(file => {
      const { status, signal, error } = spawnSync(join(directory, file), {
        // With --json stdout is for the one document.
        stdio: ['ignore', options.json ? 2 : 'inherit', 'inherit'],
        timeout: CHECK_TIMEOUT_MS,
      })
      const passed = status === 0 && !error
      // 1.9 gave up at a check that cannot be executed at all; here it has failed, and the others still run.
      if (!passed) warn(`Check failed: ${file}`)
      const outcome = error && !signal ? error.message : signal ? `signal ${signal}` : `status ${status}`
      return { package: id, file, passed, outcome }
    }),
  )
  const failed = checks.filter(({ passed }) => !passed).length
  if (failed > 0) throw faults.CHECKS_FAILED(failed).with({ checks })
  return { checks }
}
