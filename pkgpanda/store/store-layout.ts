/** Where everything of a package store lies, relative to its URL (pkgpanda 3.1): for those who fill one and those who read it. Pure. */
import { parsePackageId } from '../package/package-id.ts'

/** Digest and size of every file of the store. */
export const INDEX_FILE = 'index.json'
/** Who vouches for it; optional. */
export const INDEX_SIGNATURE_FILE = 'index.json.sig'
/** Text: the id of the bootstrap of the last build. */
export const BOOTSTRAP_LATEST_FILE = 'bootstrap.latest'
/** Text: `{"bootstrap":ID,"packages":[ids, sorted]}`. */
export const COMPLETE_FILE = 'complete/complete.latest.json'

/** `packages/mesos/mesos--0.22.0.tar.xz`. Throws PKGPANDA_ID_MALFORMED. */
export function tarballPath(id: string): string {
  return `packages/${parsePackageId(id).name}/${id}.tar.xz`
}

/** `packages/dcos-provider/dcos-provider--setup.dcos_config`. Throws PKGPANDA_ID_MALFORMED. */
export function latePackagePath(id: string): string {
  return `packages/${parsePackageId(id).name}/${id}.dcos_config`
}

export function bootstrapPath(bootstrapId: string): string {
  return `bootstrap/${bootstrapId}.bootstrap.tar.xz`
}

/** Text: JSON list of the ids in it. */
export function bootstrapActivePath(bootstrapId: string): string {
  return `bootstrap/${bootstrapId}.active.json`
}
