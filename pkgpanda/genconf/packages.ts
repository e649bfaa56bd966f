/** Resolved values → the three packages made here (pkgpanda 5.6), their versions being hashes of their contents. Pure. */
import { versionOf } from '../build/canonical-hash.ts'
import { formatJson } from '../disk/json-form.ts'
import { formatPackageId } from '../package/package-id.ts'
import { type Component, collectEnvironment, collectFiles, type PackageFile } from './component.ts'
import { dns } from './components/dns.ts'
import { log } from './components/log.ts'
import { logrotate } from './components/logrotate.ts'
import { metrics } from './components/metrics.ts'
import { node } from './components/node.ts'
import { packageGc } from './components/package-gc.ts'
import { pkgpandaApi } from './components/pkgpanda-api.ts'
import { openRecords } from './components/records.ts'
import type { Values } from './parameter.ts'
import { parameters } from './parameters.ts'

/** A component that reads a key of config.yaml is named here. */
export const components: readonly Component[] = [node, dns, log, logrotate, metrics, packageGc, pkgpandaApi]

/**
 * The release of DC/OS whose interfaces the suite speaks. The dcos CLI, dcos-ui and upgrade scripts read it as a release number
 * and choose their requests by it; the suite's own version is what each program prints for --version.
 */
export const DCOS_VERSION = '1.9.10'

const ROLES = ['master', 'slave', 'slave_public']

export interface GeneratedPackage {
  readonly id: string
  /** With pkginfo.json, sorted by path. */
  readonly files: readonly PackageFile[]
}

/** Everything below /opt/mesosphere/etc that depends on the cluster. `user`: the keys of config.yaml as they were given. */
export function configPackage(user: Values, values: Values): GeneratedPackage {
  const files = collectFiles(components, values)
  return makePackage('dcos-config', 'setup_', [...files, ...openRecords(parameters, user, values)], {
    environment: collectEnvironment(components, values),
  })
}

/**
 * etc/dcos-version.json and what goes with it. The image commit of 1.9 was that of its build; ours is a hash of the package
 * ids, so that the same sources give the same bytes and a different suite another value.
 */
export function metadataPackage(bootstrapId: string, packageIds: readonly string[]): GeneratedPackage {
  const commit = versionOf(packageIds)
  return makePackage(
    'dcos-metadata',
    'setup_',
    [
      {
        path: 'etc/dcos-version.json',
        content: formatJson({ version: DCOS_VERSION, 'dcos-image-commit': commit, 'bootstrap-id': bootstrapId }),
      },
    ],
    { environment: { DCOS_VERSION, DCOS_IMAGE_COMMIT: commit } },
  )
}

/** etc/roles/<role> on a node of that role, by which programs learn what the node is (pkgpanda 5.5). */
export function rolePackage(): GeneratedPackage {
  const files = ROLES.map(role => ({ path: `etc_${role}/roles/${role}`, content: '' }))
  return makePackage('pkgpanda-role', '', files, {})
}

function makePackage(name: string, prefix: string, files: PackageFile[], pkginfo: object): GeneratedPackage {
  const all = [...files, { path: 'pkginfo.json', content: formatJson(pkginfo) }].sort((a, b) =>
    a.path < b.path ? -1 : 1,
  )
  const contents = Object.fromEntries(
    all.map(({ path, content, executable = false }) => [path, { content, executable }]),
  )
  return { id: formatPackageId(name, prefix + versionOf(contents)), files: all }
}
