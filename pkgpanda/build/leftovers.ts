/** Processes that a build script without namespaces leaves behind: its process group, and whoever still has its environment. */
import { readdirSync, readFileSync } from 'node:fs'

/** A daemon may start others while we look; more rounds than that only a script that means to. */
const ROUNDS_MAX = 10

/**
 * Kills the group of `leader`, then every process of ours whose environment has the entry `mark`, which nobody else has: a
 * daemon leaves the group by setsid(2), but keeps the environment unless it takes care not to.
 */
export function killLeftovers(leader: number | undefined, mark: string): void {
  if (leader === undefined) return
  kill(-leader)
  for (let round = 0; round < ROUNDS_MAX; round++) {
    const found = processesWith(mark)
    if (found.length === 0) return
    for (const pid of found) kill(pid)
  }
}

function processesWith(mark: string): number[] {
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .map(Number)
    .filter(pid => pid !== process.pid && environmentOf(pid).includes(mark))
}

/** [] of a process that is gone, is a zombie or belongs to somebody else. */
function environmentOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0')
  } catch {
    return []
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // Gone meanwhile.
  }
}
