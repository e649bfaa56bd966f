/**
 * One file of a package store to disk, with its sha256: over HTTP with retries and limits, or from a directory (pkgpanda 3.1).
 * node:http rather than fetch: bodies are large, and undici costs 28 MiB.
 */
import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { get as httpGet, type IncomingMessage } from 'node:http'
import { get as httpsGet } from 'node:https'
import { resolve } from 'node:path'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { isFault } from '../src/shared/errors/fault.ts'
import { faults } from './errors.ts'
import { explainNoSpace, requireSpace } from './space.ts'

export interface DownloadOptions {
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
}

export interface Downloaded {
  readonly sha256: string
  readonly sizeBytes: number
}

/** [1.12] Before the second, third … attempt, ms. */
export const RETRY_DELAYS_MS = [1_000, 2_000, 4_000, 8_000]
/** Statuses that S3 and proxies give for a moment. */
const RETRIED_STATUSES = [500, 502, 504]
/** Without a byte for so long an attempt has failed. */
const IDLE_TIMEOUT_MS = 60_000
/** A store that sends less in a window than this has failed too: a trickle would hold the node's lock for days. */
const RATE_WINDOW_MS = 60_000
const RATE_WINDOW_MIN_BYTES = 64 * 1024
const REDIRECTS_MAX = 5
/** Of a file whose size nobody told. */
const SIZE_MAX_BYTES = 8 * 1024 ** 3

/** An attempt that may do better when repeated. */
class Transient extends Error {}
/** The store has no such file (404, ENOENT): also a Fault for the caller, told apart by `isMissing`. */
const MISSING = Symbol('missing')

/**
 * Writes the file's bytes to `file`, which is replaced. Rejects with PKGPANDA_DOWNLOAD_FAILED, PKGPANDA_NO_SPACE,
 * PKGPANDA_REPOSITORY_URL_MALFORMED; `file` may be there in part then.
 */
export async function download(url: string, file: string, options: DownloadOptions = {}): Promise<Downloaded> {
  const { sleep: wait = (ms: number) => sleep(ms) } = options
  for (let attempt = 0; ; attempt++) {
    try {
      return await attemptDownload(url, file, options)
    } catch (error) {
      if (isFault(error)) throw error
      const delayMs = RETRY_DELAYS_MS[attempt]
      if (!(error instanceof Transient) || delayMs === undefined) {
        const explained = explainNoSpace(error, file)
        if (isFault(explained)) throw explained
        throw faults
          .DOWNLOAD_FAILED(url, `${(error as Error).message}${attempt > 0 ? `, ${attempt + 1} attempts` : ''}`)
          .because(error)
      }
      await wait(delayMs)
    }
  }
}

/** True for the fault of a file that the store does not have, as against one that could not be asked for. */
export function isMissing(error: unknown): boolean {
  return isFault(error, 'PKGPANDA_DOWNLOAD_FAILED') && error.cause === MISSING
}

async function attemptDownload(url: string, file: string, options: DownloadOptions): Promise<Downloaded> {
  if (url.startsWith('file://')) {
    // A relative rest is resolved against the working directory, as tests of 1.9 use it.
    const path = resolve(url.slice('file://'.length))
    const found = await stat(path).catch(() => undefined)
    if (!found?.isFile()) throw faults.DOWNLOAD_FAILED(url, 'no such file').because(MISSING)
    return await receive(createReadStream(path), found.size, file, options)
  }
  if (!/^https?:\/\//.test(url) || !URL.canParse(url)) throw faults.REPOSITORY_URL_MALFORMED(url)
  const response = await request(url, url, 0)
  const announced = response.headers['content-length']
  return await receive(response, announced === undefined ? undefined : Number(announced), file, options)
}

/** Resolves with the head of a 200. Rejects with Transient or a Fault. */
function request(url: string, original: string, redirects: number): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const get = url.startsWith('https:') ? httpsGet : httpGet
    // One connection a file: a pool would keep the process from ending. identity: the digest is that of the plain file.
    const outgoing = get(url, { agent: false, headers: { 'accept-encoding': 'identity' } }, response => {
      const { statusCode = 0, headers } = response
      if (statusCode === 200) return resolve(response)
      response.resume()
      if (statusCode >= 300 && statusCode < 400 && headers.location !== undefined) {
        const next = URL.parse(headers.location, url)
        if (redirects >= REDIRECTS_MAX)
          return reject(faults.DOWNLOAD_FAILED(original, `more than ${REDIRECTS_MAX} redirects`))
        // Never to file:// or the like: a store may not make this node read its own files.
        if (next === null || !/^https?:$/.test(next.protocol)) {
          return reject(faults.DOWNLOAD_FAILED(original, `redirected to ${headers.location}`))
        }
        return resolve(request(next.href, original, redirects + 1))
      }
      const fault = faults.DOWNLOAD_FAILED(original, `status ${statusCode}`)
      if (statusCode === 404) fault.because(MISSING)
      reject(RETRIED_STATUSES.includes(statusCode) ? new Transient(`status ${statusCode}`) : fault)
    })
    outgoing.setTimeout(IDLE_TIMEOUT_MS, () => {
      outgoing.destroy(new Error(`nothing received for ${IDLE_TIMEOUT_MS / 1_000} s`))
    })
    outgoing.on('error', error => reject(new Transient(error.message, { cause: error })))
  })
}

async function receive(
  body: NodeJS.ReadableStream,
  total: number | undefined,
  file: string,
  { sizeBytes, limitBytes = SIZE_MAX_BYTES, progress, rateWindowMs = RATE_WINDOW_MS }: DownloadOptions,
): Promise<Downloaded> {
  const limit = sizeBytes ?? limitBytes
  requireSpace(file, { bytes: sizeBytes ?? total ?? 0, inodes: 1 })
  const hash = createHash('sha256')
  let received = 0
  const measure = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      received += chunk.length
      hash.update(chunk)
      progress?.(received, sizeBytes ?? total)
      done(received > limit ? new Error(`larger than ${limit} bytes`) : null, chunk)
    },
  })
  let receivedBefore = 0
  const rate = setInterval(() => {
    if (received - receivedBefore < RATE_WINDOW_MIN_BYTES) {
      measure.destroy(new Transient(`only ${received - receivedBefore} bytes in ${rateWindowMs / 1_000} s`))
    }
    receivedBefore = received
  }, rateWindowMs)
  try {
    await pipeline(body, measure, createWriteStream(file))
  } catch (error) {
    // The sender went away in the middle; anything else (ENOSPC, too large) does not get better by asking again.
    const { code } = error as NodeJS.ErrnoException
    if (
      code === 'ECONNRESET' ||
      code === 'ERR_STREAM_PREMATURE_CLOSE' ||
      (error as Error).message.startsWith('nothing received')
    ) {
      throw new Transient(`the connection broke after ${received} bytes`, { cause: error })
    }
    throw error
  } finally {
    clearInterval(rate)
  }
  // [1.13] Truncated bodies gave broken tarballs; without the header there is nothing to compare.
  if (total !== undefined && received !== total) throw new Transient(`${received} of ${total} bytes received`)
  return { sha256: hash.digest('hex'), sizeBytes: received }
}
