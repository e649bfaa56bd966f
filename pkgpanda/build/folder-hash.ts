/** Hash of a folder's names and contents (pkgpanda 3.3), for a package's `extra/`: independent of the folder's place. */
import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { canonicalHash } from './canonical-hash.ts'

/** Relative path → digest of the file; an empty directory → ''. The folder itself never has an entry. */
export async function folderDigests(folder: string, digest: 'sha1' | 'sha256'): Promise<Record<string, string>> {
  const digests: Record<string, string> = {}
  const visit = async (relative: string): Promise<void> => {
    const entries = await readdir(join(folder, relative), { withFileTypes: true })
    if (entries.length === 0 && relative !== '') digests[relative] = ''
    for (const entry of entries) {
      const path = relative === '' ? entry.name : `${relative}/${entry.name}`
      if (entry.isDirectory()) await visit(path)
      else
        digests[path] = createHash(digest)
          .update(await readFile(join(folder, path)))
          .digest('hex')
    }
  }
  await visit('')
  return digests
}

/** H over the map of `folderDigests`. */
export async function folderHash(folder: string, digest: 'sha1' | 'sha256'): Promise<string> {
  return canonicalHash(await folderDigests(folder, digest), digest)
}
