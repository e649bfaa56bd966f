/**
 * Metrics that daemons which leave when nobody asks wrote into a directory (architecture 2): read at a scrape, parsed only when a
 * file has changed. Whoever may write there could put anything there: only regular files, bounded in count and size, and a bad one
 * costs its own metrics alone, visibly.
 */
import { constants } from 'node:fs'
import { open, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { isFault } from '../../shared/errors/fault.ts'
import { errorFields, type Log } from '../../shared/log/journald.ts'
import { faults } from '../errors.ts'
import { parseFamilies, TextFormatError } from './parse.ts'
import type { Family } from './text.ts'

/** Says whose series it is, under the name that 1.12 gave it. */
export const COMPONENT_LABEL = 'dcos_component_name'

export const RELAY_FILES_MAX = 64
export const RELAY_FILE_MAX_BYTES = 1024 * 1024
/** All of them together: what is held parsed, and sent at every scrape. A daemon's file has some 20 KB. */
export const RELAY_TOTAL_MAX_BYTES = 4 * 1024 * 1024

/** `<daemon>.prom`; names starting with a dot are files being written. */
const FILE_NAME = /^([a-z0-9][a-z0-9-]{0,63})\.prom$/

export interface RelayState {
  served: number
  /** Not regular, too large, beyond the count or the size of all, of a name that is none, or not readable. */
  refused: number
  /** Not of the text format. */
  malformed: number
}

export interface Relay {
  /** One list a file, by file name. Never rejects. */
  families(): Promise<readonly (readonly Family[])[]>
  /** Of the last call of `families`. */
  state(): RelayState
}

interface CachedFile {
  /** Changes whenever the content does: our writers rename a new file into place. */
  identity: string
  outcome: readonly Family[] | 'malformed' | 'refused'
  /** Of the file, when it is served. */
  sizeBytes: number
}

export function createRelay({ directory, log }: { directory: string; log: Log }): Relay {
  let cache = new Map<string, CachedFile>()
  let state: RelayState = { served: 0, refused: 0, malformed: 0 }
  let reading: Promise<readonly (readonly Family[])[]> | undefined

  async function read(): Promise<readonly (readonly Family[])[]> {
    const all = (await listDirectory(directory)).filter(name => !name.startsWith('.')).sort()
    // Whatever else lies there must not push daemons beyond the count.
    const names = [...all.filter(name => FILE_NAME.test(name)), ...all.filter(name => !FILE_NAME.test(name))]
    const next = new Map<string, CachedFile>()
    let roomBytes = RELAY_TOTAL_MAX_BYTES
    for (const name of names.slice(0, RELAY_FILES_MAX)) {
      const file = await readCached(name, roomBytes)
      next.set(name, file)
      roomBytes -= file.sizeBytes
    }
    cache = next
    const outcomes = [...next.values()].map(({ outcome }) => outcome)
    const count = (wanted: string) => outcomes.filter(outcome => outcome === wanted).length
    const served = outcomes.filter(outcome => typeof outcome !== 'string')
    state = {
      served: served.length,
      refused: count('refused') + names.length - outcomes.length,
      malformed: count('malformed'),
    }
    return served
  }

  async function readCached(name: string, roomBytes: number): Promise<CachedFile> {
    const before = cache.get(name)
    try {
      const { identity, load, sizeBytes } = await openFile(directory, name, before?.identity, roomBytes)
      if (!load) return before as CachedFile
      return { identity, outcome: load, sizeBytes }
    } catch (error) {
      if (!isFault(error)) throw error
      const outcome = error.code === 'METRICS_RELAY_FILE_MALFORMED' ? 'malformed' : 'refused'
      const identity = String(error.details.identity ?? '')
      // Told once for each content, not at each scrape.
      if (before?.outcome !== outcome || before.identity !== identity)
        log.warning('a metrics file cannot be relayed, serving the others', errorFields(error))
      return { identity, outcome, sizeBytes: 0 }
    }
  }

  return {
    families() {
      // Two scrapes at once share one reading.
      reading ??= read().finally(() => {
        reading = undefined
      })
      return reading
    },
    state: () => state,
  }
}

async function listDirectory(directory: string): Promise<string[]> {
  try {
    return await readdir(directory)
  } catch {
    // Not there before the unit's first step has made it: nobody has anything to tell yet.
    return []
  }
}

/** Families of the file, or no `load` when it is still the one of `known`. Throws METRICS_RELAY_FILE_*. */
async function openFile(
  directory: string,
  name: string,
  known: string | undefined,
  roomBytes: number,
): Promise<{ identity: string; load?: readonly Family[]; sizeBytes: number }> {
  const path = join(directory, name)
  const daemon = FILE_NAME.exec(name)?.[1]
  if (daemon === undefined)
    throw faults.RELAY_FILE_REFUSED(path, 'it is not named <daemon>.prom').with({ identity: name })
  const refused = (why: string, identity: string) => faults.RELAY_FILE_REFUSED(path, why).with({ identity })
  let file: Awaited<ReturnType<typeof open>>
  try {
    // A pipe would hold the open up for ever, a link could lead anywhere.
    file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW)
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? String(error)
    throw refused(code === 'ELOOP' ? 'it is a symbolic link' : code, code).because(error)
  }
  try {
    const stat = await file.stat({ bigint: true })
    const identity = `${stat.ino}.${stat.mtimeNs}.${stat.size}`
    const sizeBytes = Number(stat.size)
    // Under another identity, since it is served again as soon as others have shrunk.
    if (stat.isFile() && sizeBytes <= RELAY_FILE_MAX_BYTES && sizeBytes > roomBytes)
      throw refused(`all together are larger than ${RELAY_TOTAL_MAX_BYTES} bytes`, `beyond.${identity}`)
    if (identity === known) return { identity, sizeBytes }
    if (!stat.isFile()) throw refused('it is not a regular file', identity)
    if (sizeBytes > RELAY_FILE_MAX_BYTES) throw refused(`it is larger than ${RELAY_FILE_MAX_BYTES} bytes`, identity)
    const content = Buffer.alloc(sizeBytes)
    const { bytesRead } = await file.read(content, 0, content.length, 0)
    try {
      const text = content.toString('utf8', 0, bytesRead)
      return { identity, load: parseFamilies(text, [COMPONENT_LABEL, daemon]), sizeBytes }
    } catch (error) {
      if (!(error instanceof TextFormatError)) throw error
      throw faults.RELAY_FILE_MALFORMED(path, error.line, error.message).with({ identity })
    }
  } finally {
    await file.close()
  }
}
