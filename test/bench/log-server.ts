/**
 * dcos-log of the last build over a folder of journal files, on a UNIX socket that systemd-socket-activate(1) hands over: as Admin Router
 * speaks to it on a node. With what the kernel says of its memory.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync } from 'node:fs'
import { get, type IncomingMessage } from 'node:http'
import { join } from 'node:path'
import { PROJECT } from '../testbed/settings.ts'

const PROGRAM = join(PROJECT, 'build/bin/dcos-log')
const START_LIMIT_MS = 10_000

export interface LogServer extends AsyncDisposable {
  readonly socketPath: string
  /** MiB. `peak` since its start. */
  residentMib(): { now: number; peak: number }
}

/** The socket is made in `scratch`. Resolves when it answers. Rejects when there is no build, or no answer within ten seconds. */
export async function startBenchLogServer(directory: string, scratch: string): Promise<LogServer> {
  if (!existsSync(PROGRAM)) throw new Error(`there is no ${PROGRAM}: run npm run build first`)
  const socketPath = join(mkdtempSync(join(scratch, 'socket-')), 'dcos-log.sock')
  const flags = ['-role', 'agent', '-journal-directory', directory, '-idle-exit', '0']
  // The variable is that of its units. The first connection turns this process into the program.
  const activated = ['-E', 'MALLOC_ARENA_MAX=1', '-l', socketPath, PROGRAM, ...flags]
  const env = { ...process.env, SYSTEMD_LOG_LEVEL: 'warning' }
  const child = spawn('systemd-socket-activate', activated, { env, stdio: ['ignore', 'ignore', 'inherit'] })
  const giveUpMs = performance.now() + START_LIMIT_MS
  while (!(await answers(socketPath))) {
    if (child.exitCode !== null || performance.now() > giveUpMs) {
      child.kill()
      throw new Error('dcos-log does not answer')
    }
    await new Promise(resolve => setTimeout(resolve, 50))
  }
  return {
    socketPath,
    residentMib() {
      const status = readFileSync(`/proc/${child.pid}/status`, 'utf8')
      const mib = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) / 1024
      return { now: mib('VmRSS'), peak: mib('VmHWM') }
    },
    async [Symbol.asyncDispose]() {
      const closed = once(child, 'close')
      child.kill()
      await closed
    },
  }
}

async function answers(socketPath: string): Promise<boolean> {
  const request = get({ socketPath, path: '/openapi.json', agent: false })
  try {
    const [answer] = (await once(request, 'response')) as [IncomingMessage]
    answer.resume()
    return answer.statusCode === 200
  } catch {
    // It does not listen yet.
    return false
  }
}
