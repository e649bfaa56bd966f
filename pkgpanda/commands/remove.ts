/** `pkgpanda remove ID...`: out of the repository unless active; stops at the first refusal (pkgpanda 2.2). */
import type { RunCommand } from '../command.ts'
import { faults } from '../errors.ts'
import { hasPackage, readActive, readOtherActive, removePackages } from '../repository/repository.ts'

export const run: RunCommand = async ({ paths, random, out, surroundings }, ids) => {
  const active = new Set([...readActive(paths), ...readOtherActive(paths)])
  const removed: string[] = []
  for (const id of ids) {
    out(`\rRemoving: ${id}`)
    if (active.has(id)) throw faults.PACKAGE_ACTIVE(id).with({ removed })
    // One that is not there is as good as removed.
    if (hasPackage(paths.repository, id)) {
      removePackages(surroundings.disk, paths.repository, [id], random)
      removed.push(id)
    }
    out(`\rRemoved: ${id}\n`)
  }
  return { removed }
}
