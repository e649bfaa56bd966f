/** Finding packages: folders with a buildinfo.json, under packages/ and where the command line says. */
import { access, readdir, readFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { isPackageName } from '../package-id.ts'
import { type Buildinfo, parseBuildinfo } from './buildinfo.ts'
import { faults } from './errors.ts'

export interface PackageFolder {
  readonly name: string
  readonly folder: string
  readonly buildinfo: Buildinfo
}

export const BUILDINFO_FILE = 'buildinfo.json'

export interface PackageLocations {
  readonly root: string
  /** Folders whose sub-folders with a buildinfo.json are packages, named like them. */
  readonly parents: readonly string[]
  /** Name → a package's own folder, where that has another name or replaces one of `parents`. */
  readonly single: Readonly<Record<string, string>>
}

/**
 * Name → package, sorted by name. Rejects with BUILD_PACKAGE_NAME_INVALID, BUILD_PACKAGE_REPEATED and the faults of
 * parseBuildinfo().
 */
export async function loadPackageFolders(locations: PackageLocations): Promise<Map<string, PackageFolder>> {
  const folders = new Map<string, string>()
  const add = (name: string, folder: string) => {
    if (!isPackageName(name)) throw faults.PACKAGE_NAME_INVALID(name, folder)
    const other = folders.get(name)
    if (other !== undefined) throw faults.PACKAGE_REPEATED(name, other, folder)
    folders.set(name, folder)
  }
  for (const parent of locations.parents) {
    for (const entry of await readdir(parent, { withFileTypes: true })) {
      const folder = join(parent, entry.name)
      if (entry.isDirectory() && (await exists(join(folder, BUILDINFO_FILE)))) add(entry.name, folder)
    }
  }
  // Named on the command line by hand: a patched copy of a package takes its place.
  for (const [name, folder] of Object.entries(locations.single)) {
    folders.delete(name)
    add(name, folder)
  }

  const packages = new Map<string, PackageFolder>()
  for (const [name, folder] of [...folders].sort(([left], [right]) => (left < right ? -1 : 1))) {
    const file = join(folder, BUILDINFO_FILE)
    const shown = relative(locations.root, file)
    const text = await readFile(file, 'utf8').catch(error => {
      throw faults.BUILDINFO_UNREADABLE(shown, error.message)
    })
    packages.set(name, { name, folder, buildinfo: parseBuildinfo(text, name, shown) })
  }
  return packages
}

export async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
