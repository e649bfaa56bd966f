/** Many clients of an event stream over one journal that is written to: how late each entry comes, and what a client costs. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { get, type IncomingMessage } from 'node:http'
import { join } from 'node:path'
import { JOURNAL_REMOTE } from '../support/journal-remote.ts'
import { exportEntry } from './log-journal.ts'
import { startBenchLogServer } from './log-server.ts'
import { formatSpread, spreadOf } from './statistics.ts'

const ENTRIES = 60
const INTERVAL_MS = 250
const SETTLE_MS = 3000

export async function logFollowers(scratch: string, count: number): Promise<void> {
  const directory = join(scratch, 'followed')
  mkdirSync(directory)
  const writer = spawn(JOURNAL_REMOTE, ['-o', join(directory, 'f.journal'), '-'], {
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  try {
    write(writer, 0)
    await settle()
    await using server = await startBenchLogServer(directory, scratch)
    const one = await follow(server.socketPath, [])
    await settle()
    const before = server.residentMib().now
    const delaysMs: number[] = []
    const followers = await Promise.all(Array.from({ length: count - 1 }, () => follow(server.socketPath, delaysMs)))
    await settle()
    for (let i = 1; i <= ENTRIES; i++) {
      write(writer, i)
      await new Promise(resolve => setTimeout(resolve, INTERVAL_MS))
    }
    await settle()
    const { now, peak } = server.residentMib()
    for (const each of [one, ...followers]) each.destroy()
    const sorted = delaysMs.sort((a, b) => a - b)
    const at = (share: number) => sorted[Math.floor((sorted.length - 1) * share)]?.toFixed(0)
    process.stdout.write(
      `${count} followers, ${ENTRIES} entries ${INTERVAL_MS} ms apart: ${sorted.length} of ${ENTRIES * (count - 1)} came; ` +
        `delay ms ${formatSpread(spreadOf(sorted), 0)}, p99 ${at(0.99)}\n` +
        `memory: ${before.toFixed(1)} MiB with one follower, ${now.toFixed(1)} with all (peak ${peak.toFixed(1)}): ` +
        `${(((now - before) * 1024) / count).toFixed(1)} KiB a follower\n`,
    )
  } finally {
    writer.stdin?.end()
    await once(writer, 'close')
  }
}

function write(writer: ChildProcess, i: number): void {
  writer.stdin?.write(exportEntry(i, `sent ${Date.now()}`))
}

async function follow(socketPath: string, delaysMs: number[]): Promise<IncomingMessage> {
  const request = get({
    socketPath,
    path: '/stream/?skip_prev=1&skip_next=0',
    agent: false,
    headers: { accept: 'text/event-stream' },
  })
  const [answer] = (await once(request, 'response')) as [IncomingMessage]
  let first = true
  answer.on('data', (chunk: Buffer) => {
    for (const [, sentMs] of chunk.toString('latin1').matchAll(/"MESSAGE":"sent (\d+)"/g)) {
      // What was there before is no news.
      if (first) first = false
      else delaysMs.push(Date.now() - Number(sentMs))
    }
  })
  answer.on('error', () => {})
  return answer
}

function settle(): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, SETTLE_MS))
}
