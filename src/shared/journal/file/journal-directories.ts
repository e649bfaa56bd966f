/** Where journal files may lie, and the names that are there: journald's directories and those of machine ids below them. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Fault } from '../../errors/fault.ts'
import { faults } from '../errors.ts'

export interface JournalDirectory {
  readonly path: string
  /** It need not be there. */
  readonly optional: boolean
}

const MACHINE_ID = /^[0-9a-f]{32}$/

/** The directories that may hold files now. Throws JOURNAL_UNAVAILABLE, JOURNAL_OPEN_FILES_TOO_MANY. */
export function directoriesIn(directories: readonly JournalDirectory[]): string[] {
  const found: string[] = []
  let failure: unknown
  for (const { path, optional } of directories) {
    try {
      const below = readdirSync(path, { withFileTypes: true }).filter(
        entry => entry.isDirectory() && MACHINE_ID.test(entry.name),
      )
      found.push(path, ...below.map(({ name }) => join(path, name)))
    } catch (error) {
      if (!optional || (error as NodeJS.ErrnoException).code !== 'ENOENT') failure ??= error
    }
  }
  if (failure === undefined) return found
  throw tooManyOpen(failure) ?? faults.UNAVAILABLE('its directory cannot be read').because(failure)
}

/** Names of a directory; one that went meanwhile has none. Throws JOURNAL_OPEN_FILES_TOO_MANY. */
export function namesIn(path: string): string[] {
  try {
    return readdirSync(path)
  } catch (error) {
    const tooMany = tooManyOpen(error)
    if (tooMany) throw tooMany
    return []
  }
}

/** The fault for an error that says so. */
export function tooManyOpen(error: unknown): Fault | undefined {
  const { code } = error as NodeJS.ErrnoException
  return code === 'EMFILE' || code === 'ENFILE' ? faults.OPEN_FILES_TOO_MANY().because(error) : undefined
}
