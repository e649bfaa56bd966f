/**
 * The HTTP server of every daemon: node:http with find-my-way, set up once (docs/decisions/0005-http-kit.md): inherited or own
 * socket, limits and timeouts, error form, access log, metrics. A fault of a handler is answered in the daemon's error form; a bug
 * is answered with 500, logged with its stack and counted, since one client's request must not end everybody's.
 */
import { rmSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import { type Fault, isFault } from '../errors/fault.ts'
import { errorFields, type Log } from '../log/journald.ts'
import type { Metrics } from '../metrics/registry.ts'
import { readBody, sendAnswer, sendHead } from './answer.ts'
import { createContentCoder } from './content-coding.ts'
import { faults } from './errors.ts'
import { type Listener, listen, nameOf, portOf } from './listener.ts'
import { createPipelines } from './pipeline.ts'
import { type Handler, type HttpAnswer, type HttpRequest, type Route, textError } from './route.ts'
import { createRouter, safeDecode } from './router.ts'
import { createSeldomLog } from './seldom.ts'
import { meterFor } from './server-metrics.ts'

export interface HttpLimits {
  /** Open connections; above it a new one is closed at once. */
  connectionsMax: number
  /** Requests of one connection that wait for their turn; above it the connection is cut off. */
  pipelinedMax: number
  /** Request line and headers together. */
  headBytesMax: number
  /** For the whole head to arrive. */
  headTimeoutMs: number
  /** For the whole request, body included, to arrive. */
  requestTimeoutMs: number
  /** An idle connection between two requests. */
  keepAliveMs: number
  /** A client that takes nothing of its answer for so long has gone. */
  writeTimeoutMs: number
}

export const DEFAULT_HTTP_LIMITS: HttpLimits = {
  connectionsMax: 512,
  pipelinedMax: 16,
  headBytesMax: 16 * 1024,
  headTimeoutMs: 10_000,
  requestTimeoutMs: 30_000,
  keepAliveMs: 5000,
  writeTimeoutMs: 60_000,
}

/** A client that asks on while a fault lasts must not fill the journal with it: one line a code and second. */
const FAULT_LOG_INTERVAL_MS = 1000

export interface HttpServerOptions {
  /** Label `server` of its metrics, for a daemon with several; `main` unless given. */
  server?: string
  routes: readonly Route[]
  listener: Listener
  log: Log
  metrics: Metrics
  limits?: Partial<HttpLimits>
  /** How this daemon tells a fault to its client; the sentence as plain text unless given. */
  errorAnswer?: (fault: Fault, request: HttpRequest) => HttpAnswer
  /** OPTIONS is answered for every path that has a route, and for `*`; else it is a method like another. */
  answersOptions?: boolean
  /** What answers where no route matches; HTTP_NOT_FOUND or HTTP_METHOD_NOT_ALLOWED unless given. */
  fallback?: Handler
  /** Told of each request when its last byte was handed on, e.g. for a line in the journal; `seconds` since its head came. */
  answered?: (request: HttpRequest, status: number, seconds: number) => void
}

export interface HttpServer extends AsyncDisposable {
  /** For people: `/run/dcos/dcos-log.sock`, `127.0.0.1:9000`, or the name of the inherited socket. */
  readonly address: string
  /** The TCP port; 0 on other sockets. */
  readonly port: number
  /** Open connections now. */
  connections(): number
}

/** Listens and resolves. Rejects with HTTP_ADDRESS_UNAVAILABLE. Disposing stops accepting and waits for the answers under way. */
export async function startHttpServer({
  server: name = 'main',
  routes,
  listener,
  log,
  metrics,
  limits: given = {},
  errorAnswer = fault => textError(fault.status, fault.message),
  answersOptions = false,
  fallback,
  answered,
}: HttpServerOptions): Promise<HttpServer> {
  const limits = { ...DEFAULT_HTTP_LIMITS, ...given }
  const meter = meterFor(metrics, name)
  const router = createRouter({ routes, answersOptions, fallback, paramLengthMax: limits.headBytesMax })
  const stopping = new AbortController()
  const server = createServer({
    maxHeaderSize: limits.headBytesMax,
    headersTimeout: limits.headTimeoutMs,
    requestTimeout: limits.requestTimeoutMs,
    keepAliveTimeout: limits.keepAliveMs,
    connectionsCheckingInterval: 5000,
  })
  server.maxConnections = limits.connectionsMax
  // Not socket.setTimeout: node:http sets it anew after the first answer of a connection.
  server.timeout = limits.writeTimeoutMs
  // Answers under way, undefined while it is being made; a connection has at most one.
  const serving = new Map<Socket, HttpAnswer | undefined>()
  server.on('timeout', (socket: Socket) => {
    // A stream that has nothing to say is silent too: only a peer that takes nothing of what waits has gone.
    if (serving.has(socket) && socket.writableLength === 0) return
    if (socket.writableLength > 0) meter.stalled()
    serving.get(socket)?.stall?.cutOff()
    socket.destroy()
  })
  const sockets = new Set<Socket>()
  server.on('connection', socket => {
    sockets.add(socket)
    meter.connections(sockets.size)
    socket.on('close', () => {
      sockets.delete(socket)
      meter.connections(sockets.size)
    })
  })
  server.on('drop', () => meter.dropped())
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => refuse(error, socket))
  const coder = createContentCoder()
  const logSeldom = createSeldomLog(FAULT_LOG_INTERVAL_MS)
  const pipelines = createPipelines(limits.pipelinedMax)
  server.on('request', (incoming, response) => {
    const { socket } = incoming
    if (socket.destroyed || pipelines.enter(socket, () => serve(incoming, response))) return
    meter.refused()
    socket.destroy()
  })

  async function serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const startedMs = performance.now()
    const gone = new AbortController()
    const { socket } = incoming
    serving.set(socket, undefined)
    const closed = new Promise<void>(resolve => {
      response.on('close', () => {
        if (!response.writableFinished) gone.abort()
        serving.delete(socket)
        if (stopping.signal.aborted) socket.destroySoon()
        resolve()
      })
    })
    const { route, request } = match(incoming, AbortSignal.any([gone.signal, stopping.signal]))
    let answer: HttpAnswer
    try {
      const made = await route.handler(request)
      answer = route.coded ? coder(incoming.headers, made, gone.signal) : made
    } catch (error) {
      // A handler that stops because its client has gone, as `signal` tells it to, is no bug; nobody is there to answer to.
      answer = request.signal.aborted && !isFault(error) ? textError(503, 'stopping') : failed(error, request)
    }
    if (serving.has(socket)) {
      serving.set(socket, answer)
      // Holds to the end of this answer: node:http sets its own again with the next request.
      if (answer.stall) socket.setTimeout(answer.stall.limitMs)
    }
    // A bug may also come out of a streamed body, when the status is already sent: all that is left is to cut the connection.
    try {
      await (request.method === 'HEAD' ? sendHead(response, answer, gone) : sendAnswer(response, answer))
    } catch (error) {
      const told = !gone.signal.aborted && !stopping.signal.aborted
      if (told) failed(error, request)
      // What came before a fault may say why, and still goes out: that the end is missing shows that it is not all. Idle from now on, the
      // connection waits for no client that takes nothing, nor does the end of the server.
      if (told && isFault(error) && serving.delete(socket)) socket.destroySoon()
      else response.destroy()
    }
    const seconds = (performance.now() - startedMs) / 1000
    meter.served(route.path, request.method, response.statusCode, seconds)
    answered?.(request, response.statusCode, seconds)
    log.debug('request', {
      method: request.method,
      url: request.url,
      status: response.statusCode,
      took_s: Number(seconds.toFixed(6)),
      remote: request.remoteAddress || 'unix',
      forwarded_for: incoming.headers['x-forwarded-for'] as string | undefined,
    })
    await closed
  }

  function match(incoming: IncomingMessage, signal: AbortSignal) {
    const url = incoming.url ?? '/'
    const [, rawPath = '', rawQuery = ''] = /^([^?]*)\??(.*)$/s.exec(url) ?? []
    const method = incoming.method ?? 'GET'
    const { route, params } = router(method, rawPath)
    const request: HttpRequest = {
      method,
      path: safeDecode(rawPath),
      url,
      rawQuery,
      params,
      headers: incoming.headers,
      remoteAddress: incoming.socket.remoteAddress ?? '',
      signal,
      body: limitBytes => readBody(incoming, limitBytes),
    }
    return { route, request }
  }

  function failed(error: unknown, request: HttpRequest): HttpAnswer {
    if (isFault(error)) {
      const fields = { url: request.url, ...errorFields(error) }
      // A limit of ours that says when to come again has done its work; the rest somebody must look at.
      const isLimit = error.details.retryAfterSeconds !== undefined
      if (isLimit) logSeldom(log.warning, 'request refused, letting its client come again', error.code, fields)
      else if (error.status >= 500) logSeldom(log.error, 'request failed', error.code, fields)
      const answer = errorAnswer(error, request)
      const allow = error.details.allow
      return typeof allow === 'string' ? { ...answer, headers: { ...answer.headers, Allow: allow } } : answer
    }
    const fault = faults.INTERNAL()
    meter.bug()
    logSeldom(log.error, 'a bug failed a request', fault.code, {
      code: fault.code,
      url: request.url,
      error: error instanceof Error ? (error.stack ?? error.message) : String(error),
    })
    return errorAnswer(fault, request)
  }

  function refuse(error: NodeJS.ErrnoException, socket: Socket): void {
    meter.refused()
    // In the middle of an answer a second one would pass for a part of it.
    if (error.code === 'ECONNRESET' || !socket.writable || serving.get(socket)) return void socket.destroy()
    const status = error.code === 'HPE_HEADER_OVERFLOW' ? 431 : error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : 400
    socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
  }

  await listen(server, listener)
  return {
    address: nameOf(listener, server.address()),
    port: portOf(server.address()),
    connections: () => sockets.size,
    async [Symbol.asyncDispose]() {
      const closed = new Promise<void>(resolve => server.close(() => resolve()))
      // Streams never end by themselves: their signal tells them to.
      stopping.abort()
      // Kept alive, not asked yet, or a stream that its client does not take: each would hold the end for seconds.
      for (const socket of sockets) {
        const untaken = socket.writableLength > 0 && serving.get(socket)?.stall
        if (untaken || !serving.has(socket)) socket.destroy()
      }
      await closed
      if ('path' in listener) rmSync(listener.path, { force: true })
    },
  }
}
