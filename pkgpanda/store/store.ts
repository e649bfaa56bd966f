/**
 * A package store behind a repository URL (pkgpanda 3.1), and the digests that its index.json promises: a file that is not
 * in the index, or differs from it, is never handed on.
 */
import { readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { isFault } from '../../src/shared/errors/fault.ts'
import { faults } from '../errors.ts'
import { type DownloadOptions, download } from './download/download.ts'
import { Transient } from './download/http-get.ts'
import { openPartialDownload, type PartialDownload } from './download/partial-download.ts'
import { publicUrl } from './download/public-url.ts'
import type { Index, IndexEntry } from './index-format.ts'
import { type IndexPolicy, loadStoreIndex } from './store-index.ts'

export interface StoreOptions extends Pick<DownloadOptions, 'sleep' | 'agents'>, IndexPolicy {
  /** Where downloads are kept meanwhile: an existing directory. */
  scratch: string
  /** For the names of files there. */
  random: () => string
}

export interface Store {
  /** Without credentials. */
  readonly url: string
  /** What the index says of the file; undefined without an index. Rejects with PKGPANDA_NOT_IN_INDEX and the faults of loadStoreIndex. */
  promised(path: string): Promise<IndexEntry | undefined>
  /** The file's path on this node, verified. The caller removes it. Rejects with PKGPANDA_*; only a download to go on with is left then. */
  fetch(path: string, progress?: DownloadOptions['progress']): Promise<string>
}

/** Less is fetched again sooner than gone on with. */
const PARTIAL_MIN_BYTES = 64 * 1024

/** The index is asked for once, with the first file. Throws PKGPANDA_REPOSITORY_URL_MALFORMED. */
export function openStore(repositoryUrl: string, options: StoreOptions): Store {
  if (!/^(https?|file):\/\//.test(repositoryUrl)) throw faults.REPOSITORY_URL_MALFORMED(publicUrl(repositoryUrl))
  const url = repositoryUrl.replace(/\/+$/, '')
  const settings: DownloadOptions = {
    ...(options.sleep && { sleep: options.sleep }),
    ...(options.agents && { agents: options.agents }),
  }
  const scratchFile = () => join(options.scratch, `.tmp-${options.random()}`)
  let index: Promise<Index | undefined> | undefined

  const read = async (path: string, limitBytes: number) => {
    const file = scratchFile()
    try {
      await download(`${url}/${path}`, file, { ...settings, limitBytes })
      return await readFile(file)
    } finally {
      await rm(file, { force: true })
    }
  }
  const promised = async (path: string) => {
    index ??= loadStoreIndex(url, read, options)
    const files = await index
    const entry = files?.get(path)
    if (files && !entry) throw faults.NOT_IN_INDEX(path, publicUrl(url))
    return entry
  }

  return {
    url: publicUrl(url),
    promised,
    async fetch(path, progress) {
      const entry = await promised(path)
      const location = `${url}/${path}`
      const more = { ...settings, ...(progress && { progress }), ...(entry && { sizeBytes: entry.sizeBytes }) }
      await using partial = entry && (await openPartialDownload(options.scratch, path, entry.sha256))
      const file = scratchFile()
      try {
        if (entry && partial) await downloadPartial(location, entry, partial, more)
        else await downloadVerified(location, entry, file, more)
        // From now on under a name that no other process goes on writing to.
        if (partial) await rename(partial.file, file)
        partial?.discard()
        return file
      } catch (error) {
        await rm(file, { force: true })
        if (partial && !(await isWorthKeeping(partial, error))) partial.discard()
        throw error
      }
    },
  }
}

/** What is gone on with may be the beginning of something else: then once more, from the beginning. */
async function downloadPartial(
  location: string,
  entry: IndexEntry,
  partial: PartialDownload,
  options: DownloadOptions,
): Promise<void> {
  const { sha256, resumed } = await download(location, partial.file, { ...options, partial })
  if (sha256 === entry.sha256) return
  if (!resumed) throw faults.DIGEST_DIFFERS(publicUrl(location), entry.sha256, sha256)
  partial.discard()
  await downloadVerified(location, entry, partial.file, options)
}

async function downloadVerified(
  location: string,
  entry: IndexEntry | undefined,
  file: string,
  options: DownloadOptions,
): Promise<void> {
  const { sha256 } = await download(location, file, options)
  if (entry && entry.sha256 !== sha256) throw faults.DIGEST_DIFFERS(publicUrl(location), entry.sha256, sha256)
}

/** After a broken connection, not when the store said no or the disk is full. */
async function isWorthKeeping({ file }: PartialDownload, error: unknown): Promise<boolean> {
  if (!isFault(error) || !(error.cause instanceof Transient)) return false
  const found = await stat(file).catch(() => undefined)
  return (found?.size ?? 0) >= PARTIAL_MIN_BYTES
}
