/** From a package's folder to its tarball in the repository (pkgpanda 3.4): sources, id, and, when that id is new, the build. */
import { createHash, randomBytes } from 'node:crypto'
import { mkdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { formatJson } from '../json-form.ts'
import { tarballPath } from '../store-layout.ts'
import { type BuildId, chooseBuildId } from './build-id.ts'
import { runBuildScript } from './build-script.ts'
import { faults } from './errors.ts'
import { folderHash } from './folder-hash.ts'
import { exists, type PackageFolder } from './package-folders.ts'
import { BUILDINFO_FULL_FILE, loadResult, PKGINFO_FILE } from './package-result.ts'
import type { RepositoryWriter } from './repository.ts'
import { SOURCE_KINDS } from './sources/kinds.ts'
import { placeFiles } from './sources/source-files.ts'
import type { ResolvedSource } from './sources/source-kind.ts'
import { fileEntry } from './tar-entries.ts'
import { makeTarball } from './tarball.ts'
import type { XzCache } from './xz-cache.ts'

export type ResolvedSources = Readonly<Record<string, ResolvedSource>>

/** A package whose id is known; whether it must be built is a question to the repository. */
export interface PlannedPackage extends PackageFolder, BuildId {
  readonly resolved: ResolvedSources
}

export interface BuilderContext {
  /** Top folder of the project. */
  readonly root: string
  readonly repository: RepositoryWriter
  readonly cache: XzCache
  /** Folder for scratch folders, which are removed again. */
  readonly scratch: string
}

/** Finds all sources of a package, which makes its bundles. Rejects with BUILD_SOURCE_* and BUILD_BUNDLE_*. */
export async function resolveSources({ name, buildinfo }: PackageFolder, root: string): Promise<ResolvedSources> {
  const resolved: Record<string, ResolvedSource> = {}
  for (const [sourceName, source] of Object.entries(buildinfo.sources)) {
    // parseBuildinfo() let only known kinds pass.
    const kind = SOURCE_KINDS.get(source.kind)!
    resolved[sourceName] = await kind.resolve(source, { root, packageName: name, sourceName })
  }
  return resolved
}

/** The package's id. `dependencies`: full ids of all it needs. Rejects with BUILD_SCRIPT_MISSING. */
export async function planPackage(
  folder: PackageFolder,
  resolved: ResolvedSources,
  dependencies: readonly string[],
  runtime: string,
): Promise<PlannedPackage> {
  const { name, buildinfo } = folder
  const script = await readFile(join(folder.folder, buildinfo.buildScript)).catch(() => {
    throw faults.SCRIPT_MISSING(name, buildinfo.buildScript)
  })
  const extra = join(folder.folder, 'extra')
  const buildId = chooseBuildId({
    name,
    buildinfo,
    sourceIds: Object.fromEntries(Object.entries(resolved).map(([key, { id }]) => [key, id])),
    script: createHash('sha256').update(script).digest('hex'),
    ...((await exists(extra)) ? { extra: await folderHash(extra, 'sha256') } : {}),
    runtime,
    dependencies,
  })
  return { ...folder, ...buildId, resolved }
}

/**
 * Builds the package and puts its tarball into the repository. Rejects with BUILD_SCRIPT_FAILED, BUILD_RESULT_* and the
 * faults of the tools.
 */
export async function buildPackage(planned: PlannedPackage, context: BuilderContext): Promise<void> {
  const { name, id, version, folder, buildinfo } = planned
  const scratch = join(context.scratch, `${name}-${randomBytes(6).toString('hex')}`)
  const result = join(scratch, 'result')
  const sources = join(scratch, 'src')
  try {
    await mkdir(result, { recursive: true })
    await mkdir(sources)
    for (const [source, { files }] of Object.entries(planned.resolved)) await placeFiles(files, join(sources, source))
    const file = join(folder, buildinfo.buildScript)
    await runBuildScript({ name, version, id, file, result, sources, extra: join(folder, 'extra') })
    const entries = await loadResult(name, result, [scratch])
    const tarball = await makeTarball(
      [
        ...entries,
        fileEntry(PKGINFO_FILE, formatJson(pkginfoOf(planned))),
        fileEntry(BUILDINFO_FULL_FILE, formatJson(buildinfoFullOf(planned))),
      ],
      context.cache,
    )
    await context.repository.put(tarballPath(id), tarball)
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}

/** pkginfo.json (pkgpanda 1.4): what activation reads. Only keys that say something. */
export function pkginfoOf({ buildinfo }: PlannedPackage): object {
  const { requires, environment, stateDirectory, username, group, sysctl } = buildinfo
  return {
    requires,
    environment,
    ...(stateDirectory ? { state_directory: true } : {}),
    ...(username === undefined ? {} : { username }),
    ...(group === undefined ? {} : { group }),
    ...(sysctl === undefined ? {} : { sysctl }),
  }
}

/** buildinfo.full.json (pkgpanda 3.2): where the package comes from. `package_version` is the id's version, clients compare. */
export function buildinfoFullOf({ name, version, buildIds, buildinfo, resolved }: PlannedPackage): object {
  const { sources, requires, environment, stateDirectory, username, group, sysctl } = buildinfo
  return {
    name,
    variant: null,
    package_version: version,
    build_ids: buildIds,
    build: buildIds.build,
    extra_source: buildIds.extra_source,
    sources: Object.fromEntries(
      Object.entries(sources).map(([key, source]) => [key, { ...source, ...resolved[key]?.id }]),
    ),
    requires,
    environment,
    state_directory: stateDirectory,
    username,
    group,
    sysctl,
  }
}
