/** Keeps /var/lib/dcos/cluster-id equal to what ZooKeeper says. */
import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { readClusterId } from '../shared/cluster/cluster-id.ts'
import { writeFileAtomic } from '../shared/fs/atomic-write.ts'
import type { Log } from '../shared/log/journald.ts'
import { faults } from './errors.ts'

/** Services of a node may do this at the same time: each writes the same text, whole. Rejects with BOOTSTRAP_STATE_NOT_WRITTEN. */
export async function keepClusterId(file: string, id: string, log: Log): Promise<void> {
  const old = await readClusterId(file).catch(() => undefined)
  if (old === id) return
  try {
    await mkdir(dirname(file), { recursive: true })
    await writeFileAtomic(file, `${id}\n`, { mode: 0o644 })
  } catch (error) {
    throw faults.STATE_NOT_WRITTEN(file, (error as Error).message).because(error)
  }
  if (old === undefined) log.info('Cluster id written', { file, id })
  else log.warning('The cluster id of this node has changed, writing the new one', { file, id, old })
}
