/**
 * What the node was bootstrapped with, written at its first setup: the package manager and its runtime of that time, which garbage
 * collection keeps, so that a node can always be set up again without its store (pkgpanda 7).
 */
import { mkdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type Disk, replaceFile } from '../disk/disk.ts'
import { formatJson } from '../disk/json-form.ts'
import { isPackageId } from '../package/package-id.ts'
import { readActiveDirectory } from '../repository/repository.ts'
import { type InstallPaths, swappedPath } from '../swap/install-paths.ts'

function bootstrapSetPath(paths: InstallPaths): string {
  return join(paths.stateRoot, 'pkgpanda', 'bootstrap-packages.json')
}

/** To be called while the bootstrap tarball's set is still the active one. Throws the system's errors. */
export function recordBootstrapSet(disk: Disk, paths: InstallPaths): void {
  const ids = readActiveDirectory(swappedPath(paths, 'active'))
  if (ids.length === 0) return
  mkdirSync(dirname(bootstrapSetPath(paths)), { recursive: true })
  replaceFile(disk, bootstrapSetPath(paths), formatJson(ids))
}

/** None on a node that was set up before this was recorded, or whose record is damaged. */
export function readBootstrapSet(paths: InstallPaths): string[] {
  try {
    const json: unknown = JSON.parse(readFileSync(bootstrapSetPath(paths), 'utf8'))
    return Array.isArray(json) ? json.filter(id => typeof id === 'string' && isPackageId(id)) : []
  } catch {
    return []
  }
}
