/** The first boot of a node: what the flags name is fetched, rendered and made active (pkgpanda 5.4). */
import { readFileSync, rmSync } from 'node:fs'
import { activate } from '../activate.ts'
import type { CommandContext } from '../command.ts'
import { faults } from '../errors.ts'
import { fetchPackage, openPackageStore } from '../fetch-package.ts'
import { compareIds } from '../package-id.ts'
import { hasPackage, readActive } from '../repository.ts'
import type { Store } from '../store.ts'
import { latePackagePath } from '../store-layout.ts'
import { loadSetupFlags, type SetupFlags } from './flags.ts'
import { addLatePackage, renderLatePackage } from './late-package.ts'

/** Packages under way at once: enough to hide latency, few enough for a small store. */
const FETCHES_PARALLEL = 4

/** Neither reloads systemd nor starts the target: setup does, when all is in place. Rejects with PKGPANDA_*. */
export async function bootstrap(context: CommandContext): Promise<void> {
  const { paths, out, surroundings } = context
  const flags = loadSetupFlags(paths.configDirectory)
  const wanted = flags.active ?? [...readActive(paths), ...flags.clusterPackages]
  const late = flags.late?.packageId
  const ids = [...new Set(late === undefined ? wanted : [...wanted, late])].sort(compareIds)

  const missing = ids.filter(id => !hasPackage(paths.repository, id))
  if (missing.length > 0) {
    if (flags.repositoryUrl === undefined) throw faults.REPOSITORY_URL_MISSING(missing.join(', '))
    const store = openPackageStore(context, flags.repositoryUrl)
    await addMissing(context, store, missing, flags)
  }

  out(`Activating ${ids.length} packages\n`)
  const { systemctl } = surroundings
  const later = systemctl && { ...systemctl, reload: async () => {}, startTarget: async () => {} }
  await activate({ ...surroundings, systemctl: later }, ids)
}

async function addMissing(
  context: CommandContext,
  store: Store,
  missing: readonly string[],
  flags: SetupFlags,
): Promise<void> {
  const { paths, random, out } = context
  const queue = missing.values()
  let done = 0
  let stopped = false
  const work = async () => {
    for (const id of queue) {
      if (stopped) return
      // QUIRK (pkgpanda 5.4): one that was rendered before is kept as it is, also when the values changed.
      if (id === flags.late?.packageId) {
        const file = await store.fetch(latePackagePath(id))
        try {
          const files = renderLatePackage(readFileSync(file, 'utf8'), id, flags.late.values)
          await addLatePackage(paths.repository, id, files, random())
        } finally {
          rmSync(file, { force: true })
        }
      } else {
        await fetchPackage(context, store, id)
      }
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
