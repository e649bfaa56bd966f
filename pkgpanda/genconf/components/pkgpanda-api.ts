/** Configuration of the package API (pkgpanda 4): what kind of node it serves, and what it may do there. */
import type { Component } from '../component.ts'
import type { Values } from '../parameter.ts'
import { listOf } from '../rules.ts'

const ROLES = { etc_master: 'master', etc_slave: 'agent', etc_slave_public: 'agent_public' } as const

export const pkgpandaApi: Component = {
  name: 'pkgpanda-api',
  files: values =>
    Object.entries(ROLES).map(([folder, role]) => ({
      path: `${folder}/pkgpanda-api.json`,
      content: `${JSON.stringify(configuration(role, values), undefined, 2)}\n`,
    })),
}

function configuration(role: string, values: Values) {
  return {
    ROLE: role,
    ALLOW_CHANGES: role === 'master' || values.pkgpanda_api_agent_changes === 'true',
    REPOSITORY_URLS: listOf(values.pkgpanda_repository_urls),
  }
}
