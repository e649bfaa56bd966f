/** After a change: the history, and from it and the repository the metrics file that dcos-metrics relays (architecture 2). */
import { lstatSync, mkdirSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { isFault } from '../../src/shared/errors/fault.ts'
import { createMetrics } from '../../src/shared/metrics/registry.ts'
import { METRICS_DIRECTORY } from '../../src/shared/metrics/textfile.ts'
import type { CommandContext } from '../command.ts'
import { replaceFile } from '../disk/disk.ts'
import { setPackageMetrics } from '../metrics.ts'
import { listPackages, readActiveDirectory } from '../repository/repository.ts'
import { type InstallPaths, swappedPath } from '../swap/install-paths.ts'
import { addActivation, type ChangeHistory, type Result, readHistory, writeHistory } from './change-history.ts'

export interface ChangeOutcome {
  readonly command: string
  readonly added: readonly string[]
  readonly removed: readonly string[]
  readonly durationMs: number
  readonly error?: unknown
}

/** Commands that are about the active set also when they fail before it changes. */
const ACTIVATING = ['activate', 'swap', 'rollback']

/** Rejects with the system's errors, which must not fail the change itself. */
export async function writeChangeMetrics(
  { paths, surroundings }: CommandContext,
  outcome: ChangeOutcome,
): Promise<void> {
  // Deleted a moment ago.
  if (outcome.command === 'uninstall') return
  const { command, added, removed, durationMs, error } = outcome
  const before = readHistory(paths)
  const packageBytes = measurePackages(paths, before.packageBytes)
  let history: ChangeHistory = { ...before, packageBytes }
  if (ACTIVATING.includes(command) || added.length + removed.length > 0) {
    const result: Result =
      error === undefined ? 'done' : isFault(error, 'PKGPANDA_TRIAL_FAILED') ? 'taken_back' : 'failed'
    history = addActivation(history, {
      ...{ command, result, endedMs: surroundings.clock.nowMs(), durationMs: Math.round(durationMs) },
      ...(isFault(error) && { code: error.code }),
    })
  }
  writeHistory(surroundings.disk, paths, history)

  const metrics = createMetrics('pkgpanda')
  const active = readActiveDirectory(swappedPath(paths, 'active')).length
  const sizes = Object.values(packageBytes)
  setPackageMetrics(metrics, history, {
    active,
    inactive: Math.max(sizes.length - active, 0),
    bytes: sizes.reduce((sum, bytes) => sum + bytes, 0),
  })
  const file = metricsPath(paths)
  mkdirSync(dirname(file), { recursive: true })
  replaceFile(surroundings.disk, file, await metrics.text())
}

/** Where dcos-metrics looks, or in the state directory when everything of systemd's stays below the root. */
export function metricsPath(paths: InstallPaths): string {
  return join(paths.rootedSystemd ? join(paths.stateRoot, 'pkgpanda') : METRICS_DIRECTORY, 'pkgpanda.prom')
}

/** Only what is new is walked: packages do not change, and one of 1.9 has 12,000 files. */
function measurePackages(
  { repository }: InstallPaths,
  known: Readonly<Record<string, number>>,
): Record<string, number> {
  return Object.fromEntries(listPackages(repository).map(id => [id, known[id] ?? treeBytes(join(repository, id))]))
}

function treeBytes(directory: string): number {
  let bytes = 0
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name)
    if (entry.isDirectory()) bytes += treeBytes(path)
    else if (entry.isFile()) bytes += lstatSync(path).size
  }
  return bytes
}
