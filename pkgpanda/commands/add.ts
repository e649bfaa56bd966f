/** `pkgpanda add FILE`: a tarball whose name is its id (pkgpanda 2.2). Silent, but for a package that is there already. */

import type { RunCommand } from '../command.ts'
import { faults } from '../errors.ts'
import { addPackage, idOfTarball } from '../repository/add-package.ts'
import { hasPackage } from '../repository/repository.ts'

export const run: RunCommand = async ({ paths, random, out }, [file]) => {
  if (file === undefined) throw faults.USAGE('add needs a tarball')
  const id = idOfTarball(file)
  if (hasPackage(paths.repository, id)) {
    out('Package already added.\n')
    return { package: id, added: false }
  }
  await addPackage(paths.repository, id, file, random())
  return { package: id, added: true }
}
