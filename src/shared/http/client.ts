/**
 * Small requests to services of the node and the cluster: TCP or UNIX socket, whole answers, bounded in time and size. node:http
 * rather than fetch, whose undici costs each daemon 28 MiB.
 */

import type { IncomingHttpHeaders } from 'node:http'
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
}

export interface Fetched {
  status: number
  headers: IncomingHttpHeaders
  body: Buffer
}

/** Any status resolves. Rejects with HTTP_UPSTREAM_UNAVAILABLE (connection, time, abort) or HTTP_UPSTREAM_MALFORMED (size). */
export async function fetchBytes(url: string, options: FetchOptions): Promise<Fetched> {
  const { method = 'GET', headers = {}, body, socketPath, timeoutMs, limitBytes, signal } = options
  const time = AbortSignal.timeout(timeoutMs)
  const ending = signal ? AbortSignal.any([time, signal]) : time
  // TLS on demand: most daemons never ask for it.
  const send = /^https:/i.test(url) ? (await import('node:https')).request : httpRequest
  try {
    return await new Promise<Fetched>((resolve, reject) => {
      // agent false: one connection, one request; a pool would keep the process busy for nothing.
      const request = send(url, {
        method,
        headers,
        agent: false,
        signal: ending,
        ...(socketPath && { socketPath }),
      })
      request.on('error', reject)
      request.on('response', async response => {
        try {
          const chunks: Buffer[] = []
          let size = 0
          for await (const chunk of response as AsyncIterable<Buffer>) {
            size += chunk.length
            if (size > limitBytes) throw faults.UPSTREAM_MALFORMED(url, `larger than ${limitBytes} bytes`)
            chunks.push(chunk)
          }
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) })
        } catch (error) {
          request.destroy()
          reject(error)
        }
      })
      request.end(body)
    })
  } catch (error) {
    if (isFault(error)) throw error
    const why = time.aborted
      ? `nothing within ${timeoutMs} ms`
      : ((error as NodeJS.ErrnoException).code ?? String(error))
    throw faults.UPSTREAM_UNAVAILABLE(url, why).because(error)
  }
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
