/** Size and inodes of each mounted disk, from the mount table and statfs(2). One that does not answer never spoils the others. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isFault } from '../../shared/errors/fault.ts'
import type { Datapoint } from '../../shared/metrics/collector.ts'
import { chooseMounts, parseFilesystemTypes, parseMounts } from './mounts.ts'
import type { NodeCollector } from './node.ts'
import type { FilesystemSize } from './statfs-probe.ts'

export const filesystems: NodeCollector = {
  name: 'filesystems',
  async collect({ roots, statfs, reportMountsLeftOut }, signal) {
    const types = parseFilesystemTypes(await readFile(join(roots.procfs, 'filesystems'), { encoding: 'utf8', signal }))
    const { chosen, leftOut } = chooseMounts(parseMounts(await readMountTable(roots.procfs, signal)), types)
    reportMountsLeftOut(leftOut)
    const datapoints: Datapoint[] = []
    const failures: unknown[] = []
    // One after the other: the thread pool belongs to the whole daemon.
    for (const { path } of chosen) {
      if (signal.aborted) break
      try {
        datapoints.push(...sizeDatapoints(path, await statfs.size(join(roots.rootfs, path))))
      } catch (error) {
        // ENOENT, EACCES: gone since, or hidden from us by the unit's sandbox; nothing to tell about it.
        if (isFault(error)) failures.push(error)
      }
    }
    // Only when nothing at all was had is the whole a failure; otherwise the probe's gauge tells of the stuck ones.
    if (datapoints.length === 0 && failures.length > 0) throw failures[0]
    return datapoints
  },
}

/** The first process's table: our own shows what the unit's sandbox mounted over. In a container of its own there is only ours. */
async function readMountTable(procfs: string, signal: AbortSignal): Promise<string> {
  try {
    return await readFile(join(procfs, '1/mounts'), { encoding: 'utf8', signal })
  } catch (error) {
    if (signal.aborted) throw error
    return await readFile(join(procfs, 'self/mounts'), { encoding: 'utf8', signal })
  }
}

/** `free` is what others than root can take; `used` is what is not free to root (metrics 3), so they do not add up to `total`. */
export function sizeDatapoints(
  path: string,
  { bsize, blocks, bfree, bavail, files, ffree }: FilesystemSize,
): Datapoint[] {
  const tags = { path }
  return [
    { name: 'filesystem.capacity.total', value: blocks * bsize, unit: 'bytes', tags },
    { name: 'filesystem.capacity.used', value: (blocks - bfree) * bsize, unit: 'bytes', tags },
    { name: 'filesystem.capacity.free', value: bavail * bsize, unit: 'bytes', tags },
    { name: 'filesystem.inode.total', value: files, unit: 'count', tags },
    { name: 'filesystem.inode.used', value: files - ffree, unit: 'count', tags },
    { name: 'filesystem.inode.free', value: ffree, unit: 'count', tags },
  ]
}
