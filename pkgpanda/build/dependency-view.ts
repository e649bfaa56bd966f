/**
 * The packages that a build script may use, as they will be on a node (pkgpanda 3.4): unpacked once for a whole build, and merged
 * for each script as activation does, in what the script sees as /opt/mesosphere.
 */
import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { tarballPath } from '../store/store-layout.ts'
import { installRootEntries, unpackTarball } from './bootstrap-tarball.ts'

export interface Dependencies {
  /**
   * Fills the empty folder `view`. Resolves to id → folder of the unpacked package, to be mounted on `view`/packages/<id>.
   * Rejects with BUILD_ARTIFACT_DAMAGED and the rules of an active set (PKGPANDA_*).
   */
  open(ids: readonly string[], view: string): Promise<ReadonlyMap<string, string>>
}

/** Of the packages in `repository`, unpacked below `scratch`, which the caller removes. */
export function openDependencies(repository: string, scratch: string): Dependencies {
  const packages = join(scratch, 'packages')
  const unpacked = new Map<string, Promise<void>>()
  const unpack = async (id: string) => {
    await mkdir(join(packages, id), { recursive: true })
    await unpackTarball(join(repository, tarballPath(id)), join(packages, id))
  }
  return {
    async open(ids, view) {
      for (const id of ids) if (!unpacked.has(id)) unpacked.set(id, unpack(id))
      await Promise.all(ids.map(id => unpacked.get(id)))
      await mkdir(join(view, 'packages'), { recursive: true })
      for (const entry of await installRootEntries(ids, packages)) {
        const place = join(view, entry.path)
        // The marker is for nodes; of the packages only the mount points.
        if (entry.path === 'bootstrap' || (entry.path.split('/').length > 2 && entry.path.startsWith('packages/')))
          continue
        await mkdir(dirname(place), { recursive: true })
        if (entry.type === 'directory') await mkdir(place, { recursive: true })
        else if (entry.type === 'link') await symlink(entry.target, place)
        else await writeFile(place, entry.content)
      }
      return new Map(ids.map(id => [id, join(packages, id)]))
    },
  }
}
