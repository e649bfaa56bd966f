/**
 * ROOT/activation_trial: a set that became active with --check-timeout and has not been found good yet (pkgpanda 7). Who finds the
 * file, the process that wrote it being gone, takes the old set back: a node that went down in a trial did not pass it. Why it is
 * done so: docs/decisions/0009-trial-and-rollback.md.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Disk, replaceFile } from '../disk/disk.ts'
import { formatJson } from '../disk/json-form.ts'
import { unlessAbsent } from '../disk/unless-absent.ts'
import { faults } from '../errors.ts'
import type { InstallPaths } from '../swap/install-paths.ts'

export interface Trial {
  /** The set to go back to. */
  readonly previous: readonly string[]
  readonly target: readonly string[]
}

export function trialPath(paths: InstallPaths): string {
  return join(paths.root, 'activation_trial')
}

/** On disk when it returns. */
export function writeTrial(disk: Disk, paths: InstallPaths, { previous, target }: Trial): void {
  replaceFile(disk, trialPath(paths), formatJson({ version: 1, previous, target }))
}

export function endTrial(disk: Disk, paths: InstallPaths): void {
  if (loadText(trialPath(paths)) === undefined) return
  disk.remove(trialPath(paths))
  disk.syncDirectory(paths.root)
}

/** Undefined when no set is on trial. Throws PKGPANDA_TRIAL_MALFORMED. */
export function loadTrial(paths: InstallPaths): Trial | undefined {
  const path = trialPath(paths)
  const text = loadText(path)
  if (text === undefined) return undefined
  let json: { version?: unknown; previous?: unknown; target?: unknown } | null
  try {
    json = JSON.parse(text)
  } catch (error) {
    throw faults.TRIAL_MALFORMED(path, (error as Error).message)
  }
  const { version, previous, target } = json ?? {}
  if (version !== 1) throw faults.TRIAL_MALFORMED(path, `unknown version ${JSON.stringify(version)}`)
  if (!isIds(previous) || !isIds(target)) throw faults.TRIAL_MALFORMED(path, 'a list of ids is missing')
  return { previous, target }
}

function isIds(value: unknown): value is string[] {
  return Array.isArray(value) && value.every(entry => typeof entry === 'string')
}

function loadText(path: string): string | undefined {
  return unlessAbsent(() => readFileSync(path, 'utf8'), undefined)
}
