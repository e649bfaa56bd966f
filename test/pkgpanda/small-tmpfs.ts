/** Whether tests may mount a small tmpfs(5), as a disk that is full soon. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Why a small tmpfs cannot be mounted here; false when it can. */
export function noTmpfs(): string | false {
  if (process.getuid?.() !== 0) return 'needs root, to mount a small tmpfs'
  const probe = mkdtempSync(join(tmpdir(), 'pkgpanda-test-'))
  const mounted = spawnSync('mount', ['-t', 'tmpfs', 'tmpfs', probe]).status === 0
  if (mounted) spawnSync('umount', [probe])
  rmdirSync(probe)
  return mounted ? false : 'mounting is not allowed here'
}
