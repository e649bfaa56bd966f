/** A journal to measure with: one file of entries as journald writes them for the output of services, the same for the same count. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { JOURNAL_REMOTE } from '../support/journal-remote.ts'

/** One of so many entries has the field that the filter looks for. */
export const SELDOM_EVERY = 5000
export const SELDOM_FILTER = 'SELDOM:yes'

const UNITS = 40
const BOOT = 'b'.repeat(32)

/** Writes `count` entries into `directory` and resolves to the file's path. Rejects when systemd-journal-remote fails. */
export async function writeBenchJournal(directory: string, count: number): Promise<string> {
  const path = join(directory, 'bench.journal')
  const child = spawn(JOURNAL_REMOTE, ['-o', path, '-'], { stdio: ['pipe', 'ignore', 'inherit'] })
  const closed = once(child, 'close')
  await pipeline(Readable.from(exportEntries(count)), child.stdin)
  const [status] = await closed
  if (status !== 0) throw new Error(`${JOURNAL_REMOTE} ended with ${status}`)
  return path
}

/** The export format of systemd, a thousand entries a chunk. */
function* exportEntries(count: number): Generator<string> {
  let chunk: string[] = []
  for (let i = 0; i < count; i++) {
    chunk.push(exportEntry(i))
    if (chunk.length < 1000) continue
    yield chunk.join('')
    chunk = []
  }
  yield chunk.join('')
}

/** One service's line with the 20 fields journald gives it. */
export function exportEntry(i: number, message = benchMessage(i)): string {
  const unit = (i * 7) % UNITS
  const timeUs = 1_500_000_000_000_000 + i * 200
  const fields = {
    __REALTIME_TIMESTAMP: timeUs,
    __MONOTONIC_TIMESTAMP: 1_000_000 + i * 200,
    _BOOT_ID: BOOT,
    _MACHINE_ID: 'a'.repeat(32),
    _HOSTNAME: 'agent-1.example.com',
    PRIORITY: i % 50 === 0 ? 4 : 6,
    SYSLOG_FACILITY: 3,
    SYSLOG_IDENTIFIER: `service-${unit}`,
    _UID: 0,
    _GID: 0,
    _SYSTEMD_SLICE: 'system.slice',
    _CAP_EFFECTIVE: '1ffffffffff',
    _TRANSPORT: 'stdout',
    _SELINUX_CONTEXT: 'unconfined\\x0a',
    _STREAM_ID: unit.toString(16).padStart(32, '0'),
    _PID: 1000 + unit,
    _COMM: `service-${unit}`,
    _EXE: `/opt/mesosphere/packages/service-${unit}/bin/service`,
    _CMDLINE: `/opt/mesosphere/packages/service-${unit}/bin/service --config=/opt/mesosphere/etc/service-${unit}.json`,
    _SYSTEMD_CGROUP: `/system.slice/service-${unit}.service`,
    _SYSTEMD_UNIT: `service-${unit}.service`,
    _SYSTEMD_INVOCATION_ID: (unit + 100).toString(16).padStart(32, '0'),
    MESSAGE: message,
    ...(i % SELDOM_EVERY === 17 && { SELDOM: 'yes' }),
  }
  const lines = Object.entries(fields).map(([name, value]) => `${name}=${value}\n`)
  return `${lines.join('')}\n`
}

function benchMessage(i: number): string {
  return `I0425 10:15:${String(i % 60).padStart(2, '0')}.${i % 1_000_000} http.cpp:${i % 900}] HTTP GET for /slave(1)/state from 10.0.${i % 255}.${(i * 3) % 255}:${30_000 + (i % 20_000)} answered in ${i % 977} us`
}
