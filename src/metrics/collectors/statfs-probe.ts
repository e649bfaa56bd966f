/**
 * Asks filesystems for their size without ever being held up by a dead one. A statfs that hangs keeps a thread of Node's pool until
 * the kernel lets go, so at most one is outstanding per mount point and few in all: with all four threads taken the whole daemon
 * would stand still, and no timeout could free them.
 */

import type { Clock } from '../../shared/time/clock.ts'
import { faults } from '../errors.ts'

/** Blocks and inodes, as statfs(2) tells them. */
export interface FilesystemSize {
  bsize: number
  blocks: number
  bfree: number
  bavail: number
  files: number
  ffree: number
}

export interface StatfsProbe {
  /** Rejects with METRICS_FILESYSTEM_STUCK, at once while an earlier question hangs, or with the system's error. */
  size(path: string): Promise<FilesystemSize>
  /** Mount points whose answer is still awaited after its time. */
  stuck(): readonly string[]
}

export interface StatfsProbeOptions {
  statfs: (path: string) => Promise<FilesystemSize>
  clock: Clock
  timeoutMs?: number
  /** Hanging questions at which no new ones are asked; below the size of Node's thread pool (4). */
  stuckMax?: number
}

const PROBE_TIMEOUT_MS = 2000
const STUCK_MAX = 2

export function createStatfsProbe({
  statfs,
  clock,
  timeoutMs = PROBE_TIMEOUT_MS,
  stuckMax = STUCK_MAX,
}: StatfsProbeOptions): StatfsProbe {
  const outstanding = new Set<string>()
  const stuck = new Set<string>()
  return {
    async size(path) {
      if (outstanding.has(path) || stuck.size >= stuckMax) throw faults.FILESYSTEM_STUCK(path, timeoutMs)
      outstanding.add(path)
      const asking = statfs(path).finally(() => {
        outstanding.delete(path)
        stuck.delete(path)
      })
      const answered = new AbortController()
      const late = clock.sleep(timeoutMs, answered.signal).then(
        () => {
          stuck.add(path)
          throw faults.FILESYSTEM_STUCK(path, timeoutMs)
        },
        () => new Promise<never>(() => {}),
      )
      try {
        return await Promise.race([asking, late])
      } finally {
        answered.abort()
        // What comes after the time is up must not become an unhandled rejection.
        asking.catch(() => {})
      }
    },
    stuck: () => [...stuck],
  }
}
