/** A file from elsewhere that buildinfo.json has the digest of: fetched once, kept by digest, held against it at each use. */
import { randomBytes } from 'node:crypto'
import { mkdir, rename, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { download } from '../../store/download/download.ts'
import { faults } from '../errors.ts'
import { exists } from '../exists.ts'
import { unlessAborted } from '../unless-aborted.ts'
import { hashOf } from './source-files.ts'
import type { SourceContext } from './source-kind.ts'

export interface Pinned {
  /** http, https or file; anything without a scheme is a path relative to the package's folder. */
  readonly url: string
  readonly digest: 'sha1' | 'sha256'
  readonly hash: string
}

/**
 * The file's path in the cache, `downloads/<digest>/<name>`, for reading only. What has another digest stays beside it as
 * `<name>.corrupt`, to be looked at. Rejects with BUILD_SOURCE_DIGEST and PKGPANDA_DOWNLOAD_FAILED.
 */
export async function pinnedDownload(pinned: Pinned, context: SourceContext): Promise<string> {
  const directory = join(context.cacheDirectory, 'downloads', pinned.hash)
  const name = fileNameOf(pinned.url)
  const file = join(directory, name)
  if (await exists(file)) {
    if ((await hashOf(file, pinned.digest)) === pinned.hash) return file
    await rm(file, { force: true })
  }
  await mkdir(directory, { recursive: true })
  const temporary = join(directory, `.${name}.${randomBytes(6).toString('hex')}`)
  try {
    await unlessAborted(download(absoluteUrl(pinned.url, context.folder), temporary), context.signal)
    const found = await hashOf(temporary, pinned.digest)
    if (found !== pinned.hash) {
      await rename(temporary, `${file}.corrupt`)
      throw faults.SOURCE_DIGEST(
        context.packageName,
        context.sourceName,
        pinned.url,
        pinned.hash,
        found,
        `${file}.corrupt`,
      )
    }
    await rename(temporary, file)
    await rm(`${file}.corrupt`, { force: true })
    return file
  } finally {
    await rm(temporary, { force: true })
  }
}

/** A name for the file out of its URL: the last part of the path, without what has a meaning to a shell or a file system. */
export function fileNameOf(url: string): string {
  const path = /^[^?#]*/.exec(url)?.[0] ?? ''
  const name =
    path
      .split('/')
      .at(-1)
      ?.replaceAll(/[^A-Za-z0-9._+-]/g, '_') ?? ''
  return name === '' || name.startsWith('.') ? `download${name}` : name
}

function absoluteUrl(url: string, folder: string): string {
  if (/^https?:\/\//.test(url)) return url
  return `file://${resolve(folder, url.replace(/^file:\/\//, ''))}`
}
