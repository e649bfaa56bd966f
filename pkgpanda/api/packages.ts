/** `/repository/`: the unpacked packages of the node (pkgpanda 4). */
import type { Handler } from '../../src/shared/http/route.ts'
import { faults } from '../errors.ts'
import { isPackageId, parsePackageId } from '../package/package-id.ts'
import { hasPackage, listPackages, loadPackage } from '../repository/repository.ts'
import type { InstallPaths } from '../swap/install-paths.ts'
import { NO_CONTENT, prettyJson } from './answers.ts'
import { allowedRepositoryUrl } from './repository-urls.ts'
import { readRepositoryUrl } from './request-body.ts'
import type { Api } from './routes.ts'

/** NAME_MAX of Linux: a longer id cannot be a directory. */
const ID_MAX_LENGTH = 255

export function listRepository({ node }: Api): Handler {
  return () => prettyJson(listPackages(node.paths.repository))
}

export function showPackage({ node }: Api): Handler {
  return ({ params }) => prettyJson(describePackage(node.paths, params.id ?? ''))
}

/** `{"id","name","version"}`. Throws PKGPANDA_PACKAGE_MISSING, also for what is no id, and PKGPANDA_PKGINFO_UNREADABLE. */
export function describePackage(paths: InstallPaths, id: string): Record<string, string> {
  requirePackage(paths, id)
  loadPackage(paths.repository, id)
  const { name, version } = parsePackageId(id)
  return { id, name, version }
}

export function fetchPackage({ node, changes, metrics, repositoryUrls }: Api): Handler {
  return async request => {
    changes.requireAllowed()
    const given = await readRepositoryUrl(request)
    const { id = '' } = request.params
    if (!isId(id)) throw faults.ID_MALFORMED(id)
    // Whatever the URL: nothing would be fetched from it.
    if (hasPackage(node.paths.repository, id)) return NO_CONTENT
    let repositoryUrl: string
    try {
      repositoryUrl = allowedRepositoryUrl(given, id, repositoryUrls())
    } catch (error) {
      metrics.refused('url')
      throw error
    }
    return await changes.answer(request, { command: 'fetch', words: [id], options: { repositoryUrl: [repositoryUrl] } })
  }
}

export function removePackage({ node, changes }: Api): Handler {
  return async request => {
    changes.requireAllowed()
    const { id = '' } = request.params
    requirePackage(node.paths, id)
    return await changes.answer(request, { command: 'remove', words: [id] })
  }
}

/** 404 for an id that cannot be, too: nothing of that name is there (pkgpanda 6, facts 40 and 50). */
function requirePackage({ repository }: InstallPaths, id: string): void {
  if (!isId(id) || !hasPackage(repository, id)) throw faults.PACKAGE_MISSING(id, repository)
}

function isId(text: string): boolean {
  return isPackageId(text) && text.length <= ID_MAX_LENGTH
}
