/** A route as data: one row per path, so that tables in docs/contracts can be compared with it and OpenAPI written from it. */
import type { IncomingHttpHeaders } from 'node:http'
import type { TSchema } from 'typebox'

export interface HttpRequest {
  method: string
  /** Decoded, without query. */
  path: string
  /** The request target as it came. */
  url: string
  /** After `?`, undecoded; '' without one. */
  rawQuery: string
  /** Path parameters of the route, percent-decoded. */
  params: Readonly<Record<string, string>>
  headers: IncomingHttpHeaders
  /** The peer; '' on a UNIX socket. */
  remoteAddress: string
  /** Aborts when the client has gone or the daemon stops: end whatever works for this answer. */
  signal: AbortSignal
  /** The whole body, at most `limitBytes`. Rejects with HTTP_BODY_TOO_LARGE. */
  body(limitBytes: number): Promise<Buffer>
}

export type BodyChunk = string | Uint8Array

export interface HttpAnswer {
  status: number
  headers?: Record<string, string | number | readonly string[]>
  /**
   * An iterable is sent as it comes, headers first, no faster than the client reads. It is always begun, so that it can free what it holds;
   * for HEAD only to be left, after the request's signal has told it to end.
   */
  body?: BodyChunk | AsyncIterable<BodyChunk>
  /** Another patience than the server's with a client that takes nothing of this answer, and who is told of each cut off for that. */
  stall?: { limitMs: number; cutOff: () => void }
}

export type Handler = (request: HttpRequest) => HttpAnswer | Promise<HttpAnswer>

export interface Parameter {
  in: 'query' | 'header'
  description: string
  /** Of an array: may be given several times. */
  schema: TSchema
}

export type Parameters = Readonly<Record<string, Parameter>>

export interface Route {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** find-my-way syntax: `/v0/containers/:id`. A parameter never holds a slash unless it came as %2F. */
  path: string
  /** Whether this path of that form is one: else, for every method, no route is for it. Any is unless given. */
  exists?: (request: Pick<HttpRequest, 'path' | 'params'>) => boolean
  handler: Handler
  /** Section of the contract, e.g. `metrics 2`. */
  contract: string
  /** Its answers are coded for clients that ask (content-coding.ts). */
  coded?: true
  /** Pages of other origins may ask, with these headers beside those that Fetch always allows (options.ts). */
  crossOrigin?: readonly string[]
  /** For OpenAPI. */
  summary?: string
  /** What its parser reads, by name; described beside the parser. For OpenAPI. */
  parameters?: Parameters
  /** Content types of the 200 answer where it is not JSON of one shape, for OpenAPI. */
  types?: readonly string[]
  /** Shape of the 200 answer, for OpenAPI and tests. */
  answer?: TSchema
  /** All that it answers with, for OpenAPI and tests; 200 unless given. */
  statuses?: Statuses
  /** Whether a token in `Authorization` must come, or is passed on if it does; for OpenAPI. */
  token?: 'required' | 'optional'
}

/** Status → what it means here. Not: 500 for a bug, and what is refused before there is a request. */
export type Statuses = Readonly<Record<number, string>>

/** A JSON answer as Go's encoder writes it: one line, newline at the end. */
export function jsonAnswer(value: unknown, status = 200, contentType = 'application/json'): HttpAnswer {
  return { status, headers: { 'Content-Type': contentType }, body: `${JSON.stringify(value)}\n` }
}

/** The error form of Go's http.Error, which every Go daemon of 1.9 answers with: the sentence, newline, nosniff. */
export function textError(status: number, message: string): HttpAnswer {
  return {
    status,
    headers: { 'Content-Type': 'text/plain; charset=utf-8', 'X-Content-Type-Options': 'nosniff' },
    body: `${message}\n`,
  }
}
