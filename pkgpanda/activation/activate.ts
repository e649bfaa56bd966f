/**
 * One activation from a list of ids to a running set (pkgpanda 2.3): everything that can fail is found before the first
 * change, and nothing stops before the new generation is staged and durable.
 */
import { mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { isFault } from '../../src/shared/errors/fault.ts'
import type { Clock } from '../../src/shared/time/clock.ts'
import { replaceFile } from '../disk/disk.ts'
import { formatJson } from '../disk/json-form.ts'
import { explainNoSpace, requireSpace } from '../disk/space.ts'
import { faults } from '../errors.ts'
import { compareIds, nameOf, parsePackageId } from '../package/package-id.ts'
import { readActiveDirectory } from '../repository/repository.ts'
import { swappedPath } from '../swap/install-paths.ts'
import { stageGeneration } from '../swap/stage.ts'
import { dropStaging, swapGenerations } from '../swap/swap.ts'
import type { ActivationPlan } from './activation-plan.ts'
import { awaitGoodSet } from './post-activation.ts'
import { hardeningCachePath, type PreparationSurroundings, prepareActivation } from './prepare-activation.ts'
import { ensureStateDirectory } from './state-directories.ts'
import { endTrial, writeTrial } from './trial.ts'

export interface ActivationSurroundings extends PreparationSurroundings {
  /** Unique per activation. */
  readonly nonce: () => string
  /** For a set on trial. */
  readonly clock: Clock
}

export interface ActivationOptions {
  /** Stop and start every unit, changed or not, as 1.9 did. */
  all?: boolean
  /** The set is on trial: without all units and checks well within this time the old one is made active again. */
  checkTimeoutMs?: number
}

/**
 * Makes exactly `ids` the active set. Rejects with any fault of the groups in errors.ts, the old set standing;
 * with PKGPANDA_TRIAL_FAILED the old set stands again, with PKGPANDA_TRIAL_FAILED_KEPT the new one stays, and with
 * PKGPANDA_SWAP_INTERRUPTED the next command has to finish.
 */
export async function activate(
  surroundings: ActivationSurroundings,
  ids: readonly string[],
  { all = false, checkTimeoutMs }: ActivationOptions = {},
): Promise<ActivationPlan> {
  const { paths, disk, users } = surroundings
  const previous = readActiveDirectory(swappedPath(paths, 'active'))

  // 1. what is asked for, and whether it can be
  const prepared = prepareActivation(surroundings, ids, { all })
  const { packages, generation, stop, install, remove } = prepared
  const target = packages.map(({ id }) => id)

  mkdirSync(paths.root, { recursive: true })
  mkdirSync(paths.systemdDirectory, { recursive: true })

  // 2. what lies outside the nine names, and does no harm when the rest fails
  dropStaging(disk, paths)
  requireSpace(paths.root, prepared.plan.space)
  if (prepared.learnt) {
    const cache = hardeningCachePath(paths.stateRoot)
    ensureStateDirectory(dirname(cache), undefined)
    replaceFile(disk, cache, formatJson(prepared.learnt))
  }
  for (const { user, group } of prepared.missingUsers) users.create(user, group)
  for (const { name, pkginfo } of packages) {
    if (!pkginfo.stateDirectory) continue
    const directory = join(paths.stateRoot, name)
    ensureStateDirectory(directory, (pkginfo.username && users.uidOf(pkginfo.username)) || undefined)
    // As durable as the set: without it the package's service does not start, and nothing makes it again.
    disk.syncDirectory(directory)
    disk.syncDirectory(paths.stateRoot)
  }

  // 3. staging; a full disk is found here at the latest
  const onTrial = checkTimeoutMs !== undefined && target.join() !== previous.join()
  try {
    stageGeneration(disk, paths, generation)
    // Before the journal: from then on the set may become active, and whoever finds it must know that it is not proven.
    if (onTrial && previous.length > 0) writeTrial(disk, paths, { previous, target })
  } catch (error) {
    dropStaging(disk, paths)
    // Not one that is being taken back: it failed still, and the next command has to try again.
    if (onTrial) endTrial(disk, paths)
    throw explainNoSpace(error, paths.root)
  }

  // 4. the swap
  let trouble: string[] | undefined
  try {
    await swapGenerations(surroundings, {
      ...{ stage: 'archive', version: 2, nonce: surroundings.nonce(), target, stop, install, remove },
    })
  } catch (error) {
    // Its journal stays: the next command finishes the swap and then, by the trial's file, takes the set back that nobody found
    // good. To take it back now would be a second swap under the journal of the first.
    if (isFault(error, 'PKGPANDA_SWAP_INTERRUPTED')) throw error
    const isInPlace = readActiveDirectory(swappedPath(paths, 'active')).join() === target.join()
    // Put back: there is nothing to try. In place, but not started: the trial is lost already.
    if (!isInPlace && onTrial) endTrial(disk, paths)
    if (!isInPlace || !onTrial || !isFault(error)) throw error
    trouble = [error.message]
  }

  // 5. the trial
  if (!onTrial) {
    // One that could not be taken back, if any: this set was asked for without a trial, and is not to be taken back for it.
    endTrial(disk, paths)
    return prepared.plan
  }
  trouble ??= await awaitGoodSet(surroundings, target, checkTimeoutMs)
  if (trouble.length > 0) await takeBack(surroundings, previous, trouble)
  endTrial(disk, paths)
  return prepared.plan
}

/** Rejects in any case: with PKGPANDA_TRIAL_FAILED, or PKGPANDA_TRIAL_FAILED_KEPT when there is nothing to go back to. */
async function takeBack(
  surroundings: ActivationSurroundings,
  previous: readonly string[],
  trouble: readonly string[],
): Promise<never> {
  const { disk, paths } = surroundings
  if (previous.length === 0) throw faults.TRIAL_FAILED_KEPT(trouble, 'there is no earlier set').with({ trouble })
  try {
    await activate(surroundings, previous)
  } catch (error) {
    // The trial's file stays: the next command that changes something tries again.
    throw faults
      .TRIAL_FAILED_KEPT(trouble, (error as Error).message)
      .with({ trouble })
      .because(error)
  }
  endTrial(disk, paths)
  throw faults.TRIAL_FAILED(trouble).with({ trouble, active: previous })
}

/** The active ids with one replaced by another version of the same package. Throws PKGPANDA_NOT_ACTIVE. Pure. */
export function swappedSet(active: readonly string[], id: string): string[] {
  const { name } = parsePackageId(id)
  if (!active.some(entry => nameOf(entry) === name)) throw faults.NOT_ACTIVE(name)
  return active.map(entry => (nameOf(entry) === name ? id : entry)).sort(compareIds)
}
