/** One package from a store into the repository: fetched, held against the index, unpacked (pkgpanda 3.1). */
import { mkdirSync, rmSync } from 'node:fs'
import type { CommandContext } from '../command.ts'
import { requireSpace } from '../disk/space.ts'
import { sweepPartialDownloads } from '../store/download/partial-download.ts'
import { loadAgents } from '../store/download/proxy.ts'
import { loadTrustedKeys } from '../store/signing-keys.ts'
import type { Store } from '../store/store.ts'
import { tarballPath } from '../store/store-layout.ts'
import { openStores } from '../store/stores.ts'
import { addPackage } from './add-package.ts'

/**
 * One store over all URLs, asked in this order. Downloads are kept in the repository itself: its file system has to hold them
 * unpacked anyway. Throws PKGPANDA_REPOSITORY_URL_MALFORMED, PKGPANDA_KEY_UNUSABLE, PKGPANDA_PROXY_MALFORMED.
 */
export function openPackageStore(context: CommandContext, repositoryUrls: readonly string[]): Store {
  const { paths, options, random, warn } = context
  const store = openStores(repositoryUrls, {
    random,
    warn,
    scratch: paths.repository,
    agents: loadAgents(paths.root),
    trustedKeys: loadTrustedKeys(paths.configDirectory),
    allowUnverified: options.allowUnverified,
    allowUnsigned: options.allowUnsigned,
  })
  mkdirSync(paths.repository, { recursive: true })
  sweepPartialDownloads(paths.repository, Date.now())
  return store
}

/**
 * Throws PKGPANDA_NO_SPACE when not even the tarballs of these packages fit, before any work: unpacked they are larger still.
 * What a store does not know of is left to fetchPackage to complain about.
 */
export async function requireSpaceForFetch(
  { paths }: CommandContext,
  store: Store,
  ids: readonly string[],
): Promise<void> {
  let bytes = 0
  for (const id of ids) bytes += (await store.promised(tarballPath(id)).catch(() => undefined))?.sizeBytes ?? 0
  requireSpace(paths.repository, { bytes, inodes: ids.length })
}

/** Rejects with the faults of Store.fetch and addPackage; neither tarball nor package is left then. */
export async function fetchPackage(
  context: CommandContext,
  store: Store,
  id: string,
  options: { replace: boolean } = { replace: false },
): Promise<void> {
  const { paths, random, progress } = context
  const tarball = await store.fetch(tarballPath(id), (received, total) => progress(`Fetching: ${id}`, received, total))
  try {
    await addPackage(paths.repository, id, tarball, random(), options)
  } finally {
    rmSync(tarball, { force: true })
  }
}
