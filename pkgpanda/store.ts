/**
 * A package store behind a repository URL (pkgpanda 3.1), and the digests that its index.json promises: a file that is not
 * in the index, or differs from it, is never handed on.
 */
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type DownloadOptions, download, isMissing } from './download.ts'
import { faults } from './errors.ts'
import { INDEX_FILE } from './store-layout.ts'

export interface IndexEntry {
  readonly sha256: string
  readonly sizeBytes: number
}

export interface StoreOptions extends Pick<DownloadOptions, 'sleep'> {
  /** Take files of a store that has no index at all; one that has an index is always held to it. */
  allowUnverified?: boolean
  /** Where downloads are kept meanwhile: an existing directory. */
  scratch: string
  /** For the names of files there. */
  random: () => string
}

export interface Store {
  readonly url: string
  /** The file's path on this node, verified. The caller removes it. Rejects with PKGPANDA_*, nothing left behind. */
  fetch(path: string, progress?: DownloadOptions['progress']): Promise<string>
}

const INDEX_VERSION = 1
/** An index with ten thousand files takes 1.6 MB. */
const INDEX_MAX_BYTES = 64 * 1024 * 1024

/** The index is asked for once, with the first file. Throws PKGPANDA_REPOSITORY_URL_MALFORMED. */
export function openStore(repositoryUrl: string, options: StoreOptions): Store {
  if (!/^(https?|file):\/\//.test(repositoryUrl)) throw faults.REPOSITORY_URL_MALFORMED(repositoryUrl)
  const url = repositoryUrl.replace(/\/+$/, '')
  const retry = options.sleep ? { sleep: options.sleep } : {}
  const scratchFile = () => join(options.scratch, `.tmp-${options.random()}`)
  let index: Promise<ReadonlyMap<string, IndexEntry> | undefined> | undefined

  const loadIndex = async () => {
    const file = scratchFile()
    const location = `${url}/${INDEX_FILE}`
    try {
      await download(location, file, { ...retry, limitBytes: INDEX_MAX_BYTES })
      return parseIndex(await readFile(file, 'utf8'), location)
    } catch (error) {
      if (!isMissing(error)) throw error
      if (options.allowUnverified) return undefined
      throw faults.INDEX_MISSING(location, (error as Error).message).because(error)
    } finally {
      await rm(file, { force: true })
    }
  }

  return {
    url,
    async fetch(path, progress) {
      index ??= loadIndex()
      const files = await index
      const promised = files?.get(path)
      if (files && !promised) throw faults.NOT_IN_INDEX(path, url)
      const file = scratchFile()
      const location = `${url}/${path}`
      try {
        const { sha256 } = await download(location, file, {
          ...retry,
          ...(progress && { progress }),
          ...(promised && { sizeBytes: promised.sizeBytes }),
        })
        if (promised && promised.sha256 !== sha256) throw faults.DIGEST_DIFFERS(location, promised.sha256, sha256)
        return file
      } catch (error) {
        await rm(file, { force: true })
        throw error
      }
    },
  }
}

/** The text of index.json → path → digest and size. Throws PKGPANDA_INDEX_MALFORMED. */
export function parseIndex(text: string, location: string): ReadonlyMap<string, IndexEntry> {
  const malformed = (why: string) => faults.INDEX_MALFORMED(location, why)
  let json: { version?: unknown; files?: unknown } | null
  try {
    json = JSON.parse(text)
  } catch (error) {
    throw malformed((error as Error).message)
  }
  if (typeof json !== 'object' || json === null) throw malformed('not an object')
  if (json.version !== INDEX_VERSION)
    throw malformed(`version ${JSON.stringify(json.version)}, ${INDEX_VERSION} expected`)
  if (typeof json.files !== 'object' || json.files === null) throw malformed('it has no files')
  const index = new Map<string, IndexEntry>()
  for (const [path, entry] of Object.entries(json.files)) {
    const { sha256, sizeBytes } = (entry ?? {}) as Partial<IndexEntry>
    if (typeof sha256 !== 'string' || !/^[0-9a-f]{64}$/.test(sha256)) throw malformed(`${path} has no sha256`)
    if (!Number.isSafeInteger(sizeBytes) || (sizeBytes as number) < 0) throw malformed(`${path} has no sizeBytes`)
    index.set(path, { sha256, sizeBytes: sizeBytes as number })
  }
  return index
}
