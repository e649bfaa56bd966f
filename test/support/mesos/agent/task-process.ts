/** A task's process: `/bin/sh -c` in a session of its own, so that all it starts can be counted and ended together. */
import { type ChildProcess, spawn } from 'node:child_process'
import { open } from 'node:fs/promises'
import { join } from 'node:path'

export interface TaskProcess {
  /** Process id, group and session. */
  pid: number
  /** Resolves when the shell has ended and what it left behind was killed. */
  exit: Promise<{ code: number | null; signal: NodeJS.Signals | null }>
  /** TERM to the whole group, KILL after `graceMs`. */
  stop(graceMs: number): void
  /** KILL to the whole group, at once; safe in an exit handler. */
  destroy(): void
}

export interface TaskProcessOptions {
  cmd: string
  sandbox: string
  env: Record<string, string>
}

/** stdout and stderr go into files of these names in the sandbox. Rejects when the process cannot be started. */
export async function startTaskProcess({ cmd, sandbox, env }: TaskProcessOptions): Promise<TaskProcess> {
  await using stdout = await open(join(sandbox, 'stdout'), 'a', 0o644)
  await using stderr = await open(join(sandbox, 'stderr'), 'a', 0o644)
  const child = spawn('/bin/sh', ['-c', cmd], {
    cwd: sandbox,
    env,
    detached: true,
    stdio: ['ignore', stdout.fd, stderr.fd],
  })
  const pid = await started(child)
  let escalation: NodeJS.Timeout | undefined
  const exit = new Promise<Awaited<TaskProcess['exit']>>(resolve => {
    child.once('exit', (code, signal) => {
      clearTimeout(escalation)
      signalGroup(pid, 'SIGKILL')
      resolve({ code, signal })
    })
  })
  return {
    pid,
    exit,
    stop(graceMs) {
      if (escalation) return
      signalGroup(pid, 'SIGTERM')
      escalation = setTimeout(() => signalGroup(pid, 'SIGKILL'), graceMs)
    },
    destroy: () => signalGroup(pid, 'SIGKILL'),
  }
}

function started(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('spawn', () => resolve(child.pid ?? 0))
  })
}

/** Nobody left in the group is what we wanted. */
function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal)
  } catch (error) {
    if ((error as { code?: string }).code !== 'ESRCH') throw error
  }
}
