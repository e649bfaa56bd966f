/**
 * `index.json` at the root of a package repository: digest and size of every file that the repository serves. Nodes refuse
 * what is not in it or differs. Written by `npm run build` and by genconf, read by pkgpanda.
 */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { writeFileAtomic } from '../../src/shared/fs/atomic-write.ts'
import { formatIndex, type Index, parseIndex } from '../store/index-format.ts'
import { INDEX_FILE } from '../store/store-layout.ts'
import { faults } from './errors.ts'
import { type IndexSigning, signNextIndex, UNSIGNED } from './index-signing.ts'

/** The index of a repository on disk; empty when there is none yet. Rejects with BUILD_INDEX_MALFORMED. */
export async function loadIndex(repository: string): Promise<Index> {
  const file = join(repository, INDEX_FILE)
  try {
    return parseIndex(await readFile(file, 'utf8'), why => faults.INDEX_MALFORMED(file, why))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return new Map()
    throw error
  }
}

/** Replaces the index atomically: a node that reads meanwhile sees the old one or the new one, each with its signature. */
export async function writeIndex(repository: string, index: Index, signing: IndexSigning = UNSIGNED): Promise<void> {
  const text = formatIndex(index)
  await signNextIndex(repository, text, signing)
  await writeFileAtomic(join(repository, INDEX_FILE), text, { mode: 0o644 })
}
