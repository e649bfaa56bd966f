/** Source kinds `url` and `url_extract` (pkgpanda 3.2): a file from elsewhere with its digest, as it is or unpacked. */
import { copyFile, mkdir } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { type Static, Type } from 'typebox'
import { isFault } from '../../../src/shared/errors/fault.ts'
import { faults } from '../errors.ts'
import { archiveFormat, FORMATS, unpackArchive } from './archive.ts'
import { type Pinned, pinnedDownload } from './pinned-download.ts'
import type { SourceKind } from './source-kind.ts'

// sha1 is what the original's packages have; sha256 is ours, for new ones.
const keys = {
  url: Type.String({ pattern: '^[^\\s\\0-]\\S*$' }),
  sha1: Type.Optional(Type.String({ pattern: '^[0-9a-f]{40}$' })),
  sha256: Type.Optional(Type.String({ pattern: '^[0-9a-f]{64}$' })),
}
const urlSchema = Type.Object({ kind: Type.Literal('url'), ...keys }, { additionalProperties: false })
const extractSchema = Type.Object({ kind: Type.Literal('url_extract'), ...keys }, { additionalProperties: false })

export const url: SourceKind<Static<typeof urlSchema>> = {
  kind: 'url',
  schema: urlSchema,
  problemOf: source => (pinOf(source) ? undefined : NO_PIN),
  async resolve(source, context) {
    const pinned = pinOf(source)!
    return {
      id: { [`downloaded_${pinned.digest}`]: pinned.hash },
      files: [],
      async place(folder) {
        const file = await pinnedDownload(pinned, context)
        await mkdir(folder, { recursive: true })
        await copyFile(file, join(folder, basename(file)))
      },
    }
  },
}

export const urlExtract: SourceKind<Static<typeof extractSchema>> = {
  kind: 'url_extract',
  schema: extractSchema,
  problemOf(source) {
    if (!pinOf(source)) return NO_PIN
    return archiveFormat(source.url) ? undefined : `'url' names no archive (${FORMATS.join(', ')})`
  },
  async resolve(source, context) {
    const pinned = pinOf(source)!
    return {
      // DEPARTURE (pkgpanda 3.2): with the kind, or a file and what is in it would make the same package id.
      id: { [`downloaded_${pinned.digest}`]: pinned.hash, kind: 'url_extract' },
      files: [],
      async place(folder) {
        const file = await pinnedDownload(pinned, context)
        await mkdir(folder, { recursive: true })
        await unpackArchive(file, folder, context).catch(error => {
          if (isFault(error)) throw error
          throw faults.SOURCE_ARCHIVE(context.packageName, context.sourceName, source.url, error.message).because(error)
        })
      },
    }
  },
}

const NO_PIN = "exactly one of the keys 'sha1' and 'sha256' is needed"

function pinOf({ url, sha1, sha256 }: { url: string; sha1?: string; sha256?: string }): Pinned | undefined {
  if (sha1 !== undefined && sha256 === undefined) return { url, digest: 'sha1', hash: sha1 }
  if (sha256 !== undefined && sha1 === undefined) return { url, digest: 'sha256', hash: sha256 }
  return undefined
}
