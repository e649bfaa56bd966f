/** The fake machines of test/fixtures/machines as what the collectors read. */
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { FilesystemSize } from '../../src/metrics/collectors/statfs-probe.ts'
import type { Roots } from '../../src/metrics/roots.ts'
import type { CollectorRunner } from '../../src/shared/metrics/collector.ts'
import type { DrivenClock } from '../support/clock.ts'

export const FIXTURES = join(dirname(fileURLToPath(import.meta.url)), '../fixtures')

export const MACHINES = ['rhel8-cgroup-v1', 'debian12-cgroup-v2', 'container-hybrid', 'odd-storage'] as const
export type MachineName = (typeof MACHINES)[number]

export interface Machine {
  roots: Roots
  /** Answers from statfs.json: figures, never (`"hangs"`), or an error with that code. */
  statfs: (path: string) => Promise<FilesystemSize>
}

export function machine(name: MachineName): Machine {
  const root = join(FIXTURES, 'machines', name)
  const sizes = JSON.parse(readFileSync(join(root, 'statfs.json'), 'utf8')) as Record<string, FilesystemSize | string>
  return {
    roots: { procfs: join(root, 'proc'), sysfs: join(root, 'sys'), rootfs: '/' },
    async statfs(path) {
      const size = sizes[path] ?? 'ENOENT'
      if (size === 'hangs') return new Promise<never>(() => {})
      if (typeof size === 'string') throw Object.assign(new Error(`${size}: statfs '${path}'`), { code: size })
      return size
    },
  }
}

/** How long a filesystem is waited for; a collector has more. */
export const PROBE_TIMEOUT_MS = 2000

/** One round to its end. Files are read in real time; only for a filesystem that hangs is the clock moved on. */
export async function collectRound(runner: CollectorRunner, clock: DrivenClock): Promise<void> {
  let over = false
  void runner.collectOnce().then(() => {
    over = true
  })
  while (!over) {
    await new Promise(resolve => setImmediate(resolve))
    if (!over && clock.nextMs() <= PROBE_TIMEOUT_MS) await clock.run(PROBE_TIMEOUT_MS)
  }
}
