/**
 * A Journal over journalctl(1) children in the export format: one child for each move and each read, each from the cursor the last
 * one left. Slower than reading the files, but always right, on every systemd from 239 on: the fallback, and the tests' oracle.
 */
import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Readable } from 'node:stream'
import { type Clock, systemClock } from '../time/clock.ts'
import { createAdmission, type JournalObserver, READERS_MAX } from './admission.ts'
import { type Cursor, parseCursor, sameEntry } from './cursor.ts'
import { type JournalEntry, VALUES_MAX_BYTES } from './entry.ts'
import { faults } from './errors.ts'
import { createExportParser } from './export-format.ts'
import { journalctlMatches } from './matches.ts'
import type { Direction, Journal, JournalReader } from './reader.ts'

export interface JournalctlOptions {
  /** Journal files below this directory, of whatever machine; the node's own journal when left out. */
  directory?: string
  /** Readers at once. Each may have one child, which the unit's TasksMax= and MemoryMax= must bear. */
  readersMax?: number
  /** Told what an operator counts. */
  observe?: JournalObserver
  /** The program; another one in tests. */
  program?: string
  /** For followers. */
  clock?: Clock
}

/** What is kept of a child's complaints. */
const STDERR_MAX_BYTES = 4096

/** journalctl's -n is an int; more is as good as all. */
const LINES_MAX = 1_000_000_000n

/** Moving needs only the addresses, which are printed with any choice of fields; this one is, anyway. */
const ADDRESSES_ONLY = '--output-fields=_BOOT_ID'

/** systemd's own default for its services. */
const SEARCH_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

type Child = ChildProcessByStdio<null, Readable, Readable>

export function openJournalctl(options: JournalctlOptions = {}): Journal {
  const { directory, readersMax = READERS_MAX, observe = {}, program = 'journalctl', clock = systemClock } = options
  // -q: no remarks among the entries. --no-pager: nothing to ask the terminal.
  const common = ['-q', '--no-pager', ...(directory === undefined ? [] : [`--directory=${directory}`])]
  const places = createAdmission(readersMax, observe)

  /** Standard output of one child. Leaving the loop, or the signal, kills it; the loop ends when it has gone. */
  async function* output(args: readonly string[], signal: AbortSignal): AsyncGenerator<Buffer> {
    signal.throwIfAborted()
    // C.UTF-8: complaints are logged, and should not depend on the node's language.
    const env = { PATH: SEARCH_PATH, LC_ALL: 'C.UTF-8', SYSTEMD_COLORS: '0' }
    const child: Child = spawn(program, [...common, ...args], { stdio: ['ignore', 'pipe', 'pipe'], env })
    const complaints = collect(child.stderr, STDERR_MAX_BYTES)
    const ended = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>
    ended.catch(() => {})
    // It only reads: nothing is lost by the hardest signal, and a stuck one must not outlive its request.
    const kill = () => void child.kill('SIGKILL')
    signal.addEventListener('abort', kill, { once: true })
    try {
      // A child that could not be started ends its output and rejects `ended`.
      for await (const chunk of child.stdout as AsyncIterable<Buffer>) yield chunk
      const [status] = await ended.catch(error => {
        throw faults.UNAVAILABLE(`${program} cannot be started`).because(error)
      })
      signal.throwIfAborted()
      if (status !== 0) throw faults.UNAVAILABLE('journalctl failed').because(complaints() || `exit status ${status}`)
    } catch (error) {
      if (!signal.aborted) observe.failed?.()
      throw error
    } finally {
      signal.removeEventListener('abort', kill)
      if (child.exitCode === null && child.signalCode === null) kill()
      await ended.catch(() => {})
    }
  }

  async function* entriesOf(args: readonly string[], signal: AbortSignal): AsyncGenerator<JournalEntry[]> {
    const parser = createExportParser()
    try {
      for await (const chunk of output(['-o', 'export', ...args], signal)) {
        const entries = parser.push(chunk)
        if (entries.length > 0) yield entries
      }
    } finally {
      if (parser.cut > 0) observe.fieldsCut?.(parser.cut)
    }
  }

  return {
    async open(matches, signal) {
      const args = journalctlMatches(matches)
      const leave = await places.enter(signal)
      const read = (options: readonly string[]) =>
        args === undefined ? nothing() : entriesOf([...options, '--', ...args], signal)
      return createReader(read, clock, signal, leave)
    },

    async fieldValues(field, signal) {
      const leave = await places.enter(signal)
      try {
        const chunks: Buffer[] = []
        let sizeBytes = 0
        for await (const chunk of output([`--field=${field}`], signal)) {
          sizeBytes += chunk.length
          if (sizeBytes > VALUES_MAX_BYTES) throw faults.UNAVAILABLE(`${field} has too many values`)
          chunks.push(chunk)
        }
        return lines(Buffer.concat(chunks, sizeBytes))
      } finally {
        leave()
      }
    },
  }
}

/** How often a follower looks again: there is no child that tells, and each look is one. */
const POLL_MS = 1_000

type Read = (options: readonly string[]) => AsyncIterable<JournalEntry[]>

/** The place is a cursor; each step is a new child that starts there. */
function createReader(read: Read, clock: Clock, signal: AbortSignal, close: () => void): JournalReader {
  let place: 'head' | 'tail' | Cursor = 'head'
  /** How the last seek looked, while it stands behind the last entry because that found nothing. */
  let sought: readonly string[] | undefined

  const start = (): string[] => (typeof place === 'string' ? [] : [`--cursor=${place.text}`])

  /** True for the entry it stands on, unless that was vacuumed meanwhile: then journalctl begins with the next one. */
  const isHere = (entry: JournalEntry | undefined): boolean =>
    typeof place !== 'string' && entry !== undefined && sameEntry(parseCursor(entry.cursor), place)

  /** Moves over at most `count` entries beyond the one it stands on, and stays on the last one met. */
  async function move(direction: Direction, count: bigint): Promise<bigint> {
    let moved = 0n
    let last: JournalEntry | undefined
    const lines = typeof place === 'string' ? count : count + 1n
    let first = true
    for await (const batch of read([ADDRESSES_ONLY, ...start(), ...directed(direction, place, lines)])) {
      for (const entry of batch) {
        if (first && isHere(entry)) moved--
        first = false
        if (moved >= count) break
        moved++
        last = entry
      }
      if (moved >= count) break
    }
    if (last) place = parseCursor(last.cursor)
    // Nothing matches: behind the last is before the first, and who follows from there misses nothing.
    else if (place === 'tail') place = 'head'
    return moved > 0n ? moved : 0n
  }

  async function first(options: readonly string[]): Promise<Cursor | undefined> {
    for await (const [entry] of read([ADDRESSES_ONLY, ...options])) if (entry) return parseCursor(entry.cursor)
    return undefined
  }

  async function seek(options: readonly string[]): Promise<void> {
    place = (await first(options)) ?? 'tail'
    sought = options
  }

  /**
   * From behind the last entry to that entry, which is not to be delivered, for a follower. What was added since the reader was put
   * there is found by looking again in the same way, once the last entry is known. Resolves to whether to skip the current entry.
   */
  async function standOnLast(): Promise<boolean> {
    const last = await first(['--reverse', '--lines=1'])
    const added = sought && (await first(sought))
    place = added ?? last ?? 'head'
    return added === undefined
  }

  return {
    current: () => (typeof place === 'string' ? undefined : place),
    seekHead() {
      place = 'head'
    },
    seekTail() {
      place = 'tail'
      sought = undefined
    },
    seekCursor: cursor => seek([`--cursor=${cursor.text}`, '--lines=1']),
    // journalctl's @ takes seconds with decimals. No --lines: with --since it means the last ones from systemd 254 on.
    seekRealtime: realtimeUs => seek([`--since=@${(realtimeUs / 1e6).toFixed(6)}`]),
    next: async count => (place === 'tail' || count === 0n ? 0n : move('forwards', count)),
    previous: async count => (place === 'head' || count === 0n ? 0n : move('backwards', count)),
    async *entries(direction, limit, skipCurrent) {
      if (place === (direction === 'forwards' ? 'tail' : 'head')) return
      // One more than wanted, in case the first is not.
      const lines = limit === 0n ? LINES_MAX : limit + 1n
      let left = limit === 0n ? undefined : limit
      let first = skipCurrent
      for await (const batch of read([...start(), ...directed(direction, place, lines)])) {
        const wanted = first && isHere(batch[0]) ? batch.slice(1) : batch
        first = false
        const taken = left !== undefined && left < BigInt(wanted.length) ? wanted.slice(0, Number(left)) : wanted
        if (taken.length > 0) yield taken
        if (left === undefined) continue
        left -= BigInt(taken.length)
        if (left === 0n) return
      }
    },
    async *follow(skipCurrent) {
      let skip = place === 'tail' ? await standOnLast() : skipCurrent
      for (;;) {
        for await (const entries of this.entries('forwards', 0n, skip)) {
          // What was removed meanwhile cannot be told: journalctl goes on with what there is.
          yield { entries, lost: 0n }
          place = parseCursor(entries.at(-1)!.cursor)
          skip = true
        }
        yield { entries: [], lost: 0n }
        await clock.sleep(POLL_MS, signal)
      }
    },
    async [Symbol.asyncDispose]() {
      close()
    },
  }
}

/**
 * Direction and number of lines. From the head a number cannot be given, since -n alone means the last ones (`-n +N` came with
 * systemd 254): there the reader stops by itself.
 */
function directed(direction: Direction, from: 'head' | 'tail' | Cursor, count: bigint): string[] {
  const lines = from === 'head' || count >= LINES_MAX ? [] : [`--lines=${count}`]
  return direction === 'backwards' ? ['--reverse', ...lines] : lines
}

async function* nothing(): AsyncGenerator<JournalEntry[]> {}

/** What a stream says, up to a limit; it is read on, so that the writer never waits. */
function collect(stream: Readable, limitBytes: number): () => string {
  const chunks: Buffer[] = []
  let sizeBytes = 0
  stream.on('data', (chunk: Buffer) => {
    if (sizeBytes < limitBytes) chunks.push(chunk.subarray(0, limitBytes - sizeBytes))
    sizeBytes += chunk.length
  })
  return () => Buffer.concat(chunks).toString('utf8').trim()
}

function lines(output: Buffer): Uint8Array[] {
  const values: Uint8Array[] = []
  for (let at = 0; at < output.length; ) {
    const end = output.indexOf(10, at)
    values.push(output.subarray(at, end < 0 ? output.length : end))
    if (end < 0) break
    at = end + 1
  }
  return values
}
