/**
 * What a killed or broken download left, kept to go on from: `.part-<hash>` in the repository, named by the file's path in
 * the store and the digest it must have, so that another store of the same file will do. The digest of the whole decides.
 */
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isFault } from '../../../src/shared/errors/fault.ts'
import { acquireLock } from '../../swap/lock.ts'

/** The leading dot can never begin an id. */
export const PARTIAL_PREFIX = '.part-'

/** Longer than a week nobody waits for a package. */
const KEPT_MAX_MS = 7 * 24 * 60 * 60 * 1_000
const KEPT_MAX_BYTES = 2 * 1024 ** 3

/** Where the bytes came from, and the validator that the store gave for them (RFC 9110 8.8), if any. */
export interface DownloadOrigin {
  readonly url: string
  readonly validator?: string
}

export interface PartialDownload extends AsyncDisposable {
  readonly file: string
  /** Undefined when nothing is there to go on from. */
  origin(): DownloadOrigin | undefined
  /** Before the first byte of a new beginning. */
  begin(origin: DownloadOrigin): void
  /** The file stays, but is nothing to go on from. */
  forget(): void
  discard(): void
}

/** Undefined while another process downloads the same file into the same directory: bytes of two would be mixed. */
export async function openPartialDownload(
  directory: string,
  path: string,
  sha256: string,
): Promise<PartialDownload | undefined> {
  const name = createHash('sha256').update(`${path}\0${sha256}`).digest('hex').slice(0, 32)
  const file = join(directory, PARTIAL_PREFIX + name)
  const originFile = `${file}.json`
  let lock: AsyncDisposable
  try {
    lock = await acquireLock(file, 'fetch')
  } catch (error) {
    if (isFault(error, 'PKGPANDA_LOCKED')) return undefined
    throw error
  }
  return {
    file,
    origin: () => readOrigin(originFile),
    begin: origin => writeFileSync(originFile, JSON.stringify(origin), { mode: 0o600 }),
    forget: () => rmSync(originFile, { force: true }),
    discard() {
      rmSync(file, { force: true })
      rmSync(originFile, { force: true })
    },
    [Symbol.asyncDispose]: () => lock[Symbol.asyncDispose](),
  }
}

/** Removes what is older than a week, and the oldest of what is more than 2 GiB together. */
export function sweepPartialDownloads(directory: string, nowMs: number): void {
  const found = readdirSync(directory)
    .filter(name => name.startsWith(PARTIAL_PREFIX))
    .map(name => join(directory, name))
    .flatMap(path => {
      const stat = statSync(path, { throwIfNoEntry: false })
      return stat ? [{ path, sizeBytes: stat.size, modifiedMs: stat.mtimeMs }] : []
    })
    .sort((left, right) => right.modifiedMs - left.modifiedMs)
  let keptBytes = 0
  for (const { path, sizeBytes, modifiedMs } of found) {
    keptBytes += sizeBytes
    if (nowMs - modifiedMs > KEPT_MAX_MS || keptBytes > KEPT_MAX_BYTES) rmSync(path, { force: true })
  }
}

function readOrigin(file: string): DownloadOrigin | undefined {
  try {
    const { url, validator } = JSON.parse(readFileSync(file, 'utf8'))
    if (typeof url !== 'string' || (validator !== undefined && typeof validator !== 'string')) return undefined
    return validator === undefined ? { url } : { url, validator }
  } catch {
    // Missing, or cut off by a power cut: the bytes beside it are worth nothing then.
    return undefined
  }
}
