/**
 * `pkgpanda setup`, at every boot (pkgpanda 2.5). An interrupted swap has been finished by the time this runs (context.ts);
 * what is left is the first boot, told by the marker that the bootstrap tarball brings.
 */
import { lstatSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { RunCommand } from '../command.ts'
import { replaceFile } from '../disk/disk.ts'
import { recordBootstrapSet } from '../garbage/bootstrap-set.ts'
import { bootstrap } from '../setup/bootstrap.ts'
import { DCOS_TARGET } from '../swap/install-paths.ts'

/** Only the enablement: what the target wants are links in its directory. */
const TARGET_TEXT = '[Install]\nWantedBy=multi-user.target\n'

export const run: RunCommand = async context => {
  const { paths, surroundings, recovered } = context
  const { disk } = surroundings
  const marker = join(paths.root, 'bootstrap')
  // Not existsSync: it takes a disk that does not answer for a node that was set up long ago.
  if (lstatSync(marker, { throwIfNoEntry: false }) === undefined) return { recovered, installed: false }

  mkdirSync(paths.systemdDirectory, { recursive: true })
  replaceFile(disk, join(paths.systemdDirectory, DCOS_TARGET), TARGET_TEXT)
  recordBootstrapSet(disk, paths)
  await bootstrap(context)
  await surroundings.systemctl?.reload()
  await surroundings.systemctl?.startTarget()
  // Last, so that a setup that is killed before begins again.
  disk.remove(marker)
  disk.syncDirectory(paths.root)
  return { recovered, installed: true }
}
