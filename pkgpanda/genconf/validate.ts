/** Rules over several keys (pkgpanda 5.6). Pure. A problem is told under each key that has none of its own. */
import type { Values } from './parameter.ts'
import { listOf, overlayNames } from './rules.ts'

interface CrossRule {
  readonly names: readonly string[]
  /** Asked only when every key of `names` has a valid value. */
  check(values: Values): string | undefined
}

export const crossRules: readonly CrossRule[] = [
  {
    names: ['exhibitor_storage_backend', 'master_discovery'],
    check: values =>
      values.exhibitor_storage_backend === 'static' && values.master_discovery === 'master_http_loadbalancer'
        ? "When exhibitor_storage_backend is 'static', master_discovery must be 'static' too"
        : undefined,
  },
  {
    names: ['dcos_overlay_network_default_name', 'dcos_overlay_network'],
    check: values => {
      const name = values.dcos_overlay_network_default_name ?? ''
      const defined = overlayNames(values.dcos_overlay_network ?? '') ?? []
      if (defined.includes(name)) return undefined
      return `The default overlay '${name}' is not defined by dcos_overlay_network, which has: ${defined.join(', ')}`
    },
  },
  {
    names: ['minuteman_min_named_ip', 'minuteman_max_named_ip'],
    check: values =>
      addressNumber(values.minuteman_min_named_ip ?? '') > addressNumber(values.minuteman_max_named_ip ?? '')
        ? 'minuteman_min_named_ip must not lie behind minuteman_max_named_ip'
        : undefined,
  },
  { names: ['master_list', 'agent_list'], check: values => shared(values, 'master_list', 'agent_list') },
  { names: ['master_list', 'public_agent_list'], check: values => shared(values, 'master_list', 'public_agent_list') },
  { names: ['agent_list', 'public_agent_list'], check: values => shared(values, 'agent_list', 'public_agent_list') },
  {
    names: ['cosmos_config'],
    check: values => {
      const config = JSON.parse(values.cosmos_config ?? '{}') as Record<string, unknown>
      const given = ['staged_package_storage_uri', 'package_storage_uri'].filter(name => config[name] !== undefined)
      return given.length === 1
        ? 'Must have both staged_package_storage_uri and package_storage_uri, or neither'
        : undefined
    },
  },
]

/** Problems by key, for the keys that have none in `known` yet. */
export function crossProblems(values: Values, known: Readonly<Record<string, string>>): Record<string, string> {
  const problems: Record<string, string> = {}
  for (const { names, check } of crossRules) {
    if (names.some(name => values[name] === undefined)) continue
    const problem = check(values)
    if (problem === undefined) continue
    for (const name of names) if (known[name] === undefined) problems[name] ??= problem
  }
  return problems
}

function shared(values: Values, first: string, second: string): string | undefined {
  const others = new Set(listOf(values[second]))
  const both = listOf(values[first]).filter(address => others.has(address))
  return both.length > 0 ? `${first} and ${second} must not share addresses: ${both.join(', ')}` : undefined
}

function addressNumber(address: string): number {
  return address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0)
}
