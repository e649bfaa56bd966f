/** STATE/<package name> for packages that ask for it, owned by the package's user (pkgpanda 1.8). */
import { lchownSync, lstatSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Makes the directory and gives it and what lies below to `uid`, the group left as it is. Links are not followed, and
 * only owners that differ are changed: 1.9 chowned everything at every activation, through links.
 */
export function ensureStateDirectory(directory: string, uid: number | undefined): void {
  mkdirSync(directory, { recursive: true, mode: 0o755 })
  if (uid !== undefined) own(directory, uid)
}

function own(path: string, uid: number): void {
  const stat = lstatSync(path)
  if (stat.uid !== uid) lchownSync(path, uid, stat.gid)
  if (!stat.isDirectory()) return
  for (const name of readdirSync(path)) own(join(path, name), uid)
}
