/** A package on disk against its manifest: what was changed since it was unpacked (pkgpanda 7, `verify`). */
import { dirname, join } from 'node:path'
import type { Manifest, ManifestEntry } from './manifest.ts'
import { type FoundEntry, readTree } from './read-manifest.ts'

export interface Difference {
  readonly kind: 'missing' | 'extra' | 'changed'
  /** Relative to the package. */
  readonly path: string
  /** What is different, in words; empty unless changed. */
  readonly why: string
}

/** In the order of the tree, what is missing last. One entry in memory at a time, besides the manifest. */
export async function* verifyPackage(repository: string, id: string, manifest: Manifest): AsyncGenerator<Difference> {
  const missing = new Set(manifest.keys())
  for await (const [path, found] of readTree(join(repository, id))) {
    const expected = manifest.get(path)
    if (expected === undefined) {
      // One line for a strange directory, not one for each file in it.
      if (manifest.has(dirname(path)) || dirname(path) === '.') yield { kind: 'extra', path, why: '' }
      continue
    }
    missing.delete(path)
    const why = differenceOf(expected, found)
    if (why !== undefined) yield { kind: 'changed', path, why }
  }
  for (const path of missing) yield { kind: 'missing', path, why: '' }
}

/** Undefined when they are the same. Pure. */
export function differenceOf(expected: ManifestEntry, found: FoundEntry): string | undefined {
  if (found.type === 'unfit') return `${expected.type} expected, ${found.what} found`
  if (expected.type !== found.type) return `${expected.type} expected, ${found.type} found`
  if (expected.type === 'link' && found.type === 'link') {
    return expected.target === found.target ? undefined : `target ${expected.target} expected, ${found.target} found`
  }
  const differences: string[] = []
  if (expected.type === 'file' && found.type === 'file') {
    if (expected.sizeBytes !== found.sizeBytes)
      differences.push(`${expected.sizeBytes} bytes expected, ${found.sizeBytes} found`)
    else if (expected.sha256 !== found.sha256) differences.push('the contents differ')
  }
  if ('mode' in expected && 'mode' in found && expected.mode !== found.mode) {
    differences.push(`mode ${expected.mode.toString(8)} expected, ${found.mode.toString(8)} found`)
  }
  return differences.length > 0 ? differences.join(', ') : undefined
}
