/** The executables in `check/` of a package (pkgpanda 1.9): each is a check, which passes with exit status 0. */
import { accessSync, constants, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { unlessAbsent } from '../disk/unless-absent.ts'
import { compareIds } from './package-id.ts'

/**
 * Names in the directory, sorted; of those that are not executable `warn` is told. A missing directory has none. Throws the
 * system's other errors: a set whose checks cannot be read has not passed them.
 */
export function readChecks(directory: string, warn: (line: string) => void): string[] {
  return unlessAbsent(() => readdirSync(directory, { withFileTypes: true }), [])
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
