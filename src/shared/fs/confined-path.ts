/** A path from outside (URL, tarball, JSON) that cannot leave its root, by `..`, an absolute path, a NUL or a symbolic link. */
import { realpath } from 'node:fs/promises'
import { isAbsolute, join, normalize, sep } from 'node:path'
import { defineFaults } from '../errors/fault.ts'

export const faults = defineFaults('PATH', {
  OUTSIDE_ROOT: {
    status: 403,
    message: (path: string) => `path '${path}' leads out of its directory`,
    remedy: 'Name a file below the directory that is served, without ".." and absolute links.',
  },
})

/** Joins by text alone: for paths that need not exist. Throws PATH_OUTSIDE_ROOT. */
export function confinedPath(root: string, path: string): string {
  if (path.includes('\0') || isAbsolute(path)) throw faults.OUTSIDE_ROOT(path)
  const normal = normalize(path)
  if (normal === '..' || normal.startsWith(`..${sep}`)) throw faults.OUTSIDE_ROOT(path)
  return join(root, normal)
}

/** The same for a path that exists, with every symbolic link followed. Rejects with PATH_OUTSIDE_ROOT or ENOENT. */
export async function confinedRealPath(root: string, path: string): Promise<string> {
  const real = await realpath(confinedPath(root, path))
  const realRoot = await realpath(root)
  if (real !== realRoot && !real.startsWith(realRoot.endsWith(sep) ? realRoot : realRoot + sep)) {
    throw faults.OUTSIDE_ROOT(path)
  }
  return real
}
