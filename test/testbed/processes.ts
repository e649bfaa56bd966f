/**
 * Long-lived helpers of a bed (gateway, repository server, Prometheus), recorded in its state directory so that another
 * command can end them. A record holds the start time beside the pid: a pid alone may be somebody else's by then.
 */
import { spawn } from 'node:child_process'
import { mkdir, open, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { tail } from './command.ts'
import { faults } from './errors.ts'

interface ProcessRecord {
  pid: number
  /** Field 22 of proc_pid_stat(5): start time in clock ticks after boot. */
  startTicks: string
  /** The command line, to see whether a later start wants another one. */
  command: string[]
}

/** How long a process may take to end before it is killed, and how often one looks. */
const STOP_TIMEOUT_MS = 10_000
const POLL_MS = 50

export interface Processes {
  /** Starts it detached, unless it runs already with the same command line. True if it was started. */
  ensure(name: string, command: readonly string[]): Promise<boolean>
  /** Records this very process. Throws BED_START_RUNNING while another one is recorded under that name. */
  claim(name: string): Promise<void>
  alive(name: string): Promise<boolean>
  /** Ends it (SIGTERM, then SIGKILL) and forgets it. Nothing happens when it does not run. */
  stop(name: string): Promise<void>
  /** Ends all that are recorded. */
  stopAll(): Promise<void>
  /** Where its output goes. */
  logFile(name: string): string
  /** Throws BED_PROCESS_DIED with the end of its log unless it runs. */
  check(name: string): Promise<void>
}

export function openProcesses(directory: string): Processes {
  const recordFile = (name: string) => join(directory, `${name}.json`)
  const logFile = (name: string) => join(directory, `${name}.log`)

  const running = async (name: string): Promise<ProcessRecord | undefined> => {
    const record = await readRecord(recordFile(name))
    return record && (await startTicks(record.pid)) === record.startTicks ? record : undefined
  }
  const remember = async (name: string, pid: number, command: readonly string[]) => {
    const record = { pid, startTicks: (await startTicks(pid)) ?? '', command }
    await writeFile(recordFile(name), `${JSON.stringify(record)}\n`)
  }

  const processes: Processes = {
    logFile,
    async ensure(name, command) {
      const before = await running(name)
      if (before && before.command.join('\0') === command.join('\0')) return false
      await processes.stop(name)
      await mkdir(directory, { recursive: true })
      await using log = await open(logFile(name), 'w')
      const [file = '', ...args] = command
      const child = spawn(file, args, { detached: true, stdio: ['ignore', log.fd, log.fd] })
      await new Promise<void>((resolve, reject) => {
        child.once('spawn', resolve)
        child.once('error', reject)
      })
      await remember(name, child.pid!, command)
      child.unref()
      return true
    },
    async claim(name) {
      await mkdir(directory, { recursive: true })
      const other = await running(name)
      if (other && other.pid !== process.pid) throw faults.START_RUNNING(other.pid)
      await remember(name, process.pid, process.argv)
    },
    alive: async name => (await running(name)) !== undefined,
    async stop(name) {
      const record = await running(name)
      // Oneself cannot be waited for.
      if (record && record.pid !== process.pid) await end(record)
      await rm(recordFile(name), { force: true })
    },
    async stopAll() {
      const files = await readdir(directory).catch(() => [])
      const names = files.filter(file => file.endsWith('.json')).map(file => file.slice(0, -'.json'.length))
      await Promise.all(names.map(name => processes.stop(name)))
    },
    async check(name) {
      if (await running(name)) return
      const log = await readFile(logFile(name), 'utf8').catch(() => '')
      throw faults.PROCESS_DIED(name, logFile(name), tail(log))
    },
  }
  return processes
}

/** The start time in a line of proc_pid_stat(5); the command's name may hold blanks and parentheses. Pure. */
export function parseStartTicks(stat: string): string | undefined {
  // The fields after the name: state is field 3, start time is 22. A zombie (Z) has ended, nobody read its status yet.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return fields[0] === 'Z' ? undefined : fields[19]
}

async function startTicks(pid: number): Promise<string | undefined> {
  return parseStartTicks(await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ''))
}

async function readRecord(file: string): Promise<ProcessRecord | undefined> {
  const text = await readFile(file, 'utf8').catch(() => '')
  try {
    return JSON.parse(text) as ProcessRecord
  } catch {
    // A start that was cut short while it wrote the record: it had not let the process go yet.
    return undefined
  }
}

async function end({ pid, startTicks: started }: ProcessRecord): Promise<void> {
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    // A group of its own, since `ensure` detaches: what it started in turn ends with it. `claim` has no such group.
    for (const target of [-pid, pid]) {
      try {
        process.kill(target, signal)
      } catch {
        // Gone, or not a group.
      }
    }
    for (let waitedMs = 0; waitedMs < STOP_TIMEOUT_MS; waitedMs += POLL_MS) {
      if ((await startTicks(pid)) !== started) return
      await sleep(POLL_MS)
    }
  }
}
