/**
 * What the cluster was made of (pkgpanda 5.6, fact 79): the user's keys and all resolved values, without the secrets for the
 * nodes, in full for the operator.
 */
import { stringify } from 'yaml'
import type { PackageFile } from '../component.ts'
import type { Parameter, Values } from '../parameter.ts'

const HIDDEN = '**HIDDEN**'

/** The readable copies that every node keeps. `user`: what config.yaml said, as strings; `values`: what came of it. */
export function openRecords(parameters: readonly Parameter[], user: Values, values: Values): PackageFile[] {
  const secrets = new Set(parameters.filter(({ secret }) => secret).map(({ name }) => name))
  const hidden = Object.entries(user).map(([name, value]) => [name, secrets.has(name) ? HIDDEN : value])
  const open = Object.entries(values).filter(([name]) => !secrets.has(name))
  return [
    { path: 'etc/expanded.config.json', content: sortedJson(Object.fromEntries(open)) },
    { path: 'etc/user.config.yaml', content: stringify(sorted(Object.fromEntries(hidden))) },
  ]
}

/**
 * The same with the secrets, for files of mode 0600 beside dcos_install.sh.
 *
 * DEPARTURE (pkgpanda 5.6): 1.9 put them into the configuration package too, which the repository serves to anybody.
 */
export function fullRecords(user: Values, values: Values): PackageFile[] {
  return [
    { path: 'expanded.config.full.json', content: sortedJson(values) },
    { path: 'user.config.full.yaml', content: stringify(sorted(user)) },
  ]
}

function sortedJson(values: Values): string {
  return `${JSON.stringify(sorted(values), undefined, 2)}\n`
}

function sorted(values: Values): Record<string, string> {
  return Object.fromEntries(Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1)))
}
