/** Finding packages: folders with a `[variant.]buildinfo.json`, under packages/ and where the command line says. */
import { readdir, readFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { isPackageName } from '../package/package-id.ts'
import { type Buildinfo, parseBuildinfo } from './buildinfo.ts'
import { faults } from './errors.ts'
import { packageKey, variantPrefix, variantsOf } from './variant.ts'

/** One variant of a package. */
export interface PackageFolder {
  readonly name: string
  /** '' for the default one. */
  readonly variant: string
  readonly folder: string
  /** Top folder of the project it belongs to, which paths of its sources are relative to. */
  readonly root: string
  readonly buildinfo: Buildinfo
}

export const BUILDINFO_FILE = 'buildinfo.json'

export interface PackageLocations {
  readonly root: string
  /** Folders whose sub-folders with a buildinfo.json are packages, named like them. */
  readonly parents: readonly string[]
  /** Name → a package's own folder, where that has another name or replaces one of `parents`. */
  readonly single: Readonly<Record<string, string>>
  /** Top folder of another project, whose packages are added where there is none of their name. */
  readonly upstream?: string
}

/**
 * Key (packageKey) → variant of a package, sorted by name, default variants first. Rejects with BUILD_PACKAGE_NAME_INVALID,
 * BUILD_PACKAGE_REPEATED and the faults of parseBuildinfo().
 */
export async function loadPackageFolders(locations: PackageLocations): Promise<Map<string, PackageFolder>> {
  const folders = new Map<string, { folder: string; root: string }>()
  const add = (name: string, folder: string, root = locations.root) => {
    if (!isPackageName(name)) throw faults.PACKAGE_NAME_INVALID(name, folder)
    const other = folders.get(name)
    if (other !== undefined) throw faults.PACKAGE_REPEATED(name, other.folder, folder)
    folders.set(name, { folder, root })
  }
  for (const parent of locations.parents) {
    for (const [name, folder] of await packagesBelow(parent)) add(name, folder)
  }
  // Named on the command line by hand: a patched copy of a package takes its place.
  for (const [name, folder] of Object.entries(locations.single)) {
    folders.delete(name)
    add(name, folder)
  }
  if (locations.upstream !== undefined) {
    for (const [name, folder] of await packagesBelow(join(locations.upstream, 'packages'))) {
      if (!folders.has(name)) add(name, folder, locations.upstream)
    }
  }

  const packages = new Map<string, PackageFolder>()
  for (const [name, { folder, root }] of [...folders].sort(([left], [right]) => (left < right ? -1 : 1))) {
    const variants = await variantsIn(folder)
    // A folder named on the command line has to have one: its absence is told with the file's name.
    for (const variant of variants.length === 0 ? [''] : variants) {
      const found = await loadPackage({ name, variant, folder, root }, locations.root)
      packages.set(packageKey(found), found)
    }
  }
  return packages
}

/** Variants that a package's folder has a buildinfo.json of; [] when it is no package. */
export async function variantsIn(folder: string): Promise<string[]> {
  return variantsOf(await readdir(folder).catch(() => []), BUILDINFO_FILE)
}

async function packagesBelow(parent: string): Promise<[string, string][]> {
  const found: [string, string][] = []
  for (const entry of await readdir(parent, { withFileTypes: true })) {
    const folder = join(parent, entry.name)
    if (entry.isDirectory() && (await variantsIn(folder)).length > 0) found.push([entry.name, folder])
  }
  return found
}

async function loadPackage(found: Omit<PackageFolder, 'buildinfo'>, shownFrom: string): Promise<PackageFolder> {
  const file = join(found.folder, `${variantPrefix(found.variant)}${BUILDINFO_FILE}`)
  const shown = relative(shownFrom, file)
  const text = await readFile(file, 'utf8').catch(error => {
    throw faults.BUILDINFO_UNREADABLE(shown, error.message)
  })
  return { ...found, buildinfo: parseBuildinfo(text, found.name, shown) }
}
