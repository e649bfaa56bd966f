/** `/v2/component` and `/v2/component/<unit>`: the journal, whole or of one unit; an event stream goes on (log 7, 7.1). */
import { faults as httpFaults } from '../../shared/http/errors.ts'
import type { Handler, HttpRequest } from '../../shared/http/route.ts'
import type { JournalEntry } from '../../shared/journal/entry.ts'
import type { MatchClause } from '../../shared/journal/matches.ts'
import type { FollowedBatch, Journal, JournalReader } from '../../shared/journal/reader.ts'
import type { Clock } from '../../shared/time/clock.ts'
import { encodeSse } from '../encode/sse.ts'
import { type Format, formatFor } from '../encode.ts'
import { bodyPieces } from '../entries-body.ts'
import { noContent } from '../error-answer.ts'
import type { LogMetrics } from '../metrics.ts'
import { type Start, takePosition } from '../position.ts'
import { EVENT_HEADERS, HEADERS, header } from './answer-headers.ts'
import { parseComponentQuery } from './component-query.ts'
import { idle, NOTHING, withPings } from './pings.ts'

export function component(journal: Journal, metrics: LogMetrics, clock: Clock): Handler {
  return async request => {
    const { headers, method, rawQuery, signal } = request
    const unit = unitClauses(request)
    const { matches, position, limit } = parseComponentQuery(rawQuery, header(headers['last-event-id']))
    const format = formatFor(headers.accept)
    const reader = await journal.open([...unit, ...matches], signal)
    try {
      const start = await takePosition(reader, position)
      if (format.name === 'sse') {
        if (method === 'HEAD') await reader[Symbol.asyncDispose]()
        const events = followed(reader, start, limit, metrics, clock, signal)
        return { status: 200, headers: EVENT_HEADERS, body: withPings(events, clock, signal) }
      }
      const pieces = read(reader, start, limit, format, metrics)
      // The status depends on whether there is anything to send.
      const first = await pieces.next()
      if (first.done) return noContent(HEADERS)
      if (method === 'HEAD') await pieces.return(undefined)
      return {
        status: 200,
        headers: { ...HEADERS, 'Content-Type': format.contentType },
        body: resumed(first.value, pieces),
      }
    } catch (error) {
      await reader[Symbol.asyncDispose]()
      throw error
    }
  }
}

/**
 * What a unit wrote, and what systemd wrote about it. DEPARTURE (log 7.1): filters narrow that; the original added them to its
 * alternatives, and so gave entries of every unit.
 */
function unitClauses({ params }: HttpRequest): MatchClause[] {
  const { name } = params
  if (name === undefined) return []
  if (name === '' || name.includes('/')) throw httpFaults.NOT_FOUND()
  const value = Buffer.from(name)
  return [
    [
      { field: 'UNIT', value },
      { field: '_SYSTEMD_UNIT', value },
    ],
  ]
}

async function* read(reader: JournalReader, start: Start, limit: bigint, format: Format, metrics: LogMetrics) {
  await using _closing = reader
  for await (const batch of reader.entries(start.direction, limit, start.skipCurrent))
    yield* bodyPieces(batch, format, metrics)
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

/**
 * QUIRK (log 7.1): after `limit` entries nothing more is sent, but the stream stays open; the reader is given back.
 * DEPARTURE (log 4.7): where entries were removed before they were read, an event says so.
 */
async function* followed(
  reader: JournalReader,
  start: Start,
  limit: bigint,
  metrics: LogMetrics,
  clock: Clock,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const format = { name: 'sse', encode: encodeWithId } as const
  for await (const { entries, lost } of limited(reader, start, limit)) {
    if (lost > 0n) yield Buffer.from(`event: lost\ndata: {"lost":${lost}}\n\n`)
    if (entries.length === 0) yield NOTHING
    yield* bodyPieces(entries, format, metrics)
  }
  yield* idle(clock, signal)
}

async function* limited(reader: JournalReader, start: Start, limit: bigint): AsyncGenerator<FollowedBatch> {
  await using _closing = reader
  let left = limit
  for await (const { entries, lost } of reader.follow(start.skipCurrent)) {
    if (limit === 0n || left > BigInt(entries.length)) yield { entries, lost }
    else {
      yield { entries: entries.slice(0, Number(left)), lost }
      return
    }
    left -= BigInt(entries.length)
  }
}

function encodeWithId(entry: JournalEntry): Uint8Array {
  return Buffer.concat([Buffer.from(`id: ${entry.cursor}\n`), encodeSse(entry)])
}
