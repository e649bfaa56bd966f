/**
 * Units of the active set in the systemd directory. Files are copied there, and the wants links lead to the copies
 * (pkgpanda 2.4, [1.11+]): systemd reads units before /opt may be mounted. Drop-ins of operators are never touched.
 */
import { lstatSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { MergePlan } from '../activation/merge-plan.ts'
import type { Disk } from '../disk/disk.ts'
import { unlessAbsent } from '../disk/unless-absent.ts'
import { faults } from '../errors.ts'
import { compareIds } from '../package/package-id.ts'
import { HARDENING_FILE } from '../package/package-tree.ts'
import { WANTS_DIRECTORY } from '../package/roles.ts'
import { DCOS_TARGET, type InstallPaths, OLD, STAGED_UNIT, swappedPath } from '../swap/install-paths.ts'
import type { Journal } from '../swap/journal.ts'

/** Written by the installer and by `pkgpanda setup`; no package may have them (pkgpanda 2.3). */
export const RESERVED_UNITS = [DCOS_TARGET, 'dcos-download.service', 'dcos-setup.service']

/**
 * systemd.unit(5), but for what systemctl(1) takes for an option (`-.mount`, with which no set could be left again) or a pattern
 * (`*.service`: to stop it is to stop the machine).
 */
const UNIT_NAME = /^[A-Za-z0-9:_\\@][A-Za-z0-9:_.\\@-]*$/

/** A file that the active set has in the systemd directory. */
export interface UnitFile {
  /** Relative to the systemd directory: `dcos-log-master.service`, `dcos-log-master.service.d/10-more.conf`. */
  readonly path: string
  readonly packageId: string
  /** Relative to the package. */
  readonly source: string
}

/** The plan's units and drop-ins, sorted by path. Throws PKGPANDA_UNIT_RESERVED, PKGPANDA_UNIT_MALFORMED. Pure. */
export function planUnits(plan: MergePlan): UnitFile[] {
  return plan.links
    .filter(link => link.path.startsWith(`${WANTS_DIRECTORY}/`))
    .map(({ path, packageId, source }) => ({ path: path.slice(WANTS_DIRECTORY.length + 1), packageId, source }))
    .map(unit => {
      const [name = '', ...rest] = unit.path.split('/')
      if (!UNIT_NAME.test(name) || rest.length > 1) throw faults.UNIT_MALFORMED(unit.packageId, unit.path)
      if (RESERVED_UNITS.includes(name)) throw faults.UNIT_RESERVED(unit.packageId, name)
      return unit
    })
}

/** Where distributions have their units (systemd.unit(5)); what lies in /etc/systemd/system takes their place. */
export const VENDOR_DIRECTORIES = ['/usr/local/lib/systemd/system', '/usr/lib/systemd/system', '/lib/systemd/system']

/**
 * A package's `sshd.service` would take the place of the system's. One that the present set has already may stay: a node must be
 * able to change its set. Throws PKGPANDA_UNIT_RESERVED.
 */
export function refuseVendorUnits(
  units: readonly { path: string; packageId: string }[],
  oldUnits: readonly string[],
  directories: readonly string[] = VENDOR_DIRECTORIES,
): void {
  for (const { path, packageId } of units) {
    const isVendors = directories.some(each => lstatSync(join(each, path), { throwIfNoEntry: false }) !== undefined)
    if (!path.includes('/') && isVendors && !oldUnits.includes(path)) throw faults.UNIT_RESERVED(packageId, path)
  }
}

/**
 * Where a file waits for the swap: `x.service.unit.new`, `x.service.d.unit.new/10-more.conf`. Not in the drop-in directory
 * itself, which may still be a link of the original's into a package.
 */
export function stagedUnitPath(paths: InstallPaths, path: string): string {
  const [first = path, ...rest] = path.split('/')
  return join(paths.systemdDirectory, `${first}${STAGED_UNIT}`, ...rest)
}

/** Unit names that the present wants directory links: what `systemctl` knows of the active set. Directories are drop-ins. */
export function readWantedUnits(paths: InstallPaths, extension = ''): string[] {
  const wants = swappedPath(paths, WANTS_DIRECTORY) + extension
  return readEntries(wants)
    .filter(entry => !entry.isDirectory())
    .map(entry => entry.name)
}

/**
 * Every file of the systemd directory that belongs to the generation of a wants directory, with the hardening drop-ins of
 * its units: what has to go unless the new set has it too.
 */
export function readInstalledFiles(paths: InstallPaths, extension = ''): string[] {
  const wants = swappedPath(paths, WANTS_DIRECTORY) + extension
  const files = readEntries(wants).flatMap(entry =>
    entry.isDirectory() ? readEntries(join(wants, entry.name)).map(file => `${entry.name}/${file.name}`) : [entry.name],
  )
  // Only beside units of that generation: dcos-setup.service and its like have drop-ins that are the installer's.
  const hardened = readWantedUnits(paths, extension)
    .map(unit => `${unit}.d/${HARDENING_FILE}`)
    .filter(path => statSync(join(paths.systemdDirectory, path), { throwIfNoEntry: false }) !== undefined)
  return [...new Set([...files, ...hardened])].sort(compareIds)
}

/** The file's text as it is installed; undefined when it is not, or only as the original's link into a package. */
export function readInstalledText(paths: InstallPaths, path: string): string | undefined {
  return unlessAbsent(() => readFileSync(join(paths.systemdDirectory, path), 'utf8'), undefined)
}

/** Staged files get their final names, files of the old set go. May be repeated from any point. */
export function placeUnits(disk: Disk, paths: InstallPaths, journal: Journal): void {
  const { install, remove } =
    journal.install && journal.remove
      ? { install: journal.install, remove: journal.remove }
      : stageOriginal(disk, paths)
  for (const path of remove) {
    const final = join(paths.systemdDirectory, path)
    // The original linked drop-in directories: the link goes, never what lies behind it.
    const link = path.includes('/') && isLink(dirname(final))
    disk.remove(link ? dirname(final) : final)
    if (path.includes('/') && !link) disk.removeEmpty(dirname(final))
  }
  for (const path of install) {
    const staged = stagedUnitPath(paths, path)
    if (lstatSync(staged, { throwIfNoEntry: false }) === undefined) {
      // In place already; the end may have come between the drop-in's rename and its staged directory's removal.
      if (path.includes('/')) disk.removeEmpty(dirname(staged))
      continue
    }
    const final = join(paths.systemdDirectory, path)
    if (path.includes('/')) placeDropIn(disk, staged, final)
    else {
      // Over a directory nothing can be renamed; nobody has one under a unit's name on purpose.
      if (lstatSync(final, { throwIfNoEntry: false })?.isDirectory()) disk.remove(final)
      disk.rename(staged, final)
    }
  }
}

function placeDropIn(disk: Disk, staged: string, final: string): void {
  const directory = dirname(final)
  // The original linked drop-in directories into packages: writing through such a link would change a package.
  if (isLink(directory)) disk.remove(directory)
  if (lstatSync(directory, { throwIfNoEntry: false }) === undefined) {
    // The staged directory as a whole: nothing is made any more now, a full disk cannot stop a swap half way.
    disk.rename(dirname(staged), directory)
    return
  }
  disk.rename(staged, final)
  disk.syncDirectory(directory)
  disk.removeEmpty(dirname(staged))
}

/**
 * COMPAT (a swap begun by the original): its journal does not list files, and its wants links lead into packages. Copies
 * them now, after the names were exchanged.
 */
function stageOriginal(disk: Disk, paths: InstallPaths): { install: string[]; remove: string[] } {
  const wants = swappedPath(paths, WANTS_DIRECTORY)
  const install = readWantedUnits(paths)
  for (const unit of install) {
    const staged = stagedUnitPath(paths, unit)
    disk.remove(staged)
    disk.writeFile(staged, readFileSync(realpathSync(join(wants, unit))))
  }
  const remove = readWantedUnits(paths, OLD).filter(unit => !install.includes(unit))
  return { install, remove }
}

function isLink(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ?? false
}

function readEntries(directory: string) {
  const entries = unlessAbsent(() => readdirSync(directory, { withFileTypes: true }), [])
  return entries.sort((left, right) => compareIds(left.name, right.name))
}
