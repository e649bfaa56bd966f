/**
 * One file of a package store to disk, with its sha256: over HTTP with retries, limits and going on where a connection broke
 * (RFC 9110 14), or from a directory (pkgpanda 3.1).
 */
import { open, stat } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { isFault } from '../../../src/shared/errors/fault.ts'
import { explainNoSpace, requireSpace } from '../../disk/space.ts'
import { faults } from '../../errors.ts'
import { type DownloadFile, openDownloadFile, readFrom } from './download-file.ts'
import { type GetOptions, getFile, MISSING, Transient } from './http-get.ts'
import type { DownloadOrigin, PartialDownload } from './partial-download.ts'
import { publicText, publicUrl } from './public-url.ts'

export interface DownloadOptions extends Omit<GetOptions, 'headers'> {
  /** A body of another size fails; also the bound while it is read. */
  sizeBytes?: number
  /** The bound while a body whose size nobody knows is read. */
  limitBytes?: number
  /** Called now and then with bytes so far and, when known, of all. */
  progress?: (received: number, total: number | undefined) => void
  /** Before each retry; tests hand in one that does not wait. */
  sleep?: (ms: number) => Promise<unknown>
  /** Over which the least rate is measured; a shorter one in tests. */
  rateWindowMs?: number
  /** What is there of this file; needs sizeBytes, and a caller who holds the whole against a digest. */
  partial?: PartialDownload | undefined
}

export interface Downloaded {
  readonly sha256: string
  readonly sizeBytes: number
  /** Some of the bytes came in an earlier connection than the last ones, maybe from another file. */
  readonly resumed: boolean
}

/** [1.12] Before the second, third … attempt, ms. */
export const RETRY_DELAYS_MS = [1_000, 2_000, 4_000, 8_000]
/** An attempt that brought so much more of the file than any before does not count as a failure. */
const ADVANCE_MIN_BYTES = 1024 * 1024
/** A store that sends less in a window than this has failed too: a trickle would hold the node's lock for days. */
const RATE_WINDOW_MS = 60_000
const RATE_WINDOW_MIN_BYTES = 64 * 1024
/** Of a file whose size nobody told. */
const SIZE_MAX_BYTES = 8 * 1024 ** 3

/**
 * Writes the file's bytes to `file`, which is replaced, or gone on with when it is `partial`'s. Rejects with
 * PKGPANDA_DOWNLOAD_FAILED, PKGPANDA_NO_SPACE, PKGPANDA_DISK_FAILED, PKGPANDA_REPOSITORY_URL_MALFORMED; `file` may be
 * there in part then.
 */
export async function download(url: string, file: string, options: DownloadOptions = {}): Promise<Downloaded> {
  const { sleep: wait = (ms: number) => sleep(ms), partial } = options
  try {
    requireSpace(file, { bytes: options.sizeBytes ?? 0, inodes: 2 })
    await using sink = await openDownloadFile(file, partial?.origin() !== undefined)
    let furthest = sink.sizeBytes()
    for (let failures = 0, attempts = 1; ; attempts++) {
      try {
        const resumed = await attemptDownload(url, sink, options)
        return { sha256: sink.digest(), sizeBytes: sink.sizeBytes(), resumed }
      } catch (error) {
        const advanced = partial !== undefined && sink.sizeBytes() >= furthest + ADVANCE_MIN_BYTES
        furthest = Math.max(furthest, sink.sizeBytes())
        if (advanced) failures = 0
        const delayMs = RETRY_DELAYS_MS[failures]
        if (!(error instanceof Transient)) throw error
        if (delayMs === undefined) {
          throw faults.DOWNLOAD_FAILED(publicUrl(url), `${error.message}, ${attempts} attempts`).because(error)
        }
        failures += 1
        await wait(Math.max(delayMs, error.retryAfterMs))
      }
    }
  } catch (error) {
    const explained = explainNoSpace(error, file)
    if (isFault(explained)) throw explained
    throw faults.DOWNLOAD_FAILED(publicUrl(url), publicText((error as Error).message)).because(error)
  }
}

/** True for the fault of a file that the store does not have, as against one that could not be asked for. */
export function isMissing(error: unknown): boolean {
  return isFault(error, 'PKGPANDA_DOWNLOAD_FAILED') && error.cause === MISSING
}

/** Resolves to whether it went on where another attempt ended. Rejects with Transient when it may do better next time. */
async function attemptDownload(url: string, sink: DownloadFile, options: DownloadOptions): Promise<boolean> {
  const { partial, sizeBytes } = options
  if (url.startsWith('file://')) {
    // A relative rest is resolved against the working directory, as tests of 1.9 use it.
    const path = resolve(url.slice('file://'.length))
    const found = await stat(path).catch(() => undefined)
    if (!found?.isFile()) throw faults.DOWNLOAD_FAILED(url, 'no such file').because(MISSING)
    await restart(sink, partial, { url })
    requireSpace(sink.path, { bytes: found.size, inodes: 1 })
    await using source = await open(path)
    // One buffer for all of it: a stream's own ones would be in memory until the next collection.
    for await (const chunk of readFrom(source)) await append(sink, chunk, options)
    return false
  }
  const origin = partial?.origin()
  if (sink.sizeBytes() > (sizeBytes ?? 0) || origin === undefined) await sink.restart()
  const from = sink.sizeBytes()
  if (from > 0 && from === sizeBytes) return true

  const headers = from > 0 && origin ? rangeHeaders(from, url, origin) : {}
  const response = await getFile(url, { ...options, headers })
  const validator = validatorOf(response)
  if (response.statusCode === 200) await restart(sink, partial, { url, ...(validator ? { validator } : {}) })
  else if (from === 0 || !isRest(response, from, sizeBytes) || !isSame(validator, url, origin)) {
    // A rest of something else than what is here: from the beginning, then.
    response.destroy()
    await sink.restart()
    partial?.forget()
    throw new Transient(`status ${response.statusCode} for a part that does not fit`)
  }
  await receive(response, sink, options)
  return response.statusCode === 206
}

/** If-Range only where the validator came from: another store has another one for the same bytes, and the digest decides. */
function rangeHeaders(from: number, url: string, { url: before, validator }: DownloadOrigin): Record<string, string> {
  const condition: Record<string, string> = url === before && validator ? { 'if-range': validator } : {}
  return { range: `bytes=${from}-`, ...condition }
}

/** A strong ETag, else the date. */
function validatorOf({ headers }: IncomingMessage): string | undefined {
  return headers.etag && !headers.etag.startsWith('W/') ? headers.etag : headers['last-modified']
}

/** `bytes 100-199/200` for the rest from 100 of 200 bytes (RFC 9110 14.4). */
function isRest({ statusCode, headers }: IncomingMessage, from: number, sizeBytes: number | undefined): boolean {
  const [, first, last, total] = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(headers['content-range'] ?? '') ?? []
  const end = sizeBytes === undefined ? undefined : sizeBytes - 1
  return (
    statusCode === 206 &&
    Number(first) === from &&
    Number(last) === end &&
    (total === '*' || Number(total) === sizeBytes)
  )
}

/** Some servers ignore If-Range. */
function isSame(validator: string | undefined, url: string, origin: DownloadOrigin | undefined): boolean {
  return (
    url !== origin?.url || validator === undefined || origin.validator === undefined || validator === origin.validator
  )
}

async function restart(
  sink: DownloadFile,
  partial: PartialDownload | undefined,
  origin: DownloadOrigin,
): Promise<void> {
  await sink.restart()
  partial?.begin(origin)
}

async function receive(response: IncomingMessage, sink: DownloadFile, options: DownloadOptions): Promise<void> {
  const { sizeBytes, rateWindowMs = RATE_WINDOW_MS } = options
  const announced = response.headers['content-length']
  const total = announced === undefined ? sizeBytes : sink.sizeBytes() + Number(announced)
  // Before the disk is asked: a store that announces what never was would pass for a full disk, and no other store would be tried.
  const limit = limitOf(options)
  if (total !== undefined && total > limit) {
    response.destroy()
    throw new Error(`larger than ${limit} bytes`)
  }
  requireSpace(sink.path, { bytes: (total ?? 0) - sink.sizeBytes(), inodes: 1 })
  let before = sink.sizeBytes()
  const rate = setInterval(() => {
    const bytes = sink.sizeBytes() - before
    before = sink.sizeBytes()
    if (bytes < RATE_WINDOW_MIN_BYTES)
      response.destroy(new Transient(`only ${bytes} bytes in ${rateWindowMs / 1_000} s`))
  }, rateWindowMs)
  let writing = false
  try {
    for await (const chunk of response) {
      writing = true
      await append(sink, chunk, options, total)
      writing = false
    }
  } catch (error) {
    // A full disk or too large a file does not get better by asking again; that the sender went away may.
    if (writing || error instanceof Transient) throw error
    throw new Transient(`the connection broke after ${sink.sizeBytes()} bytes (${(error as Error).message})`, {
      cause: error,
    })
  } finally {
    clearInterval(rate)
  }
  // [1.13] Truncated bodies gave broken tarballs; without the header and an index there is nothing to compare.
  if (total !== undefined && sink.sizeBytes() !== total) {
    throw new Transient(`${sink.sizeBytes()} of ${total} bytes received`)
  }
}

async function append(sink: DownloadFile, chunk: Buffer, options: DownloadOptions, total?: number): Promise<void> {
  const { sizeBytes, progress } = options
  const limit = limitOf(options)
  if (sink.sizeBytes() + chunk.length > limit) throw new Error(`larger than ${limit} bytes`)
  await sink.append(chunk)
  progress?.(sink.sizeBytes(), sizeBytes ?? total)
}

function limitOf({ sizeBytes, limitBytes = SIZE_MAX_BYTES }: DownloadOptions): number {
  return sizeBytes ?? limitBytes
}
