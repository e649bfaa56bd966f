/**
 * What a task's processes use, from proc_pid_stat(5): all processes of its session, since a shell's children count too.
 */
import { readdir, readFile } from 'node:fs/promises'

export interface Usage {
  userSecs: number
  systemSecs: number
  rssBytes: number
}

export const NO_USAGE: Readonly<Usage> = Object.freeze({ userSecs: 0, systemSecs: 0, rssBytes: 0 })

interface ProcessStat extends Usage {
  pid: number
  session: number
}

/** sysconf(_SC_CLK_TCK) and the page size of x86-64 Linux. */
const TICKS_PER_SECOND = 100
const PAGE_BYTES = 4096

/**
 * One line of /proc/<pid>/stat; the name in parentheses may hold spaces and parentheses. Times include those of reaped
 * children.
 */
export function parseProcessStat(line: string): ProcessStat {
  const fields = line
    .slice(line.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number)
  // Field numbers of the manual page; `fields` begins with the third.
  const field = (number: number) => fields[number - 3] ?? 0
  return {
    pid: Number.parseInt(line, 10),
    session: field(6),
    userSecs: (field(14) + field(16)) / TICKS_PER_SECOND,
    systemSecs: (field(15) + field(17)) / TICKS_PER_SECOND,
    rssBytes: field(24) * PAGE_BYTES,
  }
}

/** One snapshot of /proc, summed by session. */
export async function measureSessions(): Promise<Map<number, Usage>> {
  const usage = new Map<number, Usage>()
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue
    // A process may end between the listing and the reading.
    const line = await readFile(`/proc/${name}/stat`, 'utf8').catch(() => undefined)
    if (line === undefined) continue
    const stat = parseProcessStat(line)
    usage.set(stat.session, addUsage(usage.get(stat.session) ?? NO_USAGE, stat))
  }
  return usage
}

export function addUsage(a: Usage, b: Usage): Usage {
  const hundredths = (value: number) => Math.round(value * TICKS_PER_SECOND) / TICKS_PER_SECOND
  return {
    userSecs: hundredths(a.userSecs + b.userSecs),
    systemSecs: hundredths(a.systemSecs + b.systemSecs),
    rssBytes: a.rssBytes + b.rssBytes,
  }
}
