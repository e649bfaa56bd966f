/**
 * ROOT/install_progress: what an interrupted swap needs to be finished (pkgpanda 2.5). Version 1 is what the original
 * wrote, two keys only; version 2 adds everything that the rest of the swap depends on, so that recovery decides nothing.
 */
import { readFileSync } from 'node:fs'
import { type Disk, replaceFile } from '../disk/disk.ts'
import { formatJson } from '../disk/json-form.ts'
import { unlessAbsent } from '../disk/unless-absent.ts'
import { faults } from '../errors.ts'
import { type InstallPaths, journalPath, NEW } from './install-paths.ts'

/** `archive`: names are being exchanged. `move_new`, which only the original writes: every current name has become `.old`. */
export const STAGES = ['archive', 'move_new'] as const
export type Stage = (typeof STAGES)[number]

export interface Journal {
  readonly stage: Stage
  readonly version: 1 | 2
  /** The set that becomes active. Not known in version 1. */
  readonly target?: readonly string[]
  /** Tells two swaps to the same set apart. */
  readonly nonce?: string
  /** Units to stop before the names are exchanged. */
  readonly stop?: readonly string[]
  /** Files of the systemd directory that the new set has, relative to it: `dcos-log-master.service`. */
  readonly install?: readonly string[]
  /** Files of the systemd directory that only the old set had. */
  readonly remove?: readonly string[]
}

/** The file's text → Journal. Throws PKGPANDA_JOURNAL_MALFORMED. */
export function parseJournal(text: string, path: string): Journal {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (error) {
    throw faults.JOURNAL_MALFORMED(path, (error as Error).message)
  }
  if (typeof json !== 'object' || json === null) throw faults.JOURNAL_MALFORMED(path, 'not an object')
  const { stage, extension, version = 1, target, nonce, stop, install, remove } = json as Record<string, unknown>
  const known = STAGES.find(name => name === stage)
  if (known === undefined) throw faults.JOURNAL_MALFORMED(path, `unknown stage ${JSON.stringify(stage)}`)
  if (extension !== NEW) throw faults.JOURNAL_MALFORMED(path, `unknown extension ${JSON.stringify(extension)}`)
  if (version === 1) return { stage: known, version }
  if (version !== 2) throw faults.JOURNAL_MALFORMED(path, `unknown version ${JSON.stringify(version)}`)
  if (!isNames(target) || !isNames(stop) || !isNames(install) || !isNames(remove) || typeof nonce !== 'string') {
    throw faults.JOURNAL_MALFORMED(path, 'a list of version 2 is missing')
  }
  // These are joined to the systemd directory and removed or renamed there by root.
  const outside = [...install, ...remove].find(name => name.startsWith('/') || name.split('/').includes('..'))
  if (outside !== undefined) throw faults.JOURNAL_MALFORMED(path, `${outside} is not in the systemd directory`)
  return { stage: known, version, target, nonce, stop, install, remove }
}

export function formatJournal(journal: Journal): string {
  return formatJson({ ...journal, extension: NEW })
}

/** Undefined when no swap is under way. Throws PKGPANDA_JOURNAL_MALFORMED, and the system's error when it cannot be read. */
export function loadJournal(paths: InstallPaths): Journal | undefined {
  const path = journalPath(paths)
  const text = unlessAbsent(() => readFileSync(path, 'utf8'), undefined)
  return text === undefined ? undefined : parseJournal(text, path)
}

/** On disk, whole, when it returns. */
export function writeJournal(disk: Disk, paths: InstallPaths, journal: Journal): void {
  replaceFile(disk, journalPath(paths), formatJournal(journal))
}

function isNames(value: unknown): value is string[] {
  return Array.isArray(value) && value.every(entry => typeof entry === 'string')
}
