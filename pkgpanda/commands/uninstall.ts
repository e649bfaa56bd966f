/**
 * `pkgpanda uninstall`: everything stopped, both generations and the install root deleted (pkgpanda 2.6). Works on any
 * partial state and may be repeated. Flags, state directories, users and the installer's own units stay, unless --purge
 * and --purge-state are given; users always do.
 */
import { existsSync, lstatSync, readdirSync, rmdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { RunCommand } from '../command.ts'
import { contains, isSystemDirectory } from '../disk/system-directories.ts'
import { faults } from '../errors.ts'
import { listPackages, removePackages } from '../repository/repository.ts'
import {
  DCOS_TARGET,
  type InstallPaths,
  NEW,
  OLD,
  OLDER,
  STAGED_UNIT,
  SWAPPED_NAMES,
  swappedPath,
} from '../swap/install-paths.ts'
import { RESERVED_UNITS, readInstalledFiles, readWantedUnits } from '../units/unit-links.ts'

const GENERATIONS = ['', NEW, OLD, OLDER]

export const run: RunCommand = async ({ paths, out, options, random, surroundings: { systemctl, disk } }) => {
  if (options.purgeState && !options.purge) throw faults.USAGE('--purge-state is only allowed together with --purge')
  const purged = options.purge ? purgedPaths(paths, options.purgeState ?? false) : []
  requireOwn(paths, purged)
  const names = SWAPPED_NAMES.flatMap(name => GENERATIONS.map(extension => swappedPath(paths, name) + extension))
  // Both generations: an interrupted swap may have units of either running.
  const units = new Set(GENERATIONS.flatMap(extension => readWantedUnits(paths, extension)))
  const files = new Set(GENERATIONS.flatMap(extension => readInstalledFiles(paths, extension)))

  out('Uninstalling DC/OS\n')
  out(`Removing ${DCOS_TARGET}\n`)
  const target = join(paths.systemdDirectory, DCOS_TARGET)
  // DEPARTURE (pkgpanda 2.6): 1.9 left the enablement link behind, which systemd then complained about at each boot.
  if (existsSync(target)) await systemctl?.disableTarget()
  rmSync(target, { force: true })

  out('Stopping all services and removing their units\n')
  await systemctl?.stop([...[...units].filter(unit => !RESERVED_UNITS.includes(unit)), DCOS_TARGET])
  for (const file of files) {
    rmSync(join(paths.systemdDirectory, file), { recursive: true, force: true })
    if (file.includes('/')) removeWhenEmpty(join(paths.systemdDirectory, file, '..'))
  }
  for (const name of listNames(paths.systemdDirectory)) {
    // Drop-ins wait in directories.
    if (name.endsWith(STAGED_UNIT)) rmSync(join(paths.systemdDirectory, name), { recursive: true, force: true })
  }

  out('Removing the active and the previous generation\n')
  for (const path of names) rmSync(path, { recursive: true, force: true })
  await systemctl?.reload()

  out(`Deleting ${paths.root}\n`)
  if (paths.repository.startsWith(`${paths.root}/`)) {
    // The next installation takes a package that it finds for a whole one.
    const ids = listPackages(paths.repository)
    if (ids.length > 0) removePackages(disk, paths.repository, ids, random)
  }
  deleteRoot(paths.root)

  for (const path of purged) {
    if (lstatSync(path, { throwIfNoEntry: false }) === undefined) continue
    out(`Deleting ${path}\n`)
    rmSync(path, { recursive: true, force: true })
  }
  // Units of the installer are gone as well.
  if (purged.length > 0) await systemctl?.reload()
  return { root: paths.root, purged }
}

/** What 1.9 left behind for `rm -rf` by hand (pkgpanda 2.6). Of the machine itself only when units are not below the root. */
function purgedPaths(
  { configDirectory, stateRoot, rootedSystemd, systemdDirectory }: InstallPaths,
  state: boolean,
): string[] {
  const installer = ['dcos-setup.service', 'dcos-download.service', 'dcos-link-env.service'].flatMap(unit => [
    join(systemdDirectory, unit),
    join(systemdDirectory, 'multi-user.target.wants', unit),
  ])
  const machine = rootedSystemd
    ? []
    : [...installer, '/etc/profile.d/dcos.sh', '/etc/rexray', '/etc/systemd/journald.conf.d/dcos.conf']
  return [configDirectory, ...machine, ...(state ? [stateRoot] : [])]
}

/** Before anything is deleted: a slip such as `--config-dir=/etc` would cost the machine. Throws PKGPANDA_ROOT_REFUSED. */
function requireOwn(
  { configDirectory, stateRoot, repository, root, systemdDirectory }: InstallPaths,
  purged: string[],
) {
  for (const path of [configDirectory, stateRoot].filter(each => purged.includes(each))) {
    // What is asked to stay may lie in what is asked to go.
    const kept = [repository, stateRoot, root, systemdDirectory].filter(each => !purged.includes(each))
    if (isSystemDirectory(path) || kept.some(each => contains(path, each))) throw faults.ROOT_REFUSED(path)
  }
}

/** The contents first: a root that is a mount point or a link cannot be removed itself, which is no failure. */
function deleteRoot(root: string): void {
  for (const name of listNames(root)) rmSync(join(root, name), { recursive: true, force: true })
  try {
    rmdirSync(root)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    // ENOTDIR: a link to a larger disk, which is the operator's.
    if (!['EBUSY', 'ENOENT', 'ENOTDIR'].includes(code ?? '')) throw error
  }
}

function removeWhenEmpty(directory: string): void {
  try {
    rmdirSync(directory)
  } catch {
    // An operator's drop-in stays.
  }
}

function listNames(directory: string): string[] {
  return existsSync(directory) ? readdirSync(directory) : []
}
