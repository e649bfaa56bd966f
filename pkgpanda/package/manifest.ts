/**
 * `<repository>/.manifests/<id>.json`: what a package held when it was unpacked, for `pkgpanda verify` (pkgpanda 7). Beside the
 * packages and not in them: a package stays byte for byte what its tarball has (fact 9).
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { syncDirectory, writeFileAtomic } from '../../src/shared/fs/atomic-write.ts'
import { unlessAbsent } from '../disk/unless-absent.ts'
import { faults } from '../errors.ts'
import { compareIds, isPackageId } from './package-id.ts'

export type ManifestEntry =
  | { readonly type: 'directory'; readonly mode: number }
  | { readonly type: 'file'; readonly mode: number; readonly sizeBytes: number; readonly sha256: string }
  | { readonly type: 'link'; readonly target: string }

/** Path in the package, without `./` and without the package's own directory → what stands there. */
export type Manifest = ReadonlyMap<string, ManifestEntry>

/** The leading dot can never begin an id. */
export const MANIFESTS_DIRECTORY = '.manifests'
const VERSION = 1
/** 200,000 entries, the most of a package, with long names. */
const MANIFEST_MAX_BYTES = 128 * 1024 * 1024

export function manifestPath(repository: string, id: string): string {
  return join(repository, MANIFESTS_DIRECTORY, `${id}.json`)
}

/** One line an entry, sorted; modes are octal strings. The same contents give the same bytes. */
export function formatManifest(id: string, manifest: Manifest): string {
  const lines = [...manifest]
    .sort(([left], [right]) => compareIds(left, right))
    .map(
      ([path, entry]) =>
        `${JSON.stringify(path)}:${JSON.stringify('mode' in entry ? { ...entry, mode: octal(entry.mode) } : entry)}`,
    )
  return `{"version":${VERSION},"id":${JSON.stringify(id)},"entries":{\n${lines.join(',\n')}\n}}\n`
}

/** Throws PKGPANDA_MANIFEST_MALFORMED; `path` only names the culprit. */
export function parseManifest(text: string, id: string, path: string): Manifest {
  const malformed = (why: string) => faults.MANIFEST_MALFORMED(path, why)
  let json: { version?: unknown; id?: unknown; entries?: unknown } | null
  try {
    json = JSON.parse(text)
  } catch (error) {
    throw malformed((error as Error).message)
  }
  if (json?.version !== VERSION) throw malformed(`version ${JSON.stringify(json?.version)}, ${VERSION} expected`)
  if (json.id !== id) throw malformed(`it is that of ${JSON.stringify(json.id)}`)
  if (typeof json.entries !== 'object' || json.entries === null) throw malformed('it has no entries')
  return new Map(
    Object.entries(json.entries).map(([name, value]) => {
      const entry = decodeEntry(value)
      if (entry === undefined) throw malformed(`entry ${JSON.stringify(name)} is not understood`)
      return [name, entry]
    }),
  )
}

/** Undefined when there is none: a package of 1.9, or one that was copied by hand. Throws PKGPANDA_MANIFEST_MALFORMED. */
export function loadManifest(repository: string, id: string): Manifest | undefined {
  const path = manifestPath(repository, id)
  try {
    const { size } = statSync(path)
    if (size > MANIFEST_MAX_BYTES) throw faults.MANIFEST_MALFORMED(path, `it has ${size} bytes`)
    return parseManifest(readFileSync(path, 'utf8'), id, path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** On disk, whole, when it resolves. Rejects with the system's error. */
export async function writeManifest(repository: string, id: string, manifest: Manifest): Promise<void> {
  if (mkdirSync(join(repository, MANIFESTS_DIRECTORY), { recursive: true }) !== undefined)
    await syncDirectory(repository)
  await writeFileAtomic(manifestPath(repository, id), formatManifest(id, manifest), { mode: 0o644 })
}

/** Removes those of packages that are not there: written just before a process was killed, or left by hand. */
export function sweepManifests(repository: string, isThere: (id: string) => boolean): void {
  for (const name of unlessAbsent(() => readdirSync(join(repository, MANIFESTS_DIRECTORY)), [])) {
    const id = name.slice(0, -'.json'.length)
    // A dot begins what writeManifest was killed over.
    if (!isPackageId(id) || !isThere(id)) rmSync(join(repository, MANIFESTS_DIRECTORY, name), { force: true })
  }
}

export function removeManifest(repository: string, id: string): void {
  rmSync(manifestPath(repository, id), { force: true })
}

function octal(mode: number): string {
  return mode.toString(8).padStart(4, '0')
}

function decodeEntry(value: unknown): ManifestEntry | undefined {
  const { type, mode: text, sizeBytes, sha256, target } = (value ?? {}) as Record<string, unknown>
  if (type === 'link') return typeof target === 'string' ? { type, target } : undefined
  const mode = typeof text === 'string' && /^[0-7]{4}$/.test(text) ? Number.parseInt(text, 8) : undefined
  if (mode === undefined) return undefined
  if (type === 'directory') return { type, mode }
  const valid = type === 'file' && Number.isSafeInteger(sizeBytes) && typeof sha256 === 'string'
  return valid ? { type, mode, sizeBytes: sizeBytes as number, sha256 } : undefined
}
