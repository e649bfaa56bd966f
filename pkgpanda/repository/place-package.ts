/** The last step of every new package: a tree beside the others gets its id, and its manifest before that (pkgpanda 7). */
import { renameSync } from 'node:fs'
import { join } from 'node:path'
import { syncDirectory } from '../../src/shared/fs/atomic-write.ts'
import { type Manifest, removeManifest, writeManifest } from '../package/manifest.ts'
import { healReplacement, replacePackage } from './replace-package.ts'
import { hasPackage } from './repository.ts'

export interface PlaceOptions {
  /** Take the place of a package that is there; else there must be none. */
  replace: boolean
}

/** `directory` lies in the repository, is whole and on disk. Whole and durable when it resolves. Rejects with the system's error. */
export async function placePackage(
  repository: string,
  id: string,
  directory: string,
  manifest: Manifest,
  { replace }: PlaceOptions,
): Promise<void> {
  healReplacement(repository, id)
  const present = hasPackage(repository, id)
  try {
    // A manifest without its package harms nobody, a package without its manifest could not be verified.
    await writeManifest(repository, id, manifest)
    if (present && replace) return await replacePackage(repository, id, directory)
    renameSync(directory, join(repository, id))
  } catch (error) {
    if (!present) removeManifest(repository, id)
    throw error
  }
  await syncDirectory(repository)
}
