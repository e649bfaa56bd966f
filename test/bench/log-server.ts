/** dcos-log of the last build, by hand over a folder of journal files, with what the kernel says of its memory and time. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { PROJECT } from '../testbed/settings.ts'

const PROGRAM = join(PROJECT, 'build/bin/dcos-log')
const START_LIMIT_MS = 10_000

export interface LogServer extends AsyncDisposable {
  readonly url: string
  /** MiB. `peak` since its start. */
  residentMib(): { now: number; peak: number }
}

/** Resolves when it answers. Rejects when there is no build, or no answer within ten seconds. */
export async function startBenchLogServer(directory: string, port: number): Promise<LogServer> {
  if (!existsSync(PROGRAM)) throw new Error(`there is no ${PROGRAM}: run npm run build first`)
  const flags = ['-role', 'agent', '-port', String(port), '-journal-directory', directory, '-idle-exit', '0']
  // As its units have it.
  const env = { ...process.env, MALLOC_ARENA_MAX: '1' }
  const child = spawn(PROGRAM, flags, { env, stdio: ['ignore', 'ignore', 'inherit'] })
  const url = `http://127.0.0.1:${port}`
  const giveUpMs = performance.now() + START_LIMIT_MS
  while (!(await answers(url))) {
    if (child.exitCode !== null || performance.now() > giveUpMs) {
      child.kill()
      throw new Error('dcos-log does not answer')
    }
    await new Promise(resolve => setTimeout(resolve, 50))
  }
  return {
    url,
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

async function answers(url: string): Promise<boolean> {
  return await fetch(`${url}/openapi.json`).then(
    async answer => (await answer.arrayBuffer()).byteLength > 0,
    () => false,
  )
}
