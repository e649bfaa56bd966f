/** `/range/…` and its downloads: entries from a position to the end or the limit (log 2 to 4). */

import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import type { Handler, HttpAnswer, HttpRequest } from '../../shared/http/route.ts'
import type { JournalEntry } from '../../shared/journal/entry.ts'
import type { JournalReader } from '../../shared/journal/reader.ts'
import type { Clock } from '../../shared/time/clock.ts'
import { bounded } from '../bounds.ts'
import { PING } from '../encode/sse.ts'
import { noContent } from '../error-answer.ts'
import { formatFor } from '../format.ts'
import type { SearchableJournal } from '../grep/searchable.ts'
import { keptAlive } from '../keep-alive.ts'
import type { LogMetrics } from '../metrics.ts'
import { encoded, resumed } from '../pieces.ts'
import type { Start } from '../position.ts'
import { limitRange, type RangeLimits } from '../range-limits.ts'
import { headersAt, openFor } from './open-request.ts'
import { parseRangeQuery, type RangeRequest } from './query.ts'

export function range(journal: SearchableJournal, limits: RangeLimits, metrics: LogMetrics, clock: Clock): Handler {
  return request => answerRange(journal, limits, metrics, clock, request, undefined)
}

/** The same as a gzip attachment. */
export function rangeDownload(
  journal: SearchableJournal,
  limits: RangeLimits,
  metrics: LogMetrics,
  clock: Clock,
): Handler {
  return request => answerRange(journal, limits, metrics, clock, request, fileName)
}

async function answerRange(
  journal: SearchableJournal,
  limits: RangeLimits,
  metrics: LogMetrics,
  clock: Clock,
  request: HttpRequest,
  attachment: ((request: HttpRequest, query: RangeRequest) => string) | undefined,
): Promise<HttpAnswer> {
  const query = parseRangeQuery(request.rawQuery, clock.nowMs())
  const format = formatFor(request.headers.accept)
  // Only events can say that a search goes on.
  const patient = query.regexes.length > 0 && format.name === 'sse' && !attachment
  const { reader, start } = await openFor(journal, request, query, format, patient)
  const limit = limitRange(limits, format, metrics)
  const read = limit.bytes(encoded(reader, limit.entries(asked(reader, start, query)), format, metrics))
  const bytes = patient ? keptAlive(read, clock) : read
  // The status depends on whether there is anything to send.
  const first = await bytes.next()
  const headers = {
    ...headersAt(start),
    ...(attachment && { 'Content-Disposition': `attachment; filename=${attachment(request, query)}` }),
  }
  // An event stream without events is a ping, not an absence.
  if (first.done && format.name !== 'sse') return noContent(headers)
  const typed = { ...headers, 'Content-Type': format.contentType }
  const body = first.done ? once(PING) : resumed(first.value, bytes)
  return { status: 200, headers: typed, body: attachment ? gzipped(body) : body }
}

/** As many entries as are asked for, of the times that are asked for. */
function asked(
  reader: JournalReader,
  { direction, skipCurrent }: Start,
  { limit, position }: RangeRequest,
): AsyncIterable<JournalEntry[]> {
  const free = position.sinceUs === undefined && position.untilUs === undefined
  return free
    ? reader.entries(direction, limit, skipCurrent)
    : bounded(reader.entries(direction, 0n, skipCurrent), direction, position, limit)
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
