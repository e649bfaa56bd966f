/** A generated package → the bytes of its .tar.xz, the same for the same files (pkgpanda 3.1). */
import { dirname } from 'node:path'
import { fileEntry, type TarEntry } from '../build/tar-entries.ts'
import { makeTarball } from '../build/tarball.ts'
import type { XzCache } from '../build/xz-cache.ts'
import type { PackageFile } from './component.ts'

/** Only files from disk are cached, and these are in memory. */
const NO_CACHE: XzCache = {
  streamOf: file => Promise.reject(new TypeError(`'${file}' is not a file on disk`)),
}

export function packageTarball(files: readonly PackageFile[]): Promise<Uint8Array[]> {
  return makeTarball(tarEntries(files), NO_CACHE)
}

/** With the directories that the paths go through. */
export function tarEntries(files: readonly PackageFile[]): TarEntry[] {
  const directories = new Set<string>()
  for (const { path } of files) {
    for (let at = dirname(path); at !== '.'; at = dirname(at)) directories.add(at)
  }
  return [
    ...[...directories].map(path => ({ type: 'directory' as const, path })),
    ...files.map(({ path, content, executable = false }) => ({ ...fileEntry(path, content), executable })),
  ]
}
