/** `pkgpanda fetch --repository-url=URL ID...`: in the order given, up to the first failure (pkgpanda 2.2). */
import type { RunCommand } from '../command.ts'
import { faults } from '../errors.ts'
import { isPackageId } from '../package/package-id.ts'
import { fetchPackage, openPackageStore, requireSpaceForFetch } from '../repository/fetch-package.ts'
import { hasPackage } from '../repository/repository.ts'

export const run: RunCommand = async (context, ids) => {
  const { paths, options, out } = context
  const { repositoryUrl: urls = [], force = false } = options
  if (urls.length === 0) throw faults.USAGE('fetch needs --repository-url')
  const store = openPackageStore(context, urls)
  const wanted = ids.filter(id => isPackageId(id) && (force || !hasPackage(paths.repository, id)))
  if (wanted.length > 1) await requireSpaceForFetch(context, store, wanted)
  const fetched: string[] = []
  for (const id of ids) {
    out(`\rFetching: ${id}`)
    if (hasPackage(paths.repository, id) && !force) out('Package already added.\n')
    else {
      await fetchPackage(context, store, id, { replace: force })
      fetched.push(id)
    }
    out(`\rFetched: ${id}\n`)
  }
  return { fetched }
}
