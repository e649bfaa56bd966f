/** The unpacked packages of a node and which of them are active (pkgpanda 1.1–1.4). Reads only, but for `removePackages` and `sweepRepository`. */
import { existsSync, readdirSync, readFileSync, readlinkSync, realpathSync, rmSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { Disk } from '../disk/disk.ts'
import { unlessAbsent } from '../disk/unless-absent.ts'
import { faults } from '../errors.ts'
import { removeManifest, sweepManifests } from '../package/manifest.ts'
import { compareIds, isPackageId, parsePackageId } from '../package/package-id.ts'
import { type Pkginfo, parsePkginfo } from '../package/pkginfo.ts'
import { type InstallPaths, NEW, OLD, swappedPath } from '../swap/install-paths.ts'
import { healReplacement, healReplacements } from './replace-package.ts'

/** Names of half-done work in the repository; the leading dot can never begin an id. */
export const TEMPORARY_PREFIX = '.tmp-'

const GENERATIONS = ['', NEW, OLD]

export interface LoadedPackage {
  readonly id: string
  readonly name: string
  readonly directory: string
  readonly pkginfo: Pkginfo
}

/** Every id of the repository, sorted. A missing repository has none. What is not an id is left out. */
export function listPackages(repository: string): string[] {
  return readNames(repository).filter(isPackageId).sort(compareIds)
}

export function hasPackage(repository: string, id: string): boolean {
  return statSync(join(repository, parsePackageId(id).id), { throwIfNoEntry: false })?.isDirectory() ?? false
}

/** Throws PKGPANDA_ID_MALFORMED, PKGPANDA_PACKAGE_MISSING, PKGPANDA_PKGINFO_UNREADABLE. */
export function loadPackage(repository: string, id: string): LoadedPackage {
  const { name } = parsePackageId(id)
  const directory = join(repository, id)
  if (!hasPackage(repository, id)) throw faults.PACKAGE_MISSING(id, repository)
  let text: string
  try {
    text = readFileSync(join(directory, 'pkginfo.json'), 'utf8')
  } catch (error) {
    throw faults.PKGINFO_UNREADABLE(id, `cannot be read (${(error as NodeJS.ErrnoException).code})`)
  }
  return { id, name, directory, pkginfo: parsePkginfo(text, id) }
}

/**
 * The ids that the links in ROOT/active lead to, sorted; neither validated nor looked for. Throws PKGPANDA_BROKEN_DEPLOY
 * or PKGPANDA_NOT_BOOTSTRAPPED when there is no such directory.
 */
export function readActive(paths: InstallPaths): string[] {
  const active = swappedPath(paths, 'active')
  if (!existsSync(active)) {
    const broken = existsSync(active + NEW) || existsSync(active + OLD)
    throw broken ? faults.BROKEN_DEPLOY(active) : faults.NOT_BOOTSTRAPPED(active)
  }
  return readActiveDirectory(active)
}

/** The same for a directory of links at hand, `active.new` for one. A missing one has none. */
export function readActiveDirectory(directory: string): string[] {
  return readNames(directory)
    .map(name => basename(readlinkSync(join(directory, name))))
    .sort(compareIds)
}

/**
 * The install root in which the repository lies, when it is not this one: `--repository` does not follow `--root`, so that the packages
 * of the node are those of a root elsewhere as well. Undefined when it has no sets of its own.
 */
export function findOtherRoot({ root, repository }: InstallPaths): string | undefined {
  const other = dirname(unlessAbsent(() => realpathSync(repository), repository))
  if (other === unlessAbsent(() => realpathSync(root), root)) return undefined
  return GENERATIONS.some(extension => existsSync(join(other, `active${extension}`))) ? other : undefined
}

/** What that root has active, had before, and is about to have. */
export function readOtherActive(paths: InstallPaths): string[] {
  const other = findOtherRoot(paths)
  if (other === undefined) return []
  return GENERATIONS.flatMap(extension => readActiveDirectory(join(other, `active${extension}`)))
}

/** Takes each package out by one rename first, so that a crash never leaves half a package under its id. */
export function removePackages(disk: Disk, repository: string, ids: readonly string[], random: () => string): void {
  for (const id of ids) healReplacement(repository, id)
  const aside = ids.map(id => ({ id, path: join(repository, `${TEMPORARY_PREFIX}${random()}`) }))
  for (const { id, path } of aside) disk.rename(join(repository, id), path)
  // Before anything in them goes: after a power cut the files could be gone and the renames not.
  disk.syncDirectory(repository)
  for (const { id, path } of aside) {
    removeManifest(repository, id)
    disk.remove(path)
  }
}

/** Finishes or removes half-done work that its process did not live to end. Partial downloads stay, to be gone on with. */
export function sweepRepository(repository: string): void {
  healReplacements(repository)
  sweepManifests(repository, id => hasPackage(repository, id))
  for (const name of readNames(repository)) {
    if (name.startsWith(TEMPORARY_PREFIX)) rmSync(join(repository, name), { recursive: true, force: true })
  }
}

function readNames(directory: string): string[] {
  return unlessAbsent(() => readdirSync(directory), [])
}
