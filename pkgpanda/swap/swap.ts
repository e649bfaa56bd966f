/**
 * The swap: nine names of the staged generation take the place of the current ones, or after a crash the rest of them.
 * Going on and recovering are one function over a journal; each step may be repeated. See docs/decisions/0003-package-swap.md.
 */
import { lstatSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { isFault } from '../../src/shared/errors/fault.ts'
import { trialPath } from '../activation/trial.ts'
import { type Disk, removeCopied } from '../disk/disk.ts'
import { explainNoSpace } from '../disk/space.ts'
import { faults } from '../errors.ts'
import { WANTS_DIRECTORY } from '../package/roles.ts'
import { writeScrapeTargets } from '../record/scrape-targets.ts'
import { readActiveDirectory } from '../repository/repository.ts'
import type { Systemctl } from '../units/systemctl.ts'
import { placeUnits, readWantedUnits } from '../units/unit-links.ts'
import {
  type InstallPaths,
  journalPath,
  NEW,
  OLD,
  OLDER,
  recoveryScriptPath,
  STAGED_UNIT,
  SWAPPED_NAMES,
  swapDirectories,
  swappedPath,
} from './install-paths.ts'
import { type Journal, loadJournal, type Stage, writeJournal } from './journal.ts'

export interface SwapSurroundings {
  readonly disk: Disk
  readonly paths: InstallPaths
  /** Absent with --no-systemd. */
  readonly systemctl?: Systemctl | undefined
  /** The command line that runs `setup` from package directories, never through bin/: it is away during the swap. */
  readonly recoveryCommand: readonly string[]
  readonly roles: readonly string[]
  readonly warn: (line: string) => void
}

/** From a complete and durable staging to the committed set. Rejects when a unit cannot be stopped, everything put back. */
export async function swapGenerations(surroundings: SwapSurroundings, journal: Journal): Promise<void> {
  const { disk, paths, systemctl } = surroundings
  for (const name of SWAPPED_NAMES) {
    if (!isThere(swappedPath(paths, name) + NEW)) throw faults.STAGING_INCOMPLETE(swappedPath(paths, name) + NEW)
  }
  try {
    writeRecoveryScript(surroundings)
    writeJournal(disk, paths, journal)
  } catch (error) {
    endJournal(disk, paths)
    dropStaging(disk, paths)
    throw explainNoSpace(error, paths.root)
  }
  try {
    await systemctl?.stop(journal.stop ?? [])
  } catch (error) {
    // Nothing has moved: the old set is whole, and its units that did stop come back with the target.
    endJournal(disk, paths)
    dropStaging(disk, paths)
    // A systemd that refuses both: the first refusal is the one to tell.
    await systemctl?.startTarget().catch(() => {})
    throw error
  }
  await finish(surroundings, journal)
}

/**
 * Finishes a swap that was interrupted. Resolves to whether there was one. Rejects with PKGPANDA_JOURNAL_MALFORMED or
 * PKGPANDA_SWAP_BROKEN, nothing moved. Without a journal staging was never complete: the old set stands, and the next
 * staging clears what is left.
 */
export async function recoverSwap(surroundings: SwapSurroundings): Promise<boolean> {
  const { disk, paths, systemctl } = surroundings
  const journal = loadJournal(paths)
  if (journal === undefined) return false
  for (const name of SWAPPED_NAMES) {
    for (const extension of [NEW, '', OLD]) removeCopied(disk, swappedPath(paths, name) + extension)
  }
  verifyGeneration(paths, journal)
  if (journal.stage === 'archive') {
    // COMPAT (a swap begun by the original): its journal does not say which, so all of the set that was active.
    const wants = swappedPath(paths, WANTS_DIRECTORY)
    await systemctl?.stop(journal.stop ?? readWantedUnits(paths, isThere(wants) ? '' : OLD))
  }
  try {
    writeRecoveryScript(surroundings)
  } catch {
    // A full disk, going on without: it would be needed only if this recovery is interrupted as well.
  }
  await finish(surroundings, journal)
  return true
}

async function finish(surroundings: SwapSurroundings, journal: Journal): Promise<void> {
  const { disk, paths, systemctl } = surroundings
  try {
    moveNames(disk, paths, journal.stage)
    placeUnits(disk, paths, journal)
    for (const directory of swapDirectories(paths)) disk.syncDirectory(directory)
  } catch (error) {
    if (typeof (error as NodeJS.ErrnoException).code !== 'string' || isFault(error)) throw error
    throw faults.SWAP_INTERRUPTED(journalPath(paths), (error as Error).message).because(error)
  }
  try {
    // Still under the journal: who is killed here leaves services stopped, and the next command brings them back.
    await systemctl?.reload()
    await systemctl?.startTarget()
  } finally {
    // Under the journal as well: who is killed here would leave Prometheus with the targets of the old set for good.
    await writeScrapeTargets(surroundings, readActiveDirectory(swappedPath(paths, 'active')))
    // The set is in place whatever systemd says; a journal that stays would make every later command try again.
    endJournal(disk, paths)
    dropOlder(disk, paths)
  }
}

/**
 * One name after the other, so that each is away for two renames only; daemons whose package did not change keep running
 * meanwhile and may open a file below the root at any time.
 */
function moveNames(disk: Disk, paths: InstallPaths, stage: Stage): void {
  for (const name of SWAPPED_NAMES) {
    const current = swappedPath(paths, name)
    // (1) the new one is in place already
    if (!isThere(current + NEW)) continue
    // (2) the current one steps aside, its predecessor before it
    if (isThere(current)) {
      if (stage === 'move_new') {
        // The original had moved every current name to .old by then: what is here came later and is nobody's.
        disk.remove(current + OLDER)
        disk.rename(current, current + OLDER)
      } else {
        if (isThere(current + OLD)) {
          // Both there: a rename fell back to copying and was interrupted before the original of the copy was removed.
          if (isThere(current + OLDER)) disk.remove(current + OLD)
          else disk.rename(current + OLD, current + OLDER)
        }
        disk.rename(current, current + OLD)
      }
    }
    // (3) the new one moves in
    disk.rename(current + NEW, current)
  }
}

/** Every name must be there in one form, and the generation must be the one that the journal promises. */
function verifyGeneration(paths: InstallPaths, journal: Journal): void {
  for (const name of SWAPPED_NAMES) {
    const current = swappedPath(paths, name)
    if (!isThere(current) && !isThere(current + NEW))
      throw faults.SWAP_BROKEN(journalPath(paths), `${current}${NEW} is missing`)
  }
  if (journal.target === undefined) return
  const active = swappedPath(paths, 'active')
  const ids = readActiveDirectory(isThere(active + NEW) ? active + NEW : active)
  if (ids.join() !== [...journal.target].join()) {
    throw faults.SWAP_BROKEN(journalPath(paths), `${active}${NEW} does not hold the set that the journal names`)
  }
}

/** Everything that was staged or left over by an earlier swap; only while there is no journal. `.old` stays. May be repeated. */
export function dropStaging(disk: Disk, paths: InstallPaths): void {
  for (const name of SWAPPED_NAMES) {
    if (isThere(swappedPath(paths, name) + NEW)) disk.remove(swappedPath(paths, name) + NEW)
  }
  dropOlder(disk, paths)
  for (const leftover of [`${journalPath(paths)}.tmp`, `${trialPath(paths)}.tmp`, recoveryScriptPath(paths)]) {
    if (isThere(leftover)) disk.remove(leftover)
  }
  if (!isThere(paths.systemdDirectory)) return
  for (const name of readdirSync(paths.systemdDirectory)) {
    if (name.endsWith(STAGED_UNIT)) disk.remove(join(paths.systemdDirectory, name))
  }
}

function dropOlder(disk: Disk, paths: InstallPaths): void {
  for (const name of SWAPPED_NAMES) {
    if (isThere(swappedPath(paths, name) + OLDER)) disk.remove(swappedPath(paths, name) + OLDER)
  }
}

function endJournal(disk: Disk, paths: InstallPaths): void {
  disk.remove(journalPath(paths))
  disk.remove(recoveryScriptPath(paths))
  disk.syncDirectory(paths.root)
}

function writeRecoveryScript({ disk, paths, recoveryCommand }: SwapSurroundings): void {
  const words = recoveryCommand.map(word => `'${word.replaceAll("'", "'\\''")}'`)
  const text = `#!/bin/sh
# Finishes a change of packages that was interrupted, also while bin/ is away. Written and removed by pkgpanda.
exec ${words.join(' ')}
`
  disk.remove(recoveryScriptPath(paths))
  disk.writeFile(recoveryScriptPath(paths), text, 0o755)
}

function isThere(path: string): boolean {
  // Not existsSync: a name may be a link that leads nowhere.
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined
}
