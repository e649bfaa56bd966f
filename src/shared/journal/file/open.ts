/**
 * A Journal over the journal files themselves; some ten times as fast as a journalctl child for each step. Where a file has a form that is
 * not known here, journalctl reads.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { type Clock, systemClock } from '../../time/clock.ts'
import { createAdmission, type JournalObserver, READERS_MAX } from '../admission.ts'
import { VALUES_MAX_BYTES } from '../entry.ts'
import { faults } from '../errors.ts'
import { openJournalctl } from '../journalctl.ts'
import type { Journal } from '../reader.ts'
import { CorruptPart } from './corrupt.ts'
import { openDirectories } from './directory.ts'
import { createFileReader } from './file-reader.ts'
import type { FileSet } from './file-set.ts'
import type { JournalDirectory } from './journal-directories.ts'

export interface JournalFilesOptions {
  /** Journal files below this directory, of whatever machine; the node's own journal when left out. */
  directory?: string
  /** Below which the node's own journal is; '/' unless a test says otherwise. */
  root?: string
  /** Readers at once, followers among them; of those for whom journalctl reads never more than READERS_MAX. */
  readersMax?: number
  /** Told what an operator counts. */
  observe?: JournalObserver
  /** Told once of each file that has a broken part, or a form that only journalctl knows, and once of one too many. */
  corrupt?(path: string, what: string): void
  clock?: Clock
  /** For the fallback; another program in tests. */
  program?: string
}

/** Values read without a turn of the event loop. */
const VALUES_BATCH = 256

/** After so long without a reader the files are closed: a descriptor keeps the space of a removed file. */
const REST_MS = 10_000

/** Where journald writes: kept over boots, and not. */
const JOURNALS = ['/var/log/journal', '/run/log/journal']

export function openJournalFiles(options: JournalFilesOptions = {}): Journal {
  const {
    directory,
    root = '/',
    readersMax = READERS_MAX,
    observe = {},
    corrupt = () => {},
    clock = systemClock,
  } = options
  const directories = directory === undefined ? ownDirectories(root) : [{ path: directory, optional: false }]
  const files = openDirectories({ directories, observe, corrupt, clock })
  const fallback = openJournalctl({ ...options, readersMax: Math.min(readersMax, READERS_MAX) })
  let resting = new AbortController()
  const places = createAdmission(readersMax, observe, readers => {
    resting.abort()
    if (readers === 0) rest()
  })

  function rest(): void {
    resting = new AbortController()
    clock.sleep(REST_MS, resting.signal).then(
      () => files.close(),
      () => {},
    )
  }

  /** True when a file is there that only journalctl can read. */
  function isUnsupported(): boolean {
    const snapshot = files.refresh()
    snapshot.release()
    return snapshot.unsupported !== undefined
  }

  return {
    async open(matches, signal, only) {
      const leave = await places.enter(signal)
      try {
        if (!isUnsupported()) return createFileReader(files, matches, signal, leave, only)
        observe.fellBack?.()
        leave()
        return await fallback.open(matches, signal)
      } catch (error) {
        leave()
        throw error
      }
    },
    async fieldValues(field, signal) {
      const leave = await places.enter(signal)
      try {
        if (!isUnsupported()) return await valuesOf(files, field, signal)
        observe.fellBack?.()
      } finally {
        leave()
      }
      return fallback.fieldValues(field, signal)
    },
  }
}

/** Each once; rejects with JOURNAL_VALUES_TOO_MANY when they are too many to hold. */
export async function valuesOf(files: FileSet, field: string, signal: AbortSignal): Promise<Uint8Array[]> {
  const snapshot = files.refresh()
  try {
    const values = new Map<string, Uint8Array>()
    let sizeBytes = 0
    let steps = 0
    for (const file of snapshot.files) {
      try {
        for (const value of file.values(field)) {
          const key = value.toString('latin1')
          if (!values.has(key)) {
            sizeBytes += value.length + 1
            if (sizeBytes > VALUES_MAX_BYTES) throw faults.VALUES_TOO_MANY(field, VALUES_MAX_BYTES)
            values.set(key, Buffer.from(value))
          }
          if (++steps % VALUES_BATCH > 0) continue
          await turn()
          signal.throwIfAborted()
        }
      } catch (error) {
        if (!(error instanceof CorruptPart)) throw error
        files.corrupt(file, error)
      }
    }
    return [...values.values()]
  } finally {
    snapshot.release()
  }
}

/** Of this machine alone, as journalctl does: other machines' journals may lie beside it. */
function ownDirectories(root: string): JournalDirectory[] {
  let machineId = ''
  try {
    machineId = readFileSync(join(root, '/etc/machine-id'), 'latin1').trim()
  } catch {
    // Then whatever is there.
  }
  return JOURNALS.map(path => ({ path: join(root, path, machineId), optional: true }))
}
