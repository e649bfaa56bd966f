/** `pkgpanda check [--list]`: the executables in check/ of every active package (pkgpanda 1.9, 2.2). */
import { spawnSync } from 'node:child_process'
import { accessSync, constants, type Dirent, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { RunCommand } from '../command.ts'
import { faults } from '../errors.ts'
import { compareIds } from '../package-id.ts'
import { readActive } from '../repository.ts'

/** A check asks the node, at most a service of it. */
const CHECK_TIMEOUT_MS = 10 * 60_000

export const run: RunCommand = async ({ paths, options, out, warn }) => {
  const checks = readActive(paths).map(id => ({ id, directory: join(paths.repository, id, 'check') }))
  const found = checks.map(({ id, directory }) => ({ id, directory, files: readChecks(directory, warn) }))
  if (options.list) {
    for (const { id, files } of found)
      if (files.length > 0) out(`${[id, ...files.map(file => ` - ${file}`)].join('\n')}\n`)
    return
  }
  let failed = 0
  for (const { directory, files } of found) {
    for (const file of files) {
      const { status, error } = spawnSync(join(directory, file), {
        stdio: ['ignore', 'inherit', 'inherit'],
        timeout: CHECK_TIMEOUT_MS,
      })
      if (status === 0 && !error) continue
      failed += 1
      // 1.9 gave up at a check that cannot be executed at all; here it has failed, and the others still run.
      warn(`Check failed: ${file}`)
    }
  }
  if (failed > 0) throw faults.CHECKS_FAILED(failed)
}

function readChecks(directory: string, warn: (line: string) => void): string[] {
  let entries: Dirent[]
  try {
    entries = readdirSync(directory, { withFileTypes: true })
  } catch {
    return []
  }
  return entries
    .filter(entry => !entry.isDirectory())
    .map(entry => entry.name)
    .sort(compareIds)
    .filter(file => {
      try {
        accessSync(join(directory, file), constants.X_OK)
        return true
      } catch {
        warn(`WARNING: \`${file}\` is not executable`)
        return false
      }
    })
}
