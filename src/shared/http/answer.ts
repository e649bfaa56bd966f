/** Bytes of a request in, bytes of an answer out: bounded, and no faster than the peer. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Writable } from 'node:stream'
import { createTurns } from '../time/turns.ts'
import { faults } from './errors.ts'
import type { BodyChunk, HttpAnswer } from './route.ts'

/** Of an answer whose peer takes all at once, so that nothing is waited for. */
const TURN_MS = 4

const turn = createTurns()

/** Rejects with HTTP_BODY_TOO_LARGE as soon as it is known, without reading on. */
export async function readBody(incoming: IncomingMessage, limitBytes: number): Promise<Buffer> {
  if (Number(incoming.headers['content-length'] ?? 0) > limitBytes) throw faults.BODY_TOO_LARGE(limitBytes)
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > limitBytes) throw faults.BODY_TOO_LARGE(limitBytes)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** Resolves when the last byte was handed to the kernel or the client has gone. Rejects with what a streamed body throws. */
export async function sendAnswer(response: ServerResponse, answer: HttpAnswer): Promise<void> {
  writeHead(response, answer)
  const { body } = answer
  if (isWhole(body)) {
    response.end(isBodiless(answer) ? undefined : body)
    return
  }
  response.flushHeaders()
  let untilMs = performance.now() + TURN_MS
  for await (const chunk of body) {
    if (response.destroyed) return
    if (!response.write(chunk)) await drained(response)
    if (performance.now() <= untilMs) continue
    await turn()
    untilMs = performance.now() + TURN_MS
  }
  response.end()
}

/**
 * The same without the body. What works for it is told to end by `gone`, as when a client leaves; then the body is begun and left, so that
 * it frees what it holds.
 */
export async function sendHead(response: ServerResponse, answer: HttpAnswer, gone: AbortController): Promise<void> {
  writeHead(response, answer)
  response.end()
  if (isWhole(answer.body)) return
  gone.abort()
  try {
    for await (const _ of answer.body) break
  } catch {
    // It was told to end.
  }
}

function writeHead(response: ServerResponse, answer: HttpAnswer): void {
  const { status, headers = {}, body } = answer
  response.statusCode = status
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value as string | number | string[])
  if (isWhole(body) && !isBodiless(answer))
    response.setHeader('Content-Length', body === undefined ? 0 : Buffer.byteLength(body))
}

function isWhole(body: HttpAnswer['body']): body is BodyChunk | undefined {
  return body === undefined || typeof body === 'string' || body instanceof Uint8Array
}

/** 204 and 304 have neither length nor body (RFC 9110 8.6). */
function isBodiless({ status }: HttpAnswer): boolean {
  return status === 204 || status === 304
}

/** Waits for room in the stream, or for its end: `drain` never comes on a closed one. */
export function drained(stream: Writable): Promise<void> {
  return new Promise(resolve => {
    // Not `once` with a signal: to abort that costs an error for each piece of an answer.
    const done = () => {
      stream.off('drain', done)
      stream.off('close', done)
      resolve()
    }
    stream.on('drain', done)
    stream.on('close', done)
    if (stream.destroyed) done()
  })
}
