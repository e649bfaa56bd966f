/** What comes before every change: an interrupted swap is finished, a set whose trial nobody ended is taken back. */
import { isFault } from '../../src/shared/errors/fault.ts'
import { type ActivationSurroundings, activate } from '../activation/activate.ts'
import { endTrial, loadTrial } from '../activation/trial.ts'
import { readActiveDirectory } from '../repository/repository.ts'
import { swappedPath } from './install-paths.ts'
import { recoverSwap } from './swap.ts'

export interface Recovery {
  /** A swap was interrupted and has been finished. */
  readonly finished: boolean
  /** The set that was on trial and is no longer active. */
  readonly takenBack?: readonly string[]
  /**
   * Why a set on trial could not be taken back. It stays, and the next command tries again: a node whose set is whole must not
   * refuse everything because an older one is not.
   */
  readonly notTakenBack?: string
}

export const NOTHING_RECOVERED: Recovery = { finished: false }

/** Rejects with the faults of recoverSwap, and with PKGPANDA_SWAP_INTERRUPTED when the disk refuses the way back. */
export async function recoverNode(surroundings: ActivationSurroundings): Promise<Recovery> {
  const { paths, disk } = surroundings
  const finished = await recoverSwap(surroundings)
  try {
    const trial = loadTrial(paths)
    if (trial === undefined) return { finished }
    // Otherwise it never became active, or the old set was back already when the end came.
    const isActive = readActiveDirectory(swappedPath(paths, 'active')).join() === trial.target.join()
    if (isActive) await activate(surroundings, trial.previous)
    endTrial(disk, paths)
    return isActive ? { finished, takenBack: trial.target } : { finished }
  } catch (error) {
    // Half way between two sets: whatever went on from here would do so under the journal of that swap.
    if (!isFault(error) || error.code === 'PKGPANDA_SWAP_INTERRUPTED') throw error
    return { finished, notTakenBack: error.message }
  }
}

/** For stderr and the journal. Pure. */
export function describeRecovery({ finished, takenBack, notTakenBack }: Recovery): string[] {
  return [
    ...(finished ? ['A change of packages that was interrupted has been finished.'] : []),
    ...(takenBack ? ['A set of packages whose trial was interrupted has been taken back.'] : []),
    ...(notTakenBack === undefined
      ? []
      : [`WARNING: a set of packages whose trial was interrupted stays active: ${notTakenBack}`]),
  ]
}
