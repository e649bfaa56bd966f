/** From a package's folder to its tarball in the repository (pkgpanda 3.4): sources, id, and, when that id is new, the build. */
import { createHash, randomBytes } from 'node:crypto'
import { chmod, copyFile, cp, lchown, lstat, mkdir, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { formatJson } from '../disk/json-form.ts'
import { tarballPath } from '../store/store-layout.ts'
import { type BuildId, chooseBuildId } from './build-id.ts'
import { runBuildScript, type ScriptPlaces } from './build-script.ts'
import type { Requirement } from './buildinfo.ts'
import type { Dependencies } from './dependency-view.ts'
import { faults } from './errors.ts'
import { exists } from './exists.ts'
import { folderHash } from './folder-hash.ts'
import { ISOLATED_PATHS } from './isolated-root.ts'
import type { Isolation } from './isolation.ts'
import type { PackageFolder } from './package-folders.ts'
import { BUILDINFO_FULL_FILE, loadResult, PKGINFO_FILE } from './package-result.ts'
import type { RepositoryWriter } from './repository.ts'
import { removeFolder } from './scratch.ts'
import { SOURCE_KINDS } from './sources/kinds.ts'
import type { ResolvedSource, SourceContext } from './sources/source-kind.ts'
import { fileEntry } from './tar-entries.ts'
import { makeTarball } from './tarball.ts'
import { encodeVariant, variantPrefix } from './variant.ts'
import type { XzCache } from './xz-cache.ts'

const EXTRA_FOLDER = 'extra'
const BUILD_SCRIPT = 'build'

export type ResolvedSources = Readonly<Record<string, ResolvedSource>>

/** A package whose id is known; whether it must be built is a question to the repository. */
export interface PlannedPackage extends PackageFolder, BuildId {
  readonly resolved: ResolvedSources
  /** The build script, relative to the folder. */
  readonly buildScript: string
  /** Full ids of all it needs. */
  readonly dependencies: readonly string[]
}

export interface BuilderContext {
  /** Top folder of the project. */
  readonly root: string
  readonly repository: RepositoryWriter
  readonly cache: XzCache
  /** Folder for scratch folders, which are removed again. */
  readonly scratch: string
  readonly signal: AbortSignal
}

/** What building a package needs beside that. */
export interface ScriptContext extends BuilderContext {
  readonly isolation: Isolation
  readonly dependencies: Dependencies
  /** Folders that scripts do not see. */
  readonly hidden: readonly string[]
  /** Where `src/` and `result/` of a package go, as `<id>/`, instead of being removed. */
  readonly keep?: string
}

export type SourceSettings = Pick<SourceContext, 'cacheDirectory' | 'warn' | 'signal'>

/** Finds all sources of a package, which makes its bundles. Rejects with BUILD_SOURCE_* and BUILD_BUNDLE_*. */
export async function resolveSources(
  { name, buildinfo, root, folder }: PackageFolder,
  settings: SourceSettings,
): Promise<ResolvedSources> {
  const resolved: Record<string, ResolvedSource> = {}
  for (const [sourceName, source] of Object.entries(buildinfo.sources)) {
    // parseBuildinfo() let only known kinds pass.
    const kind = SOURCE_KINDS.get(source.kind)!
    resolved[sourceName] = await kind.resolve(source, { ...settings, root, folder, packageName: name, sourceName })
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
  const { name, variant, buildinfo } = folder
  const buildScript = await chooseScript(folder)
  const script = await readFile(join(folder.folder, buildScript)).catch(() => {
    throw faults.SCRIPT_MISSING(name, buildScript)
  })
  const extra = join(folder.folder, EXTRA_FOLDER)
  const buildId = chooseBuildId({
    name,
    variant,
    buildinfo,
    sourceIds: Object.fromEntries(Object.entries(resolved).map(([key, { id }]) => [key, id])),
    script: createHash('sha256').update(script).digest('hex'),
    ...((await exists(extra)) ? { extra: await folderHash(extra, 'sha256') } : {}),
    runtime,
    dependencies,
  })
  return { ...folder, ...buildId, resolved, buildScript, dependencies }
}

/** [later] A variant has a script of its own, else the one of all. */
async function chooseScript({ folder, variant, buildinfo }: PackageFolder): Promise<string> {
  if (buildinfo.buildScript !== undefined) return buildinfo.buildScript
  const own = `${variantPrefix(variant)}${BUILD_SCRIPT}`
  return variant !== '' && (await exists(join(folder, own))) ? own : BUILD_SCRIPT
}

/**
 * Builds the package and puts its tarball into the repository. Rejects with BUILD_SCRIPT_FAILED, BUILD_RESULT_*, BUILD_SOURCE_*
 * and the faults of the tools.
 */
export async function buildPackage(planned: PlannedPackage, context: ScriptContext): Promise<void> {
  const { name, variant, id, version } = planned
  const { isolation, signal } = context
  const scratch = join(context.scratch, `${name}-${randomBytes(6).toString('hex')}`)
  try {
    const places = await preparePlaces(planned, scratch, context)
    await runBuildScript({ name, variant, version, places, isolation, signal })
    const entries = await loadResult(name, places.result, [scratch], Object.values(ISOLATED_PATHS))
    const tarball = await makeTarball(
      [
        ...entries,
        fileEntry(PKGINFO_FILE, formatJson(pkginfoOf(planned))),
        fileEntry(BUILDINFO_FULL_FILE, formatJson(buildinfoFullOf(planned))),
      ],
      context.cache,
      signal,
    )
    await context.repository.put(tarballPath(id), tarball)
  } finally {
    if (context.keep !== undefined) await keepScratch(scratch, join(context.keep, id))
    await removeFolder(scratch)
  }
}

/** Copies, but for the packages it requires: the script may not change what the build machine has, and can read it all. */
async function preparePlaces(
  { id, folder, buildScript, resolved, dependencies }: PlannedPackage,
  scratch: string,
  { isolation, dependencies: unpacked, hidden }: ScriptContext,
): Promise<ScriptPlaces> {
  const place = (path: string) => join(scratch, path)
  for (const path of ['root', 'result', 'src', 'tmp', `view/packages/${id}`])
    await mkdir(place(path), { recursive: true })
  for (const [source, { place: fill }] of Object.entries(resolved)) await fill(place(`src/${source}`))
  await copyFile(join(folder, buildScript), place('build'))
  await chmod(place('build'), 0o755)
  const extra = join(folder, EXTRA_FOLDER)
  const hasExtra = await exists(extra)
  if (hasExtra) await cp(extra, place('extra'), { recursive: true, verbatimSymlinks: true })
  const isolated = isolation.kind === 'namespaces'
  const packages = isolated ? await unpacked.open(dependencies, place('view')) : new Map<string, string>()
  if (isolated && isolation.builder !== undefined) {
    const { builder } = isolation
    for (const path of ['result', 'src', 'tmp', 'build', 'extra']) await giveTo(builder, place(path))
  }
  return {
    mountPoint: place('root'),
    table: place('mounts'),
    id,
    sources: place('src'),
    ...(hasExtra || !isolated ? { extra: place('extra') } : {}),
    script: place('build'),
    temporary: place('tmp'),
    result: place('result'),
    installRoot: place('view'),
    dependencies: packages,
    hidden,
  }
}

/** Recursively, links themselves and not what they lead to; nothing when it is not there. */
async function giveTo(uid: number, path: string): Promise<void> {
  const stat = await lstat(path).catch(() => undefined)
  if (!stat) return
  await lchown(path, uid, uid)
  if (stat.isDirectory()) for (const name of await readdir(path)) await giveTo(uid, join(path, name))
}

/** For a person who looks why a package is not what it should be. */
async function keepScratch(scratch: string, kept: string): Promise<void> {
  await rm(kept, { recursive: true, force: true })
  await mkdir(kept, { recursive: true })
  for (const name of ['src', 'result']) {
    if (await exists(join(scratch, name))) await rename(join(scratch, name), join(kept, name))
  }
}

/** pkginfo.json (pkgpanda 1.4): what activation reads. Only keys that say something. */
export function pkginfoOf({ buildinfo }: PlannedPackage): object {
  const { requires, environment, stateDirectory, username, group, sysctl } = buildinfo
  return {
    requires: requires.map(encodeRequirement),
    environment,
    ...(stateDirectory ? { state_directory: true } : {}),
    ...(username === undefined ? {} : { username }),
    ...(group === undefined ? {} : { group }),
    ...(sysctl === undefined ? {} : { sysctl }),
  }
}

/** buildinfo.full.json (pkgpanda 3.2): where the package comes from. `package_version` is the id's version, clients compare. */
export function buildinfoFullOf({ name, variant, version, buildIds, buildinfo, resolved }: PlannedPackage): object {
  const { sources, requires, environment, stateDirectory, username, group, sysctl } = buildinfo
  return {
    name,
    variant: encodeVariant(variant),
    package_version: version,
    build_ids: buildIds,
    build: buildIds.build,
    extra_source: buildIds.extra_source,
    sources: Object.fromEntries(
      Object.entries(sources).map(([key, source]) => [key, { ...source, ...resolved[key]?.id }]),
    ),
    requires: requires.map(encodeRequirement),
    environment,
    state_directory: stateDirectory,
    username,
    group,
    sysctl,
  }
}

function encodeRequirement({ name, variant }: Requirement): string | object {
  return variant === '' ? name : { name, variant }
}
