/** What a tarball of ours holds, as plain values: listed from a folder, sorted, with only what may be in a package. */
import { lstat, readdir, readlink } from 'node:fs/promises'
import { join } from 'node:path'

export type TarEntry =
  | { readonly type: 'directory'; readonly path: string }
  | { readonly type: 'link'; readonly path: string; readonly target: string }
  | {
      readonly type: 'file'
      readonly path: string
      readonly executable: boolean
      readonly sizeBytes: number
      /** Bytes, or the path of the file that holds them. */
      readonly content: Uint8Array | string
    }

/** Anything else found in a folder: a device, a socket, a file with setuid bits. */
export interface UnfitEntry {
  readonly path: string
  readonly what: string
}

const SETUID_OR_SETGID = 0o6000

/** Everything below `folder`, paths relative to it, and what has no place in a tarball. */
export async function listFolder(folder: string): Promise<{ entries: TarEntry[]; unfit: UnfitEntry[] }> {
  const entries: TarEntry[] = []
  const unfit: UnfitEntry[] = []
  const visit = async (relative: string): Promise<void> => {
    for (const name of await readdir(join(folder, relative))) {
      const path = relative === '' ? name : `${relative}/${name}`
      const content = join(folder, path)
      const stat = await lstat(content)
      if (stat.isDirectory()) {
        entries.push({ type: 'directory', path })
        await visit(path)
      } else if (stat.isSymbolicLink()) entries.push({ type: 'link', path, target: await readlink(content) })
      else if (!stat.isFile()) unfit.push({ path, what: 'neither a file, a folder nor a link' })
      else if (stat.mode & SETUID_OR_SETGID) unfit.push({ path, what: 'a file with setuid or setgid bit' })
      else
        entries.push({
          type: 'file',
          path,
          content,
          executable: (stat.mode & 0o100) !== 0,
          sizeBytes: stat.size,
        })
    }
  }
  await visit('')
  return { entries, unfit }
}

/** A file of given bytes. */
export function fileEntry(path: string, text: string): TarEntry {
  const content = Buffer.from(text)
  return { type: 'file', path, content, executable: false, sizeBytes: content.length }
}

/** In the one order of tarballs: by path, bytewise, a folder before what is in it. */
export function sortEntries(entries: readonly TarEntry[]): TarEntry[] {
  // '/' as the lowest character keeps a folder's contents together, before `folder.x`.
  const key = (path: string) => Buffer.from(path.replaceAll('/', '\0'))
  return entries
    .map(entry => ({ entry, key: key(entry.path) }))
    .sort((left, right) => Buffer.compare(left.key, right.key))
    .map(({ entry }) => entry)
}
