/** packages/upstream.json (pkgpanda 3.4): a source whose packages/ are added to those of this tree. */
import { randomBytes } from 'node:crypto'
import { mkdir, readFile, rename, rm } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { parseSource } from './buildinfo.ts'
import { canonicalHash } from './canonical-hash.ts'
import { faults } from './errors.ts'
import { exists } from './exists.ts'
import { SOURCE_KINDS } from './sources/kinds.ts'
import type { SourceContext, SourceJson } from './sources/source-kind.ts'

const UPSTREAM_FILE = 'upstream.json'

export interface UpstreamSettings extends Pick<SourceContext, 'root' | 'cacheDirectory' | 'signal'> {
  readonly report: (line: string) => void
}

/**
 * The upstream's top folder, kept in the cache by what fixes its content; undefined when the tree has none. Rejects with
 * BUILD_UPSTREAM_INVALID, BUILD_BUILDINFO_INVALID and the faults of sources.
 */
export async function loadUpstream(settings: UpstreamSettings): Promise<string | undefined> {
  const { root, cacheDirectory, report } = settings
  const folder = join(root, 'packages')
  const file = join(folder, UPSTREAM_FILE)
  const shown = relative(root, file)
  const source = await loadSource(file, shown)
  if (!source) return undefined
  const context = { ...settings, folder, packageName: 'upstream', sourceName: 'upstream', warn: report }
  // parseSource() let only known kinds pass.
  const { id, place } = await SOURCE_KINDS.get(source.kind)!.resolve(source, context)
  const directory = join(cacheDirectory, 'upstream')
  const upstream = join(directory, canonicalHash({ id, source: JSON.stringify(source) }, 'sha256'))
  if (!(await exists(upstream))) {
    await mkdir(directory, { recursive: true })
    const temporary = `${upstream}.${randomBytes(6).toString('hex')}`
    try {
      await place(temporary)
      await rename(temporary, upstream).catch(async error => {
        // Another build may have been quicker.
        if (!(await exists(upstream))) throw error
      })
    } finally {
      await rm(temporary, { recursive: true, force: true })
    }
  }
  if (await exists(join(upstream, 'packages', UPSTREAM_FILE)))
    throw faults.UPSTREAM_INVALID(shown, 'the upstream has an upstream itself')
  if (!(await exists(join(upstream, 'packages')))) throw faults.UPSTREAM_INVALID(shown, 'the upstream has no packages/')
  return upstream
}

async function loadSource(file: string, shown: string): Promise<SourceJson | undefined> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error
    return undefined
  })
  if (text === undefined) return undefined
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (error) {
    throw faults.UPSTREAM_INVALID(shown, (error as Error).message)
  }
  if (typeof json !== 'object' || json === null || !('kind' in json) || typeof json.kind !== 'string')
    throw faults.UPSTREAM_INVALID(shown, 'it is not an object with a kind')
  return parseSource('upstream', { ...json, kind: json.kind }, shown)
}
