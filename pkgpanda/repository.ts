/** The unpacked packages of a node and which of them are active (pkgpanda 1.1–1.4). Reads only, but for `removePackage` and `sweepRepository`. */
import { existsSync, readdirSync, readFileSync, readlinkSync, renameSync, rmSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { faults } from './errors.ts'
import { type InstallPaths, NEW, OLD, swappedPath } from './install-paths.ts'
import { removeManifest } from './manifest.ts'
import { compareIds, isPackageId, parsePackageId } from './package-id.ts'
import { type Pkginfo, parsePkginfo } from './pkginfo.ts'
import { healReplacement, healReplacements } from './replace-package.ts'

/** Names of half-done work in the repository; the leading dot can never begin an id. */
export const TEMPORARY_PREFIX = '.tmp-'

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

/** Takes the package out by one rename first, so that a crash never leaves half a package under its id. */
export function removePackage(repository: string, id: string, random: string): void {
  healReplacement(repository, id)
  const aside = join(repository, `${TEMPORARY_PREFIX}${random}`)
  renameSync(join(repository, id), aside)
  removeManifest(repository, id)
  rmSync(aside, { recursive: true, force: true })
}

/** Finishes or removes half-done work that its process did not live to end. Partial downloads stay, to be gone on with. */
export function sweepRepository(repository: string): void {
  healReplacements(repository)
  for (const name of readNames(repository)) {
    if (name.startsWith(TEMPORARY_PREFIX)) rmSync(join(repository, name), { recursive: true, force: true })
  }
}

function readNames(directory: string): string[] {
  try {
    return readdirSync(directory)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}
