/** Ends a bed: its helpers, then its nodes, its network and its state. In that order, since helpers hold the network. */
import { access, rm, rmdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Bed } from './bed.ts'
import { openProcesses } from './processes.ts'
import { processDirectory } from './settings.ts'

/** Names of the nodes that were removed. Safe to repeat, and on a bed that was made only in part. */
export async function removeBed(bed: Bed): Promise<string[]> {
  const { directory } = bed.settings
  const there = await access(directory).then(
    () => true,
    () => false,
  )
  if (!there) return []
  await openProcesses(processDirectory(bed.settings)).stopAll()
  const nodes = (await bed.nodes()).map(({ name }) => name)
  // Without names: also what has no record yet, and the network.
  await bed.down()
  await rm(directory, { recursive: true, force: true })
  // The directory of all beds, unless another one is there.
  await rmdir(dirname(directory)).catch(() => {})
  return nodes
}
