/** A program of the build machine, run to its end: its output, or the fault; killed when the build is interrupted. */
import { type SpawnOptions, spawn } from 'node:child_process'
import { buffer, text } from 'node:stream/consumers'
import { exitOf } from './xz.ts'

export interface ToolRun {
  readonly signal: AbortSignal
  readonly cwd?: string
  /** undefined: the builder's own. */
  readonly env?: NodeJS.ProcessEnv
}

export interface ToolOutcome {
  /** `status 0`, `signal SIGKILL`. */
  readonly outcome: string
  readonly stdout: Buffer
  readonly stderr: string
}

/** Rejects with BUILD_TOOL_MISSING and the signal's reason. */
export async function runTool(program: string, words: readonly string[], run: ToolRun): Promise<ToolOutcome> {
  run.signal.throwIfAborted()
  const options: SpawnOptions = { ...(run.cwd ? { cwd: run.cwd } : {}), ...(run.env ? { env: run.env } : {}) }
  const child = spawn(program, words, { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
  const kill = () => child.kill('SIGKILL')
  run.signal.addEventListener('abort', kill)
  try {
    const [outcome, stdout, stderr] = await Promise.all([
      exitOf(child, program),
      buffer(child.stdout),
      text(child.stderr),
    ])
    run.signal.throwIfAborted()
    return { outcome, stdout, stderr }
  } finally {
    run.signal.removeEventListener('abort', kill)
  }
}
