/**
 * `pkgpanda rollback`: the generation kept under `.old` becomes active again, by its packages and the same transaction, so that
 * `.old` is then the one that was left: rollback undoes itself. An addition of ours (pkgpanda 2.5).
 */
import { changeSet } from '../activation/change-set.ts'
import type { RunCommand } from '../command.ts'
import { faults } from '../errors.ts'
import { hasPackage, readActive, readActiveDirectory } from '../repository/repository.ts'
import { OLD, swappedPath } from '../swap/install-paths.ts'

export const run: RunCommand = async (context, _words) => {
  const { paths, recovered } = context
  // The set on trial was taken back a moment ago: going back once more would bring it in again.
  if (recovered.takenBack) return { takenBack: recovered.takenBack }
  readActive(paths)
  const previous = readActiveDirectory(swappedPath(paths, 'active') + OLD)
  if (previous.length === 0) throw faults.NOTHING_TO_ROLL_BACK(swappedPath(paths, 'active') + OLD)
  const missing = previous.filter(id => !hasPackage(paths.repository, id))
  if (missing.length > 0) throw faults.ROLLBACK_INCOMPLETE(missing.join(', ')).with({ missing_packages: missing })
  return await changeSet(context, previous)
}
