/** What is said of pkgpanda as a whole, in `--help` and in the manual page alike (pkgpanda 1.3, 2.1). */

export const DESCRIPTION = 'The package manager of a node: unpacked packages, and the set of them that is active.'

/** How the program ends → what it means; exitStatus() in errors.ts chooses. 75 is EX_TEMPFAIL of sysexits.h. */
export const EXIT_STATUSES: readonly (readonly [status: number, meaning: string])[] = [
  [0, 'It was done, or there was nothing to do.'],
  [1, 'It failed, was refused or was asked for wrongly; the reason is on stderr.'],
  [75, 'Another pkgpanda is changing the same install root, which the message names: try again later.'],
]

/** What an operator types first: the state of a node, and one package in another version. */
export const EXAMPLES: readonly (readonly [line: string, what: string])[] = [
  ['pkgpanda status', 'is a change under way, how did the last one go'],
  ['pkgpanda check', 'do the checks of the active packages pass'],
  ['pkgpanda setup', 'finish a change that was interrupted'],
  ['pkgpanda swap --dry-run dcos-log--5678', 'what would another version change'],
  ['pkgpanda rollback', 'back to the set that was active before'],
]

/** Where packages come from: not a command of a node, so it stands in no list of them. */
export const BUILDING =
  'On a build machine `pkgpanda build` makes packages from their sources; it is mkpanda of the original, and takes its options.'

export const FILES: readonly (readonly [path: string, what: string])[] = [
  ['/opt/mesosphere/packages/ID/', 'Unpacked packages, the repository.'],
  ['/opt/mesosphere/active/NAME', 'Link to the active version of a package.'],
  ['/opt/mesosphere/{bin,etc,include,lib}', 'The active packages merged, as links.'],
  ['/opt/mesosphere/environment', 'Variables for units; environment.export is the same for shells.'],
  ['*.new, *.old', 'What is being staged; the generation before this one, which rollback makes active.'],
  ['/opt/mesosphere/install_progress', 'The journal of a change that is under way or was interrupted.'],
  ['/opt/mesosphere/install_recover', 'A script that finishes it when pkgpanda is not found.'],
  ['/etc/mesosphere/roles/ROLE', 'Roles of the node, one empty file each.'],
  ['/etc/mesosphere/setup-flags/', 'What the first boot installs.'],
  ['/var/lib/dcos/NAME/', 'State of packages; that of pkgpanda itself is in pkgpanda/.'],
]
