/** The first boot of a node: what the flags name is fetched, rendered and made active (pkgpanda 5.4). */
import { activate } from '../activation/activate.ts'
import type { CommandContext } from '../command.ts'
import { faults } from '../errors.ts'
import { compareIds } from '../package/package-id.ts'
import { fetchPackage, openPackageStore, requireSpaceForFetch } from '../repository/fetch-package.ts'
import { hasPackage, readActive } from '../repository/repository.ts'
import type { Store } from '../store/store.ts'
import { loadSetupFlags } from './flags.ts'
import { provideLatePackage } from './late-config.ts'
import { isRenderingOf } from './late-package.ts'

/** Packages under way at once: enough to hide latency, few enough for a small store. */
const FETCHES_PARALLEL = 4

/** Neither reloads systemd nor starts the target: setup does, when all is in place. Rejects with PKGPANDA_*. */
export async function bootstrap(context: CommandContext): Promise<void> {
  const { paths, out, surroundings } = context
  const flags = loadSetupFlags(paths.configDirectory)
  const { late, repositoryUrls } = flags
  const wanted = flags.active ?? [...readActive(paths), ...flags.clusterPackages]
  // Opened when there is something to ask for: a boot that has everything does not fail for a damaged key file.
  let opened: Store | undefined
  const store = () => {
    if (repositoryUrls.length > 0) opened ??= openPackageStore(context, repositoryUrls)
    return opened
  }
  // One rendering takes the place of all others.
  const others = late === undefined ? wanted : wanted.filter(id => !isRenderingOf(id, late.packageId))
  const rendered = late === undefined ? [] : [await provideLatePackage(context, store(), late)]
  const ids = [...new Set([...others, ...rendered])].sort(compareIds)

  const missing = ids.filter(id => !hasPackage(paths.repository, id))
  if (missing.length > 0) {
    const from = store()
    if (from === undefined) throw faults.REPOSITORY_URL_MISSING(missing.join(', '))
    await requireSpaceForFetch(context, from, missing)
    await addMissing(context, from, missing)
  }

  out(`Activating ${ids.length} packages\n`)
  const { systemctl } = surroundings
  const later = systemctl && { ...systemctl, reload: async () => {}, startTarget: async () => {} }
  await activate({ ...surroundings, systemctl: later }, ids)
}

async function addMissing(context: CommandContext, store: Store, missing: readonly string[]): Promise<void> {
  const { out } = context
  const queue = missing.values()
  let done = 0
  let stopped = false
  const work = async () => {
    for (const id of queue) {
      if (stopped) return
      await fetchPackage(context, store, id)
      done += 1
      out(`Fetched ${id} (${done} of ${missing.length})\n`)
    }
  }
  // The first failure stops the others from taking more; each leaves nothing half behind.
  const workers = Array.from({ length: Math.min(FETCHES_PARALLEL, missing.length) }, () =>
    work().catch(error => {
      stopped = true
      throw error
    }),
  )
  const results = await Promise.allSettled(workers)
  const failed = results.find(result => result.status === 'rejected')
  if (failed) throw failed.reason
}
