/**
 * The text of `index.json` (pkgpanda 3.1, 7): digest and size of every file of a package store. One grammar for those who write
 * it (the builder, genconf) and those who read it (nodes), whose faults differ. Pure.
 */
import type { Fault } from '../../src/shared/errors/fault.ts'

export interface IndexEntry {
  readonly sha256: string
  readonly sizeBytes: number
}

/** Path in the store (`packages/dcos-log/dcos-log--<v>.tar.xz`) → what stands there. */
export type Index = ReadonlyMap<string, IndexEntry>

const VERSION = 1

/** `{"version":1,"files":{"<path>":{"sha256":"<hex>","sizeBytes":123}}}`, one line a file, sorted by path. */
export function formatIndex(index: Index): string {
  const entries = [...index].sort(([left], [right]) => (left < right ? -1 : 1))
  const lines = entries.map(
    ([path, { sha256, sizeBytes }]) => `${JSON.stringify(path)}:${JSON.stringify({ sha256, sizeBytes })}`,
  )
  return `{"version":${VERSION},"files":{\n${lines.join(',\n')}\n}}\n`
}

/** Throws what `malformed` makes of the reason. Other keys are let be: a later version may add some. */
export function parseIndex(text: string, malformed: (why: string) => Fault): Index {
  let json: { version?: unknown; files?: unknown } | null
  try {
    json = JSON.parse(text)
  } catch (error) {
    throw malformed((error as Error).message)
  }
  if (typeof json !== 'object' || json === null) throw malformed('not an object')
  if (json.version !== VERSION) throw malformed(`version ${JSON.stringify(json.version)}, ${VERSION} expected`)
  if (typeof json.files !== 'object' || json.files === null || Array.isArray(json.files))
    throw malformed('it has no files')
  const index = new Map<string, IndexEntry>()
  for (const [path, entry] of Object.entries(json.files)) {
    const { sha256, sizeBytes } = (entry ?? {}) as Partial<IndexEntry>
    if (typeof sha256 !== 'string' || !/^[0-9a-f]{64}$/.test(sha256)) throw malformed(`${path} has no sha256`)
    if (!Number.isSafeInteger(sizeBytes) || (sizeBytes as number) < 0) throw malformed(`${path} has no sizeBytes`)
    index.set(path, { sha256, sizeBytes: sizeBytes as number })
  }
  return index
}
