/** One package from a store into the repository: fetched, held against the index, unpacked (pkgpanda 3.1). */
import { mkdirSync, rmSync } from 'node:fs'
import { addPackage } from './add-package.ts'
import type { CommandContext } from './command.ts'
import { openStore, type Store } from './store.ts'
import { tarballPath } from './store-layout.ts'

/** Downloads are kept in the repository itself: its file system has to hold them unpacked anyway. */
export function openPackageStore({ paths, options, random }: CommandContext, repositoryUrl: string): Store {
  mkdirSync(paths.repository, { recursive: true })
  return openStore(repositoryUrl, {
    random,
    scratch: paths.repository,
    ...(options.allowUnverified ? { allowUnverified: true } : {}),
  })
}

/** Rejects with the faults of Store.fetch and addPackage; neither tarball nor package is left then. */
export async function fetchPackage(context: CommandContext, store: Store, id: string): Promise<void> {
  const { paths, random, progress } = context
  const tarball = await store.fetch(tarballPath(id), (received, total) => progress(`Fetching: ${id}`, received, total))
  try {
    await addPackage(paths.repository, id, tarball, random())
  } finally {
    rmSync(tarball, { force: true })
  }
}
