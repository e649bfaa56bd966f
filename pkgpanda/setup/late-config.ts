/**
 * The late package of a first boot: its template from the store, rendered with the values that only this node knows, under an id
 * that is a hash of what came out (pkgpanda 5.4).
 */
import { readFileSync, rmSync } from 'node:fs'
import { isFault } from '../../src/shared/errors/fault.ts'
import type { CommandContext } from '../command.ts'
import { faults } from '../errors.ts'
import { parsePackageId } from '../package/package-id.ts'
import { readActiveDirectory } from '../repository/repository.ts'
import type { Store } from '../store/store.ts'
import { latePackagePath } from '../store/store-layout.ts'
import { swappedPath } from '../swap/install-paths.ts'
import type { LateConfig } from './flags.ts'
import { addLatePackage, isRenderingOf, renderedId, renderLatePackage } from './late-package.ts'

/**
 * Adds the rendered package to the repository and resolves to its id. Without an answer of the store, a rendered one that is
 * active stays, with a warning. Rejects with the faults of Store.fetch, PKGPANDA_REPOSITORY_URL_MISSING,
 * PKGPANDA_LATE_PACKAGE_MALFORMED, PKGPANDA_NO_SPACE.
 *
 * DEPARTURE (pkgpanda 5.4): 1.9 kept what it had once rendered under `NAME--setup`, also when values or template changed.
 */
export async function provideLatePackage(
  context: CommandContext,
  store: Store | undefined,
  { packageId, values }: LateConfig,
): Promise<string> {
  const { paths, random, warn } = context
  const template = await fetchTemplate(store, packageId).catch(error => {
    const active = readActiveDirectory(swappedPath(paths, 'active')).find(id => isRenderingOf(id, packageId))
    if (!isFault(error) || active === undefined) throw error
    warn(`${packageId} cannot be rendered again (${error.message}); going on with ${active}.`)
    return { kept: active }
  })
  if (typeof template !== 'string') return template.kept
  const files = renderLatePackage(template, packageId, values)
  const id = renderedId(parsePackageId(packageId).name, files)
  await addLatePackage(paths.repository, id, files, random())
  return id
}

async function fetchTemplate(store: Store | undefined, packageId: string): Promise<string> {
  if (store === undefined) throw faults.REPOSITORY_URL_MISSING(packageId)
  const file = await store.fetch(latePackagePath(packageId))
  try {
    return readFileSync(file, 'utf8')
  } finally {
    rmSync(file, { force: true })
  }
}
