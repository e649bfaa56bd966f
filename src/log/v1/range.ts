/** `/range/…` and its downloads: entries from a position to the end or the limit (log 2 to 4). */

import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import type { Handler, HttpAnswer, HttpRequest } from '../../shared/http/route.ts'
import type { Journal, JournalReader } from '../../shared/journal/reader.ts'
import { PING } from '../encode/sse.ts'
import { type Format, formatFor } from '../encode.ts'
import { noContent } from '../error-answer.ts'
import type { LogMetrics } from '../metrics.ts'
import { type Start, takePosition } from '../position.ts'
import { containerMatches } from './container.ts'
import { parseRangeQuery, type RangeRequest } from './query.ts'

/** Bytes are handed to the socket in pieces of about this size. */
const PIECE_BYTES = 64 * 1024

export function range(journal: Journal, metrics: LogMetrics): Handler {
  return request => answerRange(journal, metrics, request, undefined)
}

/** The same as a gzip attachment. */
export function rangeDownload(journal: Journal, metrics: LogMetrics): Handler {
  return request => answerRange(journal, metrics, request, fileName)
}

async function answerRange(
  journal: Journal,
  metrics: LogMetrics,
  request: HttpRequest,
  attachment: ((request: HttpRequest, query: RangeRequest) => string) | undefined,
): Promise<HttpAnswer> {
  const query = parseRangeQuery(request.rawQuery)
  const clauses = [...containerMatches(request.params), ...query.matches]
  const format = formatFor(request.headers.accept)
  const reader = await journal.open(clauses, request.signal)
  let bytes: AsyncGenerator<Uint8Array>
  let first: IteratorResult<Uint8Array>
  let start: Start
  try {
    start = await takePosition(reader, query.position)
    bytes = encoded(reader, start, query.limit, format, metrics)
    // The status depends on whether there is anything to send.
    first = await bytes.next()
  } catch (error) {
    await reader[Symbol.asyncDispose]()
    throw error
  }
  const headers = {
    'Access-Control-Allow-Origin': '*',
    'Cache-Control': 'no-cache',
    ...(attachment && { 'Content-Disposition': `attachment; filename=${attachment(request, query)}` }),
    'X-Journal-Skip-Next': String(start.skippedNext),
    'X-Journal-Skip-Prev': String(start.skippedPrev),
  }
  // An event stream without events is a ping, not an absence.
  if (first.done && format.name !== 'sse') return noContent(headers)
  const typed = { ...headers, 'Content-Type': format.contentType }
  if (request.method === 'HEAD') {
    await bytes.return(undefined)
    return { status: 200, headers: typed, body: empty() }
  }
  const body = first.done ? once(PING) : resumed(first.value, bytes)
  return { status: 200, headers: typed, body: attachment ? gzipped(body) : body }
}

/** Bytes of the entries in pieces, none empty. The reader is disposed when the last was taken or the loop is left. */
async function* encoded(
  reader: JournalReader,
  start: Start,
  limit: bigint,
  format: Format,
  metrics: LogMetrics,
): AsyncGenerator<Uint8Array> {
  await using _closing = reader
  for await (const batch of reader.entries(start.direction, limit, start.skipCurrent)) {
    metrics.entries.inc({ format: format.name }, batch.length)
    let piece: Uint8Array[] = []
    let sizeBytes = 0
    for (const entry of batch) {
      const bytes = format.encode(entry)
      piece.push(bytes)
      sizeBytes += bytes.length
      if (sizeBytes < PIECE_BYTES) continue
      yield Buffer.concat(piece, sizeBytes)
      metrics.bytes.inc({ format: format.name }, sizeBytes)
      piece = []
      sizeBytes = 0
    }
    if (sizeBytes === 0) continue
    yield Buffer.concat(piece, sizeBytes)
    metrics.bytes.inc({ format: format.name }, sizeBytes)
  }
}

async function* resumed(first: Uint8Array, rest: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield first
    yield* rest
  } finally {
    // When the client leaves after the first piece, `rest` was never entered by this loop.
    await rest.return(undefined)
  }
}

async function* gzipped(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const gzip = createGzip()
  const feeding = pipeline(Readable.from(chunks), gzip)
  // Also the end of `gzip` tells it; leaving the loop below is no failure.
  feeding.catch(() => {})
  yield* gzip as AsyncIterable<Uint8Array>
  await feeding
}

async function* once(chunk: Uint8Array): AsyncGenerator<Uint8Array> {
  yield chunk
}

async function* empty(): AsyncGenerator<Uint8Array> {}

/**
 * `root-range[-postfix].log.gz`, `task-<container>[-postfix].log.gz`, unquoted as in 1.9.
 *
 * DEPARTURE (log 4.5): only characters that need no quoting are kept, so that nobody can add a header or a directory.
 */
function fileName({ params }: HttpRequest, { postfix }: RangeRequest): string {
  const stem = params.container === undefined ? 'root-range' : `task-${params.container}`
  const name = postfix === '' ? stem : `${stem}-${postfix}`
  return `${name.replace(/[^A-Za-z0-9._~+-]/g, '').slice(0, FILE_NAME_MAX)}.log.gz`
}

/** A directory entry holds 255 bytes. */
const FILE_NAME_MAX = 240
