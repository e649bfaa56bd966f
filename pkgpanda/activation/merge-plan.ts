/**
 * The merged view of an active set: packages and roles → directories to make and links to set, or the conflict
 * (pkgpanda 1.5). Pure, so that every conflict is found before anything on the node has changed.
 */
import { faults } from '../errors.ts'
import { compareIds } from '../package/package-id.ts'
import { mergedDirectories, WELL_KNOWN_DIRECTORIES } from '../package/roles.ts'

/** One entry of a package below a merged directory. A symbolic link is not a directory, also when it leads to one. */
export interface PackageEntry {
  /** Relative to the package, `bin/mesos`. */
  readonly path: string
  readonly directory: boolean
}

/** What planMerge needs of a package; package-tree.ts reads it from disk. */
export interface MergeSource {
  readonly id: string
  readonly entries: readonly PackageEntry[]
}

export interface PlannedLink {
  /** Where, relative to the install root: `bin/mesos`, `dcos.target.wants/dcos-log-master.service`. */
  readonly path: string
  readonly packageId: string
  /** What, relative to the package: `bin_master/mesos`. */
  readonly source: string
}

export interface MergePlan {
  /** Parents before children; the five well-known ones always. */
  readonly directories: readonly string[]
  /** Sorted by path. */
  readonly links: readonly PlannedLink[]
}

interface Owner {
  readonly packageId: string
  readonly directory: string
  readonly role?: string
}

/**
 * Directories are merged; a file or link becomes a link to the package's entry. Throws PKGPANDA_FILE_CONFLICT, which
 * names the path and both sides, when a file meets anything at all: 1.9 reported only the system's "File exists", or
 * wrote its links into the other package's own tree.
 */
export function planMerge(packages: readonly MergeSource[], roles: readonly string[]): MergePlan {
  const directories = new Map<string, Owner | undefined>(WELL_KNOWN_DIRECTORIES.map(name => [name, undefined]))
  const links = new Map<string, PlannedLink & Owner>()

  for (const { id, entries } of packages.toSorted((left, right) => compareIds(left.id, right.id))) {
    const byTop = Map.groupBy(entries, entry => entry.path.split('/', 1)[0] ?? '')
    for (const { base, directory, role } of mergedDirectories(roles)) {
      const owner: Owner = { packageId: id, directory, ...(role === undefined ? {} : { role }) }
      for (const entry of byTop.get(directory) ?? []) {
        if (entry.path === directory) continue
        const path = `${base}${entry.path.slice(directory.length)}`
        const link = links.get(path)
        if (entry.directory) {
          if (link) throw faults.FILE_CONFLICT(path, describe(link), describe(owner))
          if (!directories.has(path)) directories.set(path, owner)
        } else {
          if (link) throw faults.FILE_CONFLICT(path, describe(link), describe(owner))
          const other = directories.get(path)
          if (other) throw faults.FILE_CONFLICT(path, describe(other), describe(owner))
          links.set(path, { path, source: entry.path, ...owner })
        }
      }
    }
  }
  return {
    directories: [...directories.keys()].sort(compareIds),
    links: [...links.values()]
      .map(({ path, packageId, source }) => ({ path, packageId, source }))
      .sort((left, right) => compareIds(left.path, right.path)),
  }
}

function describe({ packageId, directory, role }: Owner): string {
  return role === undefined ? `${packageId} (${directory})` : `${packageId} (${directory}, role ${role})`
}
