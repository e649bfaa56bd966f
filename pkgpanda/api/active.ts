/** `/active/`: the active set of the node, shown and replaced as a whole (pkgpanda 4); and back to the one before. */
import type { Handler, HttpRequest } from '../../src/shared/http/route.ts'
import { faults } from '../errors.ts'
import { compareIds } from '../package/package-id.ts'
import { listPackages, readActive } from '../repository/repository.ts'
import { faultOf, prettyJson } from './answers.ts'
import type { Change } from './changes.ts'
import { clientOf } from './client.ts'
import { describePackage } from './packages.ts'
import { readIds } from './request-body.ts'
import type { Api } from './routes.ts'

export function listActive({ node }: Api): Handler {
  return () => prettyJson(readActive(node.paths))
}

export function showActive({ node }: Api): Handler {
  return ({ params }) => {
    const { id = '' } = params
    const described = describePackage(node.paths, id)
    if (!readActive(node.paths).includes(id)) throw faults.PACKAGE_INACTIVE(id)
    return prettyJson(described)
  }
}

export function activate(api: Api): Handler {
  return async request => {
    api.changes.requireAllowed()
    const ids = await readIds(request)
    const present = new Set(listPackages(api.node.paths.repository))
    // QUIRK (pkgpanda 4): what is no id at all is simply not there either.
    const missing = [...new Set(ids)].filter(id => !present.has(id)).sort(compareIds)
    if (missing.length > 0) throw faults.PACKAGES_MISSING(missing).with({ missing_packages: missing })
    return await changeOrPlan(api, request, { command: 'activate', words: ids })
  }
}

/** An addition of ours. */
export function rollback(api: Api): Handler {
  return async request => {
    api.changes.requireAllowed()
    return await changeOrPlan(api, request, { command: 'rollback', words: [] })
  }
}

/** With `?dry_run=true` 200 and the plan, nothing changed. */
async function changeOrPlan({ node, changes }: Api, request: HttpRequest, change: Change) {
  if (!wantsDryRun(request)) return await changes.answer(request, change)
  try {
    return prettyJson(
      await node.run(change.command, change.words, { client: clientOf(request), options: { dryRun: true } }),
    )
  } catch (error) {
    throw faultOf(error)
  }
}

/** Throws PKGPANDA_QUERY_MALFORMED for another value: who mistypes it does not want the node changed. */
function wantsDryRun({ rawQuery }: HttpRequest): boolean {
  const value = new URLSearchParams(rawQuery).get('dry_run')
  if (value === null || value === 'false') return false
  if (value === 'true') return true
  throw faults.QUERY_MALFORMED('dry_run', value.slice(0, 40))
}
