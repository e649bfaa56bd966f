/** The project's own files, as paths from its root: what the house tests look at. Nothing installed, built or cached is among them. */
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export const ROOT = join(import.meta.dirname, '../..')

const NOT_OURS = ['node_modules', 'build', '.git', '.tap', 'coverage']

/** Matches of `patterns`, sorted. Folders are not among them. */
export function projectFiles(...patterns: readonly string[]): string[] {
  const found = globSync([...patterns], { cwd: ROOT, withFileTypes: true, exclude: entry => isNotOurs(entry) })
  return found
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name).slice(ROOT.length + 1))
    .sort()
}

/** `build` is ours as a file (packages/<name>/build) and below pkgpanda/. */
function isNotOurs(entry: { name: string; parentPath: string }): boolean {
  if (!NOT_OURS.includes(entry.name)) return false
  return entry.name === 'build' ? entry.parentPath === ROOT : true
}

export function readProjectFile(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8')
}
