/**
 * One GET of a package store: redirects followed, statuses told apart, silence ended. node:http rather than fetch: bodies are
 * large, and undici costs 28 MiB.
 */
import { get as httpGet, type IncomingMessage } from 'node:http'
import { get as httpsGet } from 'node:https'
import { faults } from '../../errors.ts'
import { type Agents, makeAgents } from './proxy.ts'
import { publicText, publicUrl } from './public-url.ts'

export interface GetOptions {
  readonly headers?: Readonly<Record<string, string>>
  /** Direct connections when left out. */
  readonly agents?: Agents | undefined
  /** Until the head of the answer is there, over name lookup, connection, TLS and proxy. */
  readonly headTimeoutMs?: number
  /** Without a byte for so long an attempt has failed. */
  readonly idleTimeoutMs?: number
}

const HEAD_TIMEOUT_MS = 30_000
const IDLE_TIMEOUT_MS = 60_000
const REDIRECTS_MAX = 5
/** The whole file, a part of it, or "that part does not exist". */
const ANSWERS = [200, 206, 416]
/**
 * Statuses that S3, load balancers and proxies give for a moment.
 * DEPARTURE (pkgpanda 2.4): 1.12 gave up at 503, which is what a load balancer says while its server restarts.
 */
const RETRIED_STATUSES = [500, 502, 503, 504]
/** A store may ask for more patience; a node that boots has no more. */
const RETRY_AFTER_MAX_MS = 60_000

/** An attempt that may do better when repeated. */
export class Transient extends Error {
  /** What the store asked for with Retry-After, bounded. */
  readonly retryAfterMs: number

  constructor(message: string, { cause, retryAfterMs = 0 }: { cause?: unknown; retryAfterMs?: number } = {}) {
    super(publicText(message), { cause })
    this.retryAfterMs = retryAfterMs
  }
}

/** The store has no such file (404, ENOENT): the cause of a PKGPANDA_DOWNLOAD_FAILED, told apart by `isMissing`. */
export const MISSING = Symbol('missing')

/** Resolves with the head of a 200, 206 or 416. Rejects with Transient, PKGPANDA_DOWNLOAD_FAILED, PKGPANDA_REPOSITORY_URL_MALFORMED. */
export function getFile(url: string, options: GetOptions = {}): Promise<IncomingMessage> {
  if (!/^https?:\/\//.test(url) || !URL.canParse(url)) throw faults.REPOSITORY_URL_MALFORMED(publicUrl(url))
  return follow(url, url, 0, { ...options, agents: options.agents ?? makeAgents({}) })
}

function follow(url: string, original: string, redirects: number, options: GetOptions): Promise<IncomingMessage> {
  const { agents, headTimeoutMs = HEAD_TIMEOUT_MS, idleTimeoutMs = IDLE_TIMEOUT_MS } = options
  const secure = url.startsWith('https:')
  return new Promise((resolve, reject) => {
    let answer: IncomingMessage | undefined
    const failed = (why: string) => faults.DOWNLOAD_FAILED(publicUrl(original), why)
    // identity: the digest is that of the plain file.
    const settings = {
      agent: secure ? agents?.https : agents?.http,
      headers: { 'accept-encoding': 'identity', ...options.headers },
    }
    const outgoing = (secure ? httpsGet : httpGet)(url, settings, response => {
      clearTimeout(headTimer)
      const { statusCode = 0, headers } = response
      if (ANSWERS.includes(statusCode)) {
        answer = response
        return resolve(response)
      }
      // Not read to its end, which may never come.
      response.destroy()
      if (statusCode >= 300 && statusCode < 400 && headers.location !== undefined) {
        const next = URL.parse(headers.location, url)
        if (redirects >= REDIRECTS_MAX) return reject(failed(`more than ${REDIRECTS_MAX} redirects`))
        // Never to file:// or the like: a store may not make this node read its own files. Nor out of TLS.
        if (next === null || !/^https?:$/.test(next.protocol) || (secure && next.protocol === 'http:')) {
          return reject(failed(`redirected to ${publicUrl(headers.location)}`))
        }
        return resolve(follow(next.href, original, redirects + 1, options))
      }
      if (RETRIED_STATUSES.includes(statusCode)) {
        const retryAfterMs = parseRetryAfter(headers['retry-after'], Date.now())
        return reject(new Transient(`status ${statusCode}`, { retryAfterMs }))
      }
      const fault = failed(`status ${statusCode}`)
      reject(statusCode === 404 ? fault.because(MISSING) : fault)
    })
    const headTimer = setTimeout(() => {
      outgoing.destroy(new Error(`no answer within ${headTimeoutMs / 1_000} s`))
    }, headTimeoutMs)
    outgoing.setTimeout(idleTimeoutMs, () => {
      // Once there is an answer, whoever reads it learns why it ends.
      ;(answer ?? outgoing).destroy(new Error(`nothing received for ${idleTimeoutMs / 1_000} s`))
    })
    outgoing.on('close', () => clearTimeout(headTimer))
    outgoing.on('error', error => reject(new Transient(error.message, { cause: error })))
  })
}

/** Seconds or a date (RFC 9110 10.2.3) → ms from now, at most a minute; 0 for anything else. Pure. */
export function parseRetryAfter(header: string | undefined, nowMs: number): number {
  if (header === undefined) return 0
  const ms = /^\d+$/.test(header) ? Number(header) * 1_000 : Date.parse(header) - nowMs
  return ms > 0 ? Math.min(ms, RETRY_AFTER_MAX_MS) : 0
}
