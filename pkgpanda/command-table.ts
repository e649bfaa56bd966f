/** Every command of pkgpanda (pkgpanda 2.1): the one table behind the command line, its help, the manual page and the shells' completions. */
import type { RunCommand } from './command.ts'

/**
 * `read`: only looks. `lock`: changes the node, so it takes the lock and first finishes what was interrupted.
 * `lock-only`: the same without that.
 */
export type Access = 'read' | 'lock' | 'lock-only'

export interface CommandDefinition {
  readonly name: string
  /** commander's form: `<id...>` one or more, `[id...]` any number. */
  readonly words: string
  /** What a word is, for completion: ids of the repository, active ids, ids that are not active, a tarball. */
  readonly complete?: 'package' | 'active' | 'inactive' | 'tarball'
  readonly summary: string
  /** Paragraphs for `--help` and the manual page: what happens, what is promised, what is refused. */
  readonly about: readonly string[]
  /** Command lines that can be typed as they stand. */
  readonly examples?: readonly string[]
  readonly access: Access
  /** Not in 1.9. */
  readonly added?: true
  /** Loaded when asked for, so that `pkgpanda list` does not wait for an unpacker. */
  readonly load: () => Promise<{ run: RunCommand }>
}

export const COMMANDS: readonly CommandDefinition[] = [
  {
    name: 'setup',
    words: '',
    access: 'lock',
    summary: 'bring the node up at boot: finish what was interrupted, install what is flagged',
    about: [
      'Run by dcos-setup.service at every boot. Finishes a change of packages that was interrupted, by a kill or a power cut, and goes back to the old set when a change with --check-timeout had not been found good.',
      'On the first boot, told by the marker file bootstrap in the install root, it fetches the packages that the setup flags name, renders late configuration, and makes all of them active. Otherwise it does nothing.',
    ],
    load: () => import('./commands/setup.ts'),
  },
  {
    name: 'fetch',
    words: '<id...>',
    access: 'lock',
    summary: 'get packages from a store into the repository',
    about: [
      'Downloads packages in the order given, up to the first failure, holds each against the digest in the index of the store, and unpacks it. Nothing that differs from the index is unpacked; nothing half is left behind.',
    ],
    examples: ['pkgpanda fetch --repository-url=http://bootstrap.example.com:8080 dcos-log--5678'],
    load: () => import('./commands/fetch.ts'),
  },
  {
    name: 'add',
    words: '<tarball>',
    complete: 'tarball',
    access: 'lock',
    summary: 'unpack a tarball into the repository',
    about: ['The file is named like its package, ID.tar.xz. A package that is there already is left as it is.'],
    examples: ['pkgpanda add /tmp/dcos-log--5678.tar.xz'],
    load: () => import('./commands/add.ts'),
  },
  {
    name: 'list',
    words: '',
    access: 'read',
    summary: 'list the packages of the repository',
    about: ['Grouped by name: one version on a line of its own, several indented below their name.'],
    load: () => import('./commands/list.ts'),
  },
  {
    name: 'active',
    words: '',
    access: 'read',
    summary: 'list the active packages',
    about: ['One id a line, sorted. Fails on a node that has no active set.'],
    load: () => import('./commands/active.ts'),
  },
  {
    name: 'activate',
    words: '<id...>',
    complete: 'package',
    access: 'lock',
    summary: 'make exactly these packages active',
    about: [
      'A transaction: everything new is written beside the old and brought to disk, then nine names are exchanged under a journal. Whatever ends it, the node has the old set or the new one. No service stops before all is staged, and then only those whose package, requirements, unit or environment changed.',
      'With --check-timeout the new set is on trial: unless all its units run and all checks of its packages pass within that time, the old set is made active again and the exit status is 1. A node that goes down during the trial comes back with the old set.',
    ],
    examples: [
      'pkgpanda activate --dry-run $(cat wanted-packages)',
      'pkgpanda activate --check-timeout=2m $(cat wanted-packages)',
    ],
    load: () => import('./commands/activate.ts'),
  },
  {
    name: 'swap',
    words: '<id>',
    complete: 'package',
    access: 'lock',
    summary: 'replace the active version of one package',
    about: ['Like activate with the present set, in which the package of the same name is replaced by this one.'],
    examples: ['pkgpanda swap --check-timeout=2m dcos-log--5678'],
    load: () => import('./commands/swap.ts'),
  },
  {
    name: 'rollback',
    words: '',
    access: 'lock',
    added: true,
    summary: 'make the set active that was active before',
    about: [
      'Activates the packages of the generation kept under .old, by the same transaction; the present set becomes the previous one, so that rollback undoes itself. Refused when one of those packages has been removed from the repository.',
    ],
    load: () => import('./commands/rollback.ts'),
  },
  {
    name: 'show',
    words: '[id...]',
    complete: 'package',
    access: 'read',
    added: true,
    summary: 'show what packages say about themselves',
    about: ['Of all active packages when none is named: requirements, units on this node, variables, user, state.'],
    load: () => import('./commands/show.ts'),
  },
  {
    name: 'remove',
    words: '<id...>',
    complete: 'inactive',
    access: 'lock',
    summary: 'remove inactive packages from the repository',
    about: ['Stops at the first that is active; one that is not there counts as removed.'],
    load: () => import('./commands/remove.ts'),
  },
  {
    name: 'gc',
    words: '',
    access: 'lock',
    added: true,
    summary: 'remove packages that nothing needs any more',
    about: [
      'Keeps what is active, what was active before (rollback needs it), what the node was bootstrapped with, packages that a running process has its program or a file from, and the newest inactive versions of each package, as many as --keep says. Also clears what killed commands left in the repository.',
    ],
    examples: ['pkgpanda gc --dry-run', 'pkgpanda gc --keep 0'],
    load: () => import('./commands/gc.ts'),
  },
  {
    name: 'verify',
    words: '[id...]',
    complete: 'package',
    access: 'read',
    added: true,
    summary: 'compare packages with what was unpacked',
    about: [
      'Of all active packages when none is named: every file, link and directory is compared with the manifest that was written when the package was unpacked. Prints a line for each difference; the exit status is 1 when there is one. A package of 1.9, or one that was copied by hand, has no manifest and cannot be verified.',
    ],
    load: () => import('./commands/verify.ts'),
  },
  {
    name: 'check',
    words: '',
    access: 'read',
    summary: 'run the checks of the active packages',
    about: [
      'Every executable in check/ of an active package; it passes with exit status 0. All are run, also after a failure.',
    ],
    load: () => import('./commands/check.ts'),
  },
  {
    name: 'status',
    words: '',
    access: 'read',
    added: true,
    summary: 'show whether a change is under way, and how the last one went',
    about: [
      'Who holds the lock, whether a change was interrupted or is on trial, and the last activation with its result.',
    ],
    load: () => import('./commands/status.ts'),
  },
  // Also of a node whose journal is damaged: it deletes both generations anyway.
  {
    name: 'uninstall',
    words: '',
    access: 'lock-only',
    summary: 'stop everything and delete the install root',
    about: [
      'Works on any partial state and may be repeated. Flags, roles, state directories, users and the units of the installer stay; --purge deletes the first two and the last, --purge-state besides it also /var/lib/dcos.',
    ],
    load: () => import('./commands/uninstall.ts'),
  },
]

/** Undefined for a word that is no command. */
export function findCommand(name: string): CommandDefinition | undefined {
  return COMMANDS.find(command => command.name === name)
}
