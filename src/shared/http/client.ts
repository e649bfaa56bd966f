/**
 * Requests to services of the node and the cluster: TCP or UNIX socket, bounded in time; whole answers, bounded in size, or one piece
 * after the other. node:http rather than fetch, whose undici costs each daemon 28 MiB.
 */

import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { request as httpRequest } from 'node:http'
import { isFault } from '../errors/fault.ts'
import { faults } from './errors.ts'

export interface FetchOptions {
  method?: string
  headers?: Record<string, string>
  body?: string | Uint8Array
  /** Ask through this UNIX socket; the URL's host is then only the Host header. */
  socketPath?: string
  /** For the whole exchange. */
  timeoutMs: number
  /** Of the answer's body; larger ones fail. */
  limitBytes: number
  signal?: AbortSignal
  /** For https; the certificates are verified against the system's authorities unless given. */
  tls?: TlsOptions
}

export interface TlsOptions {
  /** PEM; instead of the system's authorities. */
  ca?: string | Buffer
  /** False: whoever answers is believed. */
  rejectUnauthorized?: boolean
}

export interface Fetched {
  status: number
  headers: IncomingHttpHeaders
  body: Buffer
}

/** Any status resolves. Rejects with HTTP_UPSTREAM_UNAVAILABLE (connection, time, abort) or HTTP_UPSTREAM_MALFORMED (size). */
export async function fetchBytes(url: string, options: FetchOptions): Promise<Fetched> {
  const { timeoutMs, limitBytes, signal } = options
  const time = AbortSignal.timeout(timeoutMs)
  const ending = signal ? AbortSignal.any([time, signal]) : time
  try {
    const response = await answerTo(url, options, ending)
    const chunks: Buffer[] = []
    let size = 0
    // Leaving the loop ends the connection.
    for await (const chunk of response as AsyncIterable<Buffer>) {
      size += chunk.length
      if (size > limitBytes) throw faults.UPSTREAM_MALFORMED(url, `larger than ${limitBytes} bytes`)
      chunks.push(chunk)
    }
    return { status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }
  } catch (error) {
    throw unavailable(url, error, time.aborted ? timeoutMs : undefined)
  }
}

export interface FetchedStream extends Disposable {
  status: number
  headers: IncomingHttpHeaders
  /** As it comes, no faster than it is taken. Rejects with HTTP_UPSTREAM_UNAVAILABLE. Disposing ends the connection. */
  body: AsyncIterable<Buffer>
}

/** The same for an answer of any size: `timeoutMs` is for its head, and then for each piece to come. */
export async function fetchStream(
  url: string,
  options: Omit<FetchOptions, 'limitBytes' | 'body'>,
): Promise<FetchedStream> {
  const { timeoutMs, signal } = options
  const late = new AbortController()
  const ending = signal ? AbortSignal.any([late.signal, signal]) : late.signal
  const within = async <T>(promise: Promise<T>): Promise<T> => {
    const timer = setTimeout(() => late.abort(), timeoutMs)
    try {
      return await promise
    } catch (error) {
      throw unavailable(url, error, late.signal.aborted ? timeoutMs : undefined)
    } finally {
      clearTimeout(timer)
    }
  }
  const response = await within(answerTo(url, options, ending))
  async function* pieces(): AsyncGenerator<Buffer> {
    const iterator = (response as AsyncIterable<Buffer>)[Symbol.asyncIterator]()
    try {
      for (;;) {
        const { done, value } = await within(iterator.next())
        if (done) return
        yield value
      }
    } finally {
      response.destroy()
    }
  }
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    body: pieces(),
    [Symbol.dispose]: () => void response.destroy(),
  }
}

/** The head of the answer. Aborting `ending` ends the connection at any time. */
async function answerTo(
  url: string,
  { method = 'GET', headers = {}, body, socketPath, tls }: Partial<FetchOptions>,
  ending: AbortSignal,
): Promise<IncomingMessage> {
  // TLS on demand: most daemons never ask for it.
  const send = /^https:/i.test(url) ? (await import('node:https')).request : httpRequest
  return await new Promise<IncomingMessage>((resolve, reject) => {
    // agent false: one connection, one request; a pool would keep the process busy for nothing.
    const request = send(url, {
      method,
      headers,
      agent: false,
      signal: ending,
      ...(socketPath && { socketPath }),
      ...tls,
    })
    request.on('error', reject)
    request.on('response', resolve)
    // A switch of protocols (101), which nobody asked for, is neither: whoever waits would wait for ever, whatever his time.
    request.on('close', () => reject(new Error('the connection ended without an answer')))
    request.end(body)
  })
}

/** A fault as it is; for anything else HTTP_UPSTREAM_UNAVAILABLE, `lateMs` being the time that was not kept. */
function unavailable(url: string, error: unknown, lateMs: number | undefined) {
  if (isFault(error)) return error
  const why =
    lateMs === undefined ? ((error as NodeJS.ErrnoException).code ?? String(error)) : `nothing within ${lateMs} ms`
  return faults.UPSTREAM_UNAVAILABLE(url, why).because(error)
}

/** The parsed body of a 200. Rejects with HTTP_UPSTREAM_*; decode the result at the border. */
export async function fetchJson(url: string, options: FetchOptions): Promise<unknown> {
  const { status, body } = await fetchBytes(url, options)
  if (status !== 200) throw faults.UPSTREAM_STATUS(url, status)
  try {
    return JSON.parse(body.toString('utf8'))
  } catch (error) {
    throw faults.UPSTREAM_MALFORMED(url, (error as SyntaxError).message)
  }
}
