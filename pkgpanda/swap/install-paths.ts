/** Where everything of an installation lies, and the nine names that a swap exchanges (pkgpanda 1.3). Pure. */
import { join } from 'node:path'
import { WANTS_DIRECTORY } from '../package/roles.ts'

export interface InstallPaths {
  /** `/opt/mesosphere`. */
  readonly root: string
  /** `/opt/mesosphere/packages`. */
  readonly repository: string
  /** `/etc/mesosphere`: roles and setup flags. */
  readonly configDirectory: string
  /** `/var/lib/dcos`. */
  readonly stateRoot: string
  /** `/etc/systemd/system`, or the install root with --rooted-systemd. */
  readonly systemdDirectory: string
  /** Unit files and generated files stay below the root. */
  readonly rootedSystemd: boolean
}

/** Exchanged in this order. The wants directory lies in the systemd directory, maybe on another file system. */
export const SWAPPED_NAMES = [
  'bin',
  'etc',
  'include',
  'lib',
  WANTS_DIRECTORY,
  'environment',
  'environment.export',
  'active',
  'active.buildinfo.full.json',
] as const
export type SwappedName = (typeof SWAPPED_NAMES)[number]

/** Of the next generation while it is staged. */
export const NEW = '.new'
/** Of the generation before the active one, for the operator. */
export const OLD = '.old'
/** Of the generation before that, kept until the swap is committed. */
export const OLDER = '.older'
/** A staged unit beside its final name; systemd looks at neither `.new` nor unknown suffixes. */
export const STAGED_UNIT = '.unit.new'

export const DCOS_TARGET = 'dcos.target'

/** Absolute path of one of the nine names. */
export function swappedPath(paths: InstallPaths, name: SwappedName): string {
  return join(name === WANTS_DIRECTORY ? paths.systemdDirectory : paths.root, name)
}

/** The two directories in which renames happen; their fsync makes a swap durable. */
export function swapDirectories(paths: InstallPaths): string[] {
  return [...new Set([paths.root, paths.systemdDirectory])]
}

export function journalPath(paths: InstallPaths): string {
  return join(paths.root, 'install_progress')
}

/** A script that finishes an interrupted swap although bin/ is away; see docs/decisions/0003-package-swap.md. */
export function recoveryScriptPath(paths: InstallPaths): string {
  return join(paths.root, 'install_recover')
}
