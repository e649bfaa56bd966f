/** Roles of a node and the directories that they add to a package's well-known ones (pkgpanda 1.5). */

/** Merged into the install root, in this order; the last is systemd's and may lie elsewhere. */
export const WELL_KNOWN_DIRECTORIES = ['bin', 'etc', 'include', 'lib', 'dcos.target.wants'] as const
export type WellKnownDirectory = (typeof WELL_KNOWN_DIRECTORIES)[number]

export const WANTS_DIRECTORY = 'dcos.target.wants'

/** One directory of a package that is merged: `{base: 'bin', directory: 'bin_master', role: 'master'}`. */
export interface MergedDirectory {
  readonly base: WellKnownDirectory
  readonly directory: string
  readonly role?: string
}

/** Every directory of a package that a node with these roles merges: the plain ones first, then per role. */
export function mergedDirectories(roles: readonly string[]): MergedDirectory[] {
  const plain = WELL_KNOWN_DIRECTORIES.map(base => ({ base, directory: base as string }))
  const byRole = roles.flatMap(role =>
    WELL_KNOWN_DIRECTORIES.map(base => ({ base, directory: `${base}_${role}`, role })),
  )
  return [...plain, ...byRole]
}
