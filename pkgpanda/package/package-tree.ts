/** What lies in an unpacked package: the entries that merge-plan.ts needs, the units that sysctl.ts asks for. */
import { type Dirent, lstatSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { PackageEntry } from '../activation/merge-plan.ts'
import { unlessAbsent } from '../disk/unless-absent.ts'
import { faults } from '../errors.ts'
import { compareIds } from './package-id.ts'
import { mergedDirectories, WANTS_DIRECTORY } from './roles.ts'

/** Entries below one package's merged directories; an active set of 40 original packages has about 2,000. */
const PACKAGE_ENTRIES_MAX = 200_000

/**
 * Every entry of the directories that a node with these roles merges, sorted. A merged directory may itself be a link to
 * a directory of the package; links below it are leaves. Throws PKGPANDA_PACKAGE_TREE_UNREADABLE.
 */
export function readMergedEntries(packageDirectory: string, id: string, roles: readonly string[]): PackageEntry[] {
  const entries: PackageEntry[] = []
  for (const { directory } of mergedDirectories(roles)) {
    const stat = statSync(join(packageDirectory, directory), { throwIfNoEntry: false })
    if (stat === undefined) continue
    if (!stat.isDirectory()) throw faults.PACKAGE_TREE_UNREADABLE(id, directory, 'is not a directory')
    walk(packageDirectory, id, directory, (path, entry) => entries.push({ path, directory: entry.isDirectory() }))
    if (entries.length > PACKAGE_ENTRIES_MAX) {
      throw faults.PACKAGE_TREE_UNREADABLE(id, directory, `has more than ${PACKAGE_ENTRIES_MAX} entries`)
    }
  }
  return entries
}

/** Base names of every `*.service` anywhere in the package, sorted (pkgpanda 1.7). */
export function readServiceFiles(packageDirectory: string, id: string): string[] {
  const names = new Set<string>()
  walk(packageDirectory, id, '', (_path, entry) => {
    if (!entry.isDirectory() && entry.name.endsWith('.service')) names.add(entry.name)
  })
  return [...names].sort(compareIds)
}

/**
 * Whether one of the packages has the file in its wants directory of any role: roles may have changed since. True as well when a
 * package is gone, since nobody can tell then.
 */
export function mayProvideUnitFile(packageDirectories: readonly string[], path: string): boolean {
  const [first = '', ...rest] = path.split('/')
  const unit = rest[0] === HARDENING_FILE ? first.slice(0, -'.d'.length) : path
  return packageDirectories.some(directory => {
    const names = unlessAbsent(() => readdirSync(directory), undefined)
    if (names === undefined) return true
    const wants = names.filter(name => name === WANTS_DIRECTORY || name.startsWith(`${WANTS_DIRECTORY}_`))
    return wants.some(name => lstatSync(join(directory, name, unit), { throwIfNoEntry: false }) !== undefined)
  })
}

/** `hardening/<unit>.d/50-dcos-hardening.conf` of the package: unit → path relative to the package. */
export function readHardeningFiles(packageDirectory: string): Map<string, string> {
  const files = new Map<string, string>()
  for (const entry of list(join(packageDirectory, 'hardening'))) {
    const path = join('hardening', entry.name, HARDENING_FILE)
    if (!entry.isDirectory() || !entry.name.endsWith('.d')) continue
    if (statSync(join(packageDirectory, path), { throwIfNoEntry: false })?.isFile()) {
      files.set(entry.name.slice(0, -'.d'.length), path)
    }
  }
  return files
}

/** Ours among the drop-ins of a unit; files of other names are the operator's. */
export const HARDENING_FILE = '50-dcos-hardening.conf'

function walk(root: string, id: string, directory: string, visit: (path: string, entry: Dirent) => void): void {
  let entries: Dirent[]
  try {
    entries = readdirSync(join(root, directory), { withFileTypes: true })
  } catch (error) {
    throw faults.PACKAGE_TREE_UNREADABLE(id, directory || '.', `cannot be read (${(error as Error).message})`)
  }
  for (const entry of entries.sort((left, right) => compareIds(left.name, right.name))) {
    const path = directory === '' ? entry.name : `${directory}/${entry.name}`
    visit(path, entry)
    if (entry.isDirectory()) walk(root, id, path, visit)
  }
}

function list(directory: string): Dirent[] {
  const entries = unlessAbsent(() => readdirSync(directory, { withFileTypes: true }), [])
  return entries.sort((left, right) => compareIds(left.name, right.name))
}
