/** `pkgpanda fetch --repository-url=URL ID...`: in the order given, up to the first failure (pkgpanda 2.2). */
import type { RunCommand } from '../command.ts'
import { faults } from '../errors.ts'
import { fetchPackage, openPackageStore } from '../fetch-package.ts'
import { hasPackage } from '../repository.ts'

export const run: RunCommand = async (context, ids) => {
  const { paths, options, out } = context
  if (options.repositoryUrl === undefined) throw faults.USAGE('fetch needs --repository-url')
  const store = openPackageStore(context, options.repositoryUrl)
  for (const id of ids) {
    out(`\rFetching: ${id}`)
    if (hasPackage(paths.repository, id)) out('Package already added.\n')
    else await fetchPackage(context, store, id)
    out(`\rFetched: ${id}\n`)
  }
}
