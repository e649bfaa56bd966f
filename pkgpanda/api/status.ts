/** `/v1/status` and `/v1/jobs/`: what is being done to the node. Additions of ours (pkgpanda 4). */
import type { Handler } from '../../src/shared/http/route.ts'
import { listPackages, readActiveDirectory } from '../repository/repository.ts'
import { swappedPath } from '../swap/install-paths.ts'
import { prettyJson } from './answers.ts'
import { clientOf } from './client.ts'
import type { Api } from './routes.ts'

/** What `pkgpanda status --json` prints, whether changes are allowed here, and the job at work. */
export function showStatus({ node, changes, jobs }: Api): Handler {
  return async request => {
    const status = (await node.run('status', [], { client: clientOf(request) })) as object
    const job = jobs.running()
    return prettyJson({ ...status, changesAllowed: changes.allowed, ...(job && { job: job.id }) })
  }
}

/** For STATUS=: what an operator wants to know first. */
export function statusSentence(
  { node, changes, jobs }: Pick<Api, 'node' | 'changes' | 'jobs'>,
  address: string,
): string {
  const { paths } = node
  const packages = listPackages(paths.repository).length
  const active = readActiveDirectory(swappedPath(paths, 'active')).length
  const job = jobs.running()
  const what = job ? `${job.action} since ${job.started}` : changes.allowed ? 'at rest' : 'read only'
  return `serving the packages of this node on ${address}: ${active} active, ${packages} unpacked; ${what}`
}

export function listJobs({ jobs }: Api): Handler {
  return () => prettyJson(jobs.list())
}

export function showJob({ jobs }: Api): Handler {
  return ({ params }) => prettyJson(jobs.find(params.id ?? ''))
}
