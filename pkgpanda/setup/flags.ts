/** /etc/mesosphere/setup-flags, which dcos_install.sh writes: what a node's first boot installs (pkgpanda 5.3). */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse as parseYaml } from 'yaml'
import { faults } from '../errors.ts'
import { isPackageId, parsePackageId } from '../package/package-id.ts'

export interface SetupFlags {
  /** One a line: the next is asked when one fails. */
  readonly repositoryUrls: readonly string[]
  /** Activated in addition to the bootstrap tarball's. */
  readonly clusterPackages: readonly string[]
  /** Replaces both the bootstrap tarball's set and the cluster's. */
  readonly active?: readonly string[]
  readonly late?: LateConfig
}

export interface LateConfig {
  readonly packageId: string
  readonly values: Readonly<Record<string, string>>
}

/** Flags that are not there are left out. Throws PKGPANDA_SETUP_PACKAGES_OBSOLETE, PKGPANDA_FLAG_MALFORMED. */
export function loadSetupFlags(configDirectory: string): SetupFlags {
  const obsolete = join(configDirectory, 'setup-packages')
  if (existsSync(obsolete)) throw faults.SETUP_PACKAGES_OBSOLETE(obsolete)
  const at = (name: string) => join(configDirectory, 'setup-flags', name)
  const urls = readFlag(at('repository-url'))?.split('\n') ?? []
  const clusterPackages = parseIds(readFlag(at('cluster-packages.json')), at('cluster-packages.json'))
  const active = parseIds(readFlag(at('active.json')), at('active.json'))
  const late = parseLateConfig(readFlag(at('late-config.yaml')), at('late-config.yaml'))
  return {
    clusterPackages: clusterPackages ?? [],
    repositoryUrls: urls.map(url => url.trim()).filter(url => url !== ''),
    ...(active ? { active } : {}),
    ...(late ? { late } : {}),
  }
}

function parseIds(text: string | undefined, path: string): string[] | undefined {
  if (text === undefined) return undefined
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (error) {
    throw faults.FLAG_MALFORMED(path, (error as Error).message)
  }
  if (!Array.isArray(json) || !json.every(id => typeof id === 'string'))
    throw faults.FLAG_MALFORMED(path, 'a list of package ids expected')
  const wrong = json.find(id => !isPackageId(id))
  if (wrong !== undefined) throw faults.FLAG_MALFORMED(path, `${JSON.stringify(wrong)} is not a package id`)
  return json
}

function parseLateConfig(text: string | undefined, path: string): LateConfig | undefined {
  if (text === undefined) return undefined
  let yaml: { late_bound_package_id?: unknown; bound_values?: unknown } | null
  try {
    yaml = parseYaml(text)
  } catch (error) {
    throw faults.FLAG_MALFORMED(path, (error as Error).message)
  }
  const id = yaml?.late_bound_package_id
  if (typeof id !== 'string') throw faults.FLAG_MALFORMED(path, 'late_bound_package_id is missing')
  if (!isPackageId(id) || parsePackageId(id).version !== 'setup') {
    throw faults.FLAG_MALFORMED(path, `${JSON.stringify(id)} is not the id of a late package, whose version is setup`)
  }
  const values = yaml?.bound_values ?? {}
  if (typeof values !== 'object' || Array.isArray(values))
    throw faults.FLAG_MALFORMED(path, 'bound_values: a map expected')
  return {
    packageId: id,
    values: Object.fromEntries(Object.entries(values as object).map(([name, value]) => [name, String(value)])),
  }
}

function readFlag(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw faults.FLAG_MALFORMED(path, `cannot be read (${(error as NodeJS.ErrnoException).code})`)
  }
}
