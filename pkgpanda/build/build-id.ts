/**
 * The version of a package: a hash of everything its content comes from (pkgpanda 3.3), so that the same sources always have
 * the same id and a change in a dependency gives all its dependants new ones. Pure.
 */
import { formatPackageId } from '../package/package-id.ts'
import type { Buildinfo } from './buildinfo.ts'
import { type Hashable, versionOf } from './canonical-hash.ts'

/** The form of what the builder makes: to be raised when the same sources shall give another package. */
export const BUILDER_VERSION = '0.2'

export interface BuildIdInputs {
  readonly name: string
  /** '' for the default one. */
  readonly variant: string
  readonly buildinfo: Buildinfo
  /** Source → its id. */
  readonly sourceIds: Readonly<Record<string, Readonly<Record<string, string>>>>
  /** Digest of the build script, and H of `extra/` when there is one. */
  readonly script: string
  readonly extra?: string
  /** Version of the runtime that packages are for, in place of the original's container image. */
  readonly runtime: string
  /** Full ids of all packages needed, directly or not. */
  readonly dependencies: readonly string[]
}

export interface BuildId {
  readonly id: string
  readonly version: string
  /** What was hashed, as buildinfo.full.json shows it. */
  readonly buildIds: Readonly<Record<string, Hashable>>
}

export function chooseBuildId(inputs: BuildIdInputs): BuildId {
  const { name, variant, buildinfo, sourceIds, script, extra, runtime, dependencies } = inputs
  const { environment, stateDirectory, username, group, sysctl } = buildinfo
  const buildIds = {
    name,
    variant,
    sources: sourceIds,
    build: script,
    pkgpanda_version: BUILDER_VERSION,
    runtime,
    environment,
    state_directory: stateDirectory,
    requires: dependencies,
    ...(extra === undefined ? {} : { extra_source: extra }),
    ...(username === undefined ? {} : { username }),
    ...(group === undefined ? {} : { group }),
    ...(sysctl === undefined ? {} : { sysctl }),
  }
  const version = versionOf(buildIds)
  return { id: formatPackageId(name, version), version, buildIds }
}
