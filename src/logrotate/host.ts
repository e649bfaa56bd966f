/** Rotation by the host's own logrotate: asked to check the configuration (-d), then run; its lines are ours to hand on. */
import { spawn } from 'node:child_process'
import { constants } from 'node:fs'
import { access } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { faults } from './errors.ts'

/** Telling lines of one run that are kept; it has some twenty. */
const LINES_MAX = 500

export interface HostRun {
  program: string
  configFile: string
  stateFile: string
  timeoutMs: number
}

/** The first of `programs` that can be executed. */
export async function findHostProgram(programs: readonly string[]): Promise<string | undefined> {
  for (const program of programs) {
    const there = await access(program, constants.X_OK).then(
      () => true,
      () => false,
    )
    if (there) return program
  }
  return undefined
}

/** Rejects with LOGROTATE_HOST_REFUSES. Nothing is changed on the disk. */
export async function checkWithHost({ program, configFile, stateFile, timeoutMs }: HostRun): Promise<void> {
  const { how, lines } = await runProgram(program, ['-d', configFile, '-s', stateFile], timeoutMs)
  if (how !== undefined) throw faults.HOST_REFUSES(program, configFile, reasonIn(lines, how))
}

/** Resolves to its telling lines. Rejects with LOGROTATE_HOST_FAILED, the lines in `failedLines`. */
export async function rotateWithHost(
  { program, configFile, stateFile, timeoutMs }: HostRun,
  failedLines: (lines: readonly string[]) => void,
): Promise<readonly string[]> {
  const { how, lines } = await runProgram(program, ['-v', configFile, '-s', stateFile], timeoutMs)
  if (how === undefined) return lines
  failedLines(lines)
  throw faults.HOST_FAILED(program, how, reasonIn(lines, how))
}

/** Its first complaint, else its last line. Pure. */
export function reasonIn(lines: readonly string[], otherwise: string): string {
  return lines.find(line => line.startsWith('error:')) ?? lines.at(-1) ?? otherwise
}

/** Worth a line in the journal: not its two for each number of the archive, taken or not. Pure. */
export function isTelling(line: string): boolean {
  return line !== '' && !/^renaming |^old log .* does not exist$/.test(line)
}

/** `how` it ended when not well. Standard output and standard error in the order of their lines. */
async function runProgram(
  program: string,
  args: readonly string[],
  timeoutMs: number,
): Promise<{ how: string | undefined; lines: string[] }> {
  const lines: string[] = []
  // Nothing of our environment: no variable may change what it does or which gzip it finds.
  const env = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' }
  const child = spawn(program, args, {
    env,
    cwd: '/',
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: timeoutMs,
    killSignal: 'SIGKILL',
  })
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', line => {
      if (lines.length < LINES_MAX && isTelling(line)) lines.push(line)
    })
  }
  const how = await new Promise<string | undefined>(resolve => {
    child.once('error', error => resolve(error.message))
    child.once('close', (status, signal) =>
      resolve(status === 0 ? undefined : signal === null ? `status ${status}` : signal),
    )
  })
  return { how, lines }
}
