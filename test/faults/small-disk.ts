/**
 * A small tmpfs(5) in a mount namespace of its own, which goes with the process that holds it: nobody else sees it, nothing has to
 * be unmounted.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export interface SmallDisk extends AsyncDisposable {
  /** The disk's top as this process sees it. */
  readonly path: string
  /** Where it is mounted, for programs that run on it. */
  readonly mountPoint: string
  /** Words before a command that is to see it there. */
  readonly enter: readonly string[]
  /** Takes bytes and inodes until no more than these are free. */
  fill(free: { bytes?: number; inodes?: number }): void
  /** Gives back what was taken. */
  empty(): void
}

/** `mountPoint` is an existing directory. Needs root. */
export async function openSmallDisk(mountPoint: string, bytes: number, inodes: number): Promise<SmallDisk> {
  const mount = `mount -t tmpfs -o size=${bytes},nr_inodes=${inodes},mode=0755 faults "$0" && echo ready && read -r _`
  const holder = spawn('unshare', ['--mount', 'sh', '-c', mount, mountPoint], { stdio: ['pipe', 'pipe', 'inherit'] })
  const ended = once(holder, 'close')
  const [first] = await Promise.race([once(holder.stdout, 'data'), ended])
  if (String(first).trim() !== 'ready') throw new Error('no tmpfs could be mounted')
  const path = `/proc/${holder.pid}/root${mountPoint}`
  const filling = join(path, 'filling')
  let count = 0
  return {
    path,
    mountPoint,
    enter: ['nsenter', '--mount', `--target=${holder.pid}`],
    fill({ bytes, inodes }) {
      mkdirSync(filling)
      const disk = statfsSync(path)
      if (inodes !== undefined) {
        for (let left = disk.ffree; left > inodes; left--) writeFileSync(join(filling, String(count++)), '')
      }
      // One inode is left for the file that takes the bytes, which has them all before it has none.
      const surplus = bytes === undefined ? 0 : disk.bavail * disk.bsize - bytes
      if (surplus > 0) writeFileSync(join(filling, '0'), Buffer.alloc(surplus))
    },
    empty() {
      rmSync(filling, { recursive: true })
    },
    async [Symbol.asyncDispose]() {
      holder.stdin.end('\n')
      await ended
    },
  }
}
