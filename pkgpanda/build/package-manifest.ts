/** The manifest of a package in the bootstrap tarball, as pkgpanda would have written it while unpacking (pkgpanda 7). */
import { createHash } from 'node:crypto'
import type { Manifest, ManifestEntry } from '../package/manifest.ts'
import { sha256Of } from './sources/source-files.ts'
import type { TarEntry } from './tar-entries.ts'
import { modeOf } from './tarball.ts'

/** With the modes that the tarball gives them, whatever those of the files at hand are. */
export async function manifestOf(entries: readonly TarEntry[]): Promise<Manifest> {
  const manifest = new Map<string, ManifestEntry>()
  for (const entry of entries) manifest.set(entry.path, await manifestEntry(entry))
  return manifest
}

async function manifestEntry(entry: TarEntry): Promise<ManifestEntry> {
  if (entry.type === 'link') return { type: 'link', target: entry.target }
  if (entry.type === 'directory') return { type: 'directory', mode: modeOf(entry) }
  const { content, sizeBytes } = entry
  const sha256 =
    typeof content === 'string' ? await sha256Of(content) : createHash('sha256').update(content).digest('hex')
  return { type: 'file', mode: modeOf(entry), sizeBytes, sha256 }
}
