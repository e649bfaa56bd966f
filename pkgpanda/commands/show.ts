/** `pkgpanda show [ID...]`: what packages say about themselves; all active ones when none is named. An addition of ours. */

import { planMerge } from '../activation/merge-plan.ts'
import type { RunCommand } from '../command.ts'
import { readMergedEntries } from '../package/package-tree.ts'
import { type LoadedPackage, loadPackage, readActive, readActiveDirectory } from '../repository/repository.ts'
import { swappedPath } from '../swap/install-paths.ts'
import { planUnits } from '../units/unit-links.ts'

export const run: RunCommand = async ({ paths, roles, out }, ids) => {
  const active = readActiveDirectory(swappedPath(paths, 'active'))
  const packages = []
  for (const id of ids.length === 0 ? readActive(paths) : ids) {
    const loaded = loadPackage(paths.repository, id)
    const entries = readMergedEntries(loaded.directory, id, roles)
    const units = planUnits(planMerge([{ id, entries }], roles)).map(({ path }) => path)
    out(formatPackage(loaded, active.includes(id), units))
    packages.push({ id, active: active.includes(id), directory: loaded.directory, pkginfo: loaded.pkginfo, units })
  }
  return { packages }
}

/** The id, then one indented line a fact, those left out that the package has not. Pure. */
export function formatPackage(
  { id, pkginfo, directory }: LoadedPackage,
  active: boolean,
  units: readonly string[],
): string {
  const { requires, environment, sysctl, username, group, stateDirectory } = pkginfo
  const facts: [string, string | undefined][] = [
    ['state', active ? 'active' : 'inactive'],
    ['directory', directory],
    ['requires', requires.join(' ')],
    ['units on this node', units.join(' ')],
    ['environment', Object.keys(environment).sort().join(' ')],
    ['sysctl of', Object.keys(sysctl).sort().join(' ')],
    ['user', username && (group ? `${username}, group ${group}` : username)],
    ['state directory', stateDirectory ? 'yes' : undefined],
  ]
  return [id, ...facts.filter(([, value]) => value).map(([name, value]) => `  ${name}: ${value}`)]
    .join('\n')
    .concat('\n')
}
