/** `pkgpanda status`: is a change under way, was one interrupted, how did the last one go. An addition of ours (pkgpanda 4, 7). */
import { existsSync } from 'node:fs'
import { trialPath } from '../activation/trial.ts'
import type { RunCommand } from '../command.ts'
import { type ChangeHistory, type LastActivation, readHistory } from '../record/change-history.ts'
import { listPackages, readActiveDirectory } from '../repository/repository.ts'
import { journalPath, swappedPath } from '../swap/install-paths.ts'
import { askLockOwner } from '../swap/lock.ts'

export interface NodeStatus {
  /** `pid 4711 (pkgpanda activate)`; undefined when nobody is changing the node. */
  readonly changing?: string
  /** A swap was interrupted and is to be finished by the next command that changes something. */
  readonly interrupted: boolean
  /** The active set has not been found good yet. */
  readonly onTrial: boolean
  readonly packages: { readonly active: number; readonly unpacked: number }
  readonly lastActivation?: LastActivation
  readonly activations: ChangeHistory['activations']
}

export const run: RunCommand = async ({ paths, out }) => {
  const changing = await askLockOwner(paths.root)
  const { lastActivation, activations } = readHistory(paths)
  const status: NodeStatus = {
    ...(changing === undefined ? {} : { changing }),
    interrupted: changing === undefined && existsSync(journalPath(paths)),
    onTrial: existsSync(trialPath(paths)),
    packages: {
      active: readActiveDirectory(swappedPath(paths, 'active')).length,
      unpacked: listPackages(paths.repository).length,
    },
    ...(lastActivation && { lastActivation }),
    activations,
  }
  out(formatStatus(status))
  return status
}

/** Pure. */
export function formatStatus({ changing, interrupted, onTrial, packages, lastActivation }: NodeStatus): string {
  const state = changing
    ? `being changed by ${changing}`
    : interrupted
      ? 'a change was interrupted: run `pkgpanda setup` to finish it'
      : 'at rest'
  const lines = [
    `state: ${state}`,
    ...(onTrial ? ['trial: the active set has not been found good yet'] : []),
    `packages: ${packages.active} active, ${packages.unpacked} unpacked`,
    lastActivation ? `last activation: ${formatLast(lastActivation)}` : 'last activation: none recorded',
  ]
  return `${lines.join('\n')}\n`
}

function formatLast({ command, result, code, endedMs, durationMs }: LastActivation): string {
  const how = code === undefined ? result.replace('_', ' ') : `${result.replace('_', ' ')} (${code})`
  return `${command}, ${how}, ended ${new Date(endedMs).toISOString()}, took ${(durationMs / 1_000).toFixed(2)} s`
}
