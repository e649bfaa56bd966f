/** `pkgpanda gc [--keep N] [--dry-run]`: packages that nothing needs leave the repository. An addition of ours (pkgpanda 7). */
import { statSync } from 'node:fs'
import { join } from 'node:path'
import type { RunCommand } from '../command.ts'
import { faults } from '../errors.ts'
import { readBootstrapSet } from '../garbage/bootstrap-set.ts'
import { chooseGarbage, type GarbageChoice } from '../garbage/choose.ts'
import { readRunningPackages } from '../garbage/running-packages.ts'
import {
  listPackages,
  readActive,
  readActiveDirectory,
  readOtherActive,
  removePackages,
} from '../repository/repository.ts'
import { OLD, swappedPath } from '../swap/install-paths.ts'

const KEEP_DEFAULT = 1
const KEEP_MAX = 1_000

export const run: RunCommand = async ({ paths, options, random, out, recovered, surroundings }) => {
  const keep = parseKeep(options.keep)
  const packages = listPackages(paths.repository).map(id => ({
    id,
    storedMs: statSync(join(paths.repository, id)).ctimeMs,
  }))
  const needs = {
    // Without an active set nobody knows what is needed: refused.
    active: readActive(paths),
    previous: [...readActiveDirectory(swappedPath(paths, 'active') + OLD), ...(recovered.takenBack ?? [])],
    bootstrap: readBootstrapSet(paths),
    running: readRunningPackages(paths.repository),
    elsewhere: readOtherActive(paths),
  }
  const choice = chooseGarbage(packages, needs, keep)
  for (const id of choice.remove) {
    if (!options.dryRun) removePackages(surroundings.disk, paths.repository, [id], random)
    out(`${options.dryRun ? 'Would remove' : 'Removed'}: ${id}\n`)
  }
  if (options.dryRun) out(formatKept(choice))
  return { removed: options.dryRun ? [] : choice.remove, removable: choice.remove, kept: choice.keep }
}

/** Throws PKGPANDA_USAGE. */
export function parseKeep(text: string | undefined): number {
  if (text === undefined) return KEEP_DEFAULT
  if (!/^\d{1,4}$/.test(text) || Number(text) > KEEP_MAX) {
    throw faults.USAGE(`--keep=${text}: a number from 0 to ${KEEP_MAX} expected`)
  }
  return Number(text)
}

function formatKept({ keep }: GarbageChoice): string {
  return keep.map(({ id, reason }) => `Kept: ${id} (${reason})\n`).join('')
}
