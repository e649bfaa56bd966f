/** Every route of the API: those of 1.9, then ours under /v1 (pkgpanda 4). */
import { openApiRoute } from '../../src/shared/http/openapi.ts'
import type { Route } from '../../src/shared/http/route.ts'
import { activate, listActive, rollback, showActive } from './active.ts'
import { addSlash } from './answers.ts'
import type { Changes } from './changes.ts'
import type { Jobs } from './jobs.ts'
import type { ApiMetrics } from './metrics.ts'
import type { Node } from './node.ts'
import { fetchPackage, listRepository, removePackage, showPackage } from './packages.ts'
import { listJobs, showJob, showStatus } from './status.ts'

export interface Api {
  readonly node: Node
  readonly jobs: Jobs
  readonly changes: Changes
  readonly metrics: ApiMetrics
  /** From which packages may be fetched; asked each time, since dcos_install.sh may write the flag anew. */
  readonly repositoryUrls: () => readonly string[]
}

const ABOUT = {
  title: 'pkgpanda-api',
  description: 'The packages of this node, as DC/OS 1.9 serves them below /pkgpanda; everything under /v1 is ours.',
}

/** Few clients, each of which may be slow or hostile; an answer may take as long as an activation does. */
export const API_LIMITS = { connectionsMax: 64, pipelinedMax: 4, requestTimeoutMs: 15_000 }

export function routes(api: Api): Route[] {
  const all: Route[] = [
    { method: 'GET', path: '/repository', handler: addSlash, contract: 'pkgpanda 4' },
    { method: 'GET', path: '/repository/', handler: listRepository(api), contract: 'pkgpanda 4' },
    { method: 'GET', path: '/repository/:id', handler: showPackage(api), contract: 'pkgpanda 4' },
    { method: 'POST', path: '/repository/:id', handler: fetchPackage(api), contract: 'pkgpanda 4' },
    { method: 'DELETE', path: '/repository/:id', handler: removePackage(api), contract: 'pkgpanda 4' },
    { method: 'GET', path: '/active', handler: addSlash, contract: 'pkgpanda 4' },
    { method: 'PUT', path: '/active', handler: addSlash, contract: 'pkgpanda 4' },
    { method: 'GET', path: '/active/', handler: listActive(api), contract: 'pkgpanda 4' },
    { method: 'PUT', path: '/active/', handler: activate(api), contract: 'pkgpanda 4' },
    { method: 'GET', path: '/active/:id', handler: showActive(api), contract: 'pkgpanda 4' },
    { method: 'GET', path: '/v1/status', handler: showStatus(api), contract: 'ours' },
    { method: 'GET', path: '/v1/jobs/', handler: listJobs(api), contract: 'ours' },
    { method: 'GET', path: '/v1/jobs/:id', handler: showJob(api), contract: 'ours' },
    { method: 'POST', path: '/v1/rollback', handler: rollback(api), contract: 'ours' },
    openApiRoute(ABOUT, () => all, 'ours'),
  ]
  return all
}
