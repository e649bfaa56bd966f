/** Files of a source on their way into `$PKG_SRC`: their digest, which is the source's id, and writing them. */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { chmod, copyFile, lstat, mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { canonicalHash, type Hashable } from '../canonical-hash.ts'
import { faults } from '../errors.ts'
import type { ResolvedSource, SourceContext } from './source-kind.ts'

export interface SourceFile {
  /** Relative to the source's folder. */
  readonly path: string
  readonly executable: boolean
  /** Bytes, or the path of a file that holds them. */
  readonly content: Uint8Array | string
}

/** Names, contents and executable bits → 64 hexadecimal digits. Nothing else of a file counts: modes depend on the umask. */
async function digestOf(files: readonly SourceFile[]): Promise<string> {
  const map: Record<string, Hashable> = {}
  for (const file of files) map[file.path] = { sha256: await sha256Of(file.content), executable: file.executable }
  return canonicalHash(map, 'sha256')
}

/** A source that is its files: their digest is its id. `fixed` are more facts for the id. */
export async function sourceOfFiles(
  files: readonly SourceFile[],
  fixed: Readonly<Record<string, string>> = {},
): Promise<ResolvedSource> {
  return { id: { ...fixed, content: await digestOf(files) }, files, place: folder => placeFiles(files, folder) }
}

/** Writes them below `folder`, as 0755 or 0644. */
async function placeFiles(files: readonly SourceFile[], folder: string): Promise<void> {
  await mkdir(folder, { recursive: true })
  for (const { path, content, executable } of files) {
    const target = join(folder, path)
    await mkdir(dirname(target), { recursive: true })
    if (typeof content === 'string') await copyFile(content, target)
    else await writeFile(target, content)
    // Also over the umask, and over the mode that copyFile took along.
    await chmod(target, executable ? 0o755 : 0o644)
  }
}

/** `paths` below `folder` as files of a source. Rejects with BUILD_SOURCE_MISSING and BUILD_SOURCE_FILE_KIND. */
export async function filesBelow(
  folder: string,
  paths: readonly string[],
  { packageName, sourceName }: Pick<SourceContext, 'packageName' | 'sourceName'>,
): Promise<SourceFile[]> {
  const files: SourceFile[] = []
  for (const path of paths) {
    const content = join(folder, path)
    const stat = await lstat(content).catch(() => undefined)
    if (!stat) throw faults.SOURCE_MISSING(packageName, sourceName, path)
    if (!stat.isFile()) throw faults.SOURCE_FILE_KIND(packageName, sourceName, path)
    files.push({ path, content, executable: (stat.mode & 0o100) !== 0 })
  }
  return files
}

/** Of bytes, or of the file at a path, read as a stream: the runtime alone has 127 MB. */
export async function sha256Of(content: Uint8Array | string): Promise<string> {
  return hashOf(content, 'sha256')
}

/** As sha256Of; sha1 for what only the sources of the original have. */
export async function hashOf(content: Uint8Array | string, digest: 'sha1' | 'sha256'): Promise<string> {
  const hash = createHash(digest)
  if (typeof content === 'string') await pipeline(createReadStream(content, { highWaterMark: 1024 * 1024 }), hash)
  else hash.update(content)
  return hash.digest('hex')
}
