/**
 * `index.json` at the root of a package repository: digest and size of every file that the repository serves. Nodes refuse
 * what is not in it or differs. Written by `npm run build` and by genconf, read by pkgpanda.
 */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Type } from 'typebox'
import { problemsOf } from '../../src/shared/config/decode.ts'
import { writeFileAtomic } from '../../src/shared/fs/atomic-write.ts'
import { INDEX_FILE } from '../store-layout.ts'
import { faults } from './errors.ts'
import { type IndexSigning, signNextIndex, UNSIGNED } from './index-signing.ts'

export interface IndexEntry {
  readonly sha256: string
  readonly sizeBytes: number
}

/** Path relative to the repository (`packages/dcos-log/dcos-log--<v>.tar.xz`) → what stands there. */
export type Index = ReadonlyMap<string, IndexEntry>

const schema = Type.Object({
  version: Type.Literal(1),
  files: Type.Record(
    Type.String(),
    Type.Object({ sha256: Type.String({ pattern: '^[0-9a-f]{64}$' }), sizeBytes: Type.Integer({ minimum: 0 }) }),
  ),
})

/** `{"version":1,"files":{"<path>":{"sha256":"<hex>","sizeBytes":123}}}`, one line a file, sorted by path. */
export function formatIndex(index: Index): string {
  const paths = [...index.keys()].sort()
  const lines = paths.map(path => {
    const { sha256, sizeBytes } = index.get(path) as IndexEntry
    return `${JSON.stringify(path)}:${JSON.stringify({ sha256, sizeBytes })}`
  })
  return `{"version":1,"files":{\n${lines.join(',\n')}\n}}\n`
}

/** Throws BUILD_INDEX_MALFORMED; `file` only names the culprit. Other keys are let be: a later version may add some. */
export function parseIndex(text: string, file: string): Index {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (error) {
    throw faults.INDEX_MALFORMED(file, (error as Error).message)
  }
  const problems = problemsOf(schema, json)
  if (problems.length > 0) throw faults.INDEX_MALFORMED(file, problems.join('; '))
  return new Map(Object.entries((json as { files: Record<string, IndexEntry> }).files))
}

/** The index of a repository on disk; empty when there is none yet. Rejects with BUILD_INDEX_MALFORMED. */
export async function loadIndex(repository: string): Promise<Index> {
  const file = join(repository, INDEX_FILE)
  try {
    return parseIndex(await readFile(file, 'utf8'), file)
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
