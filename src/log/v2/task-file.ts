/** `…/runs/<container>[/tasks/<task>]/<file>` on agents: lines of a task's file, as text or as events that go on (log 7.1, 7.2). */
import { isFault } from '../../shared/errors/fault.ts'
import type { Handler, HttpRequest } from '../../shared/http/route.ts'
import type { Clock } from '../../shared/time/clock.ts'
import { callerOf } from '../authorise.ts'
import { fieldsJson } from '../encode/json.ts'
import { noContent } from '../error-answer.ts'
import { STALL_LIMIT_MS } from '../followers.ts'
import { formatFor } from '../format.ts'
import { HEADERS, header, UNBUFFERED } from '../headers.ts'
import { idle, keptAlive, NOTHING } from '../keep-alive.ts'
import { PIECE_MAX_BYTES } from '../mesos/agent-files.ts'
import type { Mesos } from '../mesos/open-mesos.ts'
import { createMesosPlaces } from '../mesos/places.ts'
import { sandboxFile } from '../mesos/sandbox.ts'
import type { LogMetrics } from '../metrics.ts'
import { withEnd } from '../with-end.ts'
import { type FileRequest, parseFileQuery } from './file-query.ts'
import type { Line } from './lines.ts'
import { followLines, linesUpTo, type SandboxFile, sandboxFileOf, startOffset } from './sandbox-file.ts'
import { sandboxIds } from './sandbox-ids.ts'

/** Each asks the agent once a second. */
const FOLLOWERS_MAX = 64

/** Beside them: whoever takes it slowly holds a line, some times over. */
export const READERS_MAX = 32

/** Without charset 1.9's formats, with one what Go's sniffing made of it. */
const TEXT_HEADERS = { ...HEADERS, 'Content-Type': 'text/plain; charset=utf-8' }
const EVENT_HEADERS = { ...HEADERS, 'Content-Type': 'text/event-stream', ...UNBUFFERED }

export function taskFile(
  mesos: Mesos,
  metrics: Pick<LogMetrics, 'fileLines' | 'followersStalled'>,
  clock: Clock,
): Handler {
  const followers = createMesosPlaces(FOLLOWERS_MAX)
  const readers = createMesosPlaces(READERS_MAX)

  return async request => {
    const { params, headers, signal } = request
    const name = sandboxFile(params.file ?? '')
    const wanted = parseFileQuery(request.rawQuery, header(headers['last-event-id']))
    const caller = callerOf(request)
    const events = formatFor(headers.accept).name === 'sse'
    const { agentId, path } = await mesos.sandbox(sandboxIds(params), caller)
    const file = sandboxFileOf(mesos.agent, `${path}/${name}`, caller)
    const place = await placeIn(file, wanted)
    if (place === undefined) return noContent(HEADERS)
    const leave = await (events ? followers : readers).enter(signal)
    // QUIRK (log 7.2): JSON is text here, as its client knows.
    if (!events) {
      const lines = chosen(linesUpTo(file, place.start, place.sizeBytes), wanted)
      return { status: 200, headers: TEXT_HEADERS, body: withEnd(encoded(lines, encodeText, 'text', metrics), leave) }
    }
    const lines = followed(chosen(followLines(file, place.start, clock, signal), wanted), clock, signal)
    const encode = (line: Line) => [encodeEvent(line, fieldsOf(request, agentId, name), clock.nowMs())]
    return {
      status: 200,
      headers: EVENT_HEADERS,
      body: keptAlive(encoded(lines, encode, 'sse', metrics), clock),
      stall: { limitMs: STALL_LIMIT_MS, cutOff: () => metrics.followersStalled.inc() },
    }
  }
}

/** Undefined when there is nothing to say about a file that is not there: QUIRK (log 7.2), where its end was asked for. */
async function placeIn(file: SandboxFile, wanted: FileRequest) {
  try {
    const sizeBytes = await file.size()
    return { sizeBytes, start: await startOffset(file, wanted, sizeBytes) }
  } catch (error) {
    if (wanted.cursor === 'END' && isFault(error, 'LOG_FILE_MISSING')) return undefined
    throw error
  }
}

/** Without the first `skip` lines, and no more than `limit`: then it ends. Empty lists are passed on. */
async function* chosen(
  lines: AsyncIterable<readonly Line[]>,
  { skip, limit }: FileRequest,
): AsyncGenerator<readonly Line[]> {
  let toDrop = Math.max(0, skip)
  let left = limit === 0 ? Number.POSITIVE_INFINITY : limit
  for await (const batch of lines) {
    const kept = batch.slice(toDrop)
    toDrop -= batch.length - kept.length
    yield kept.slice(0, left)
    left -= kept.length
    if (left <= 0) return
  }
}

/** QUIRK (log 7.1): after its limit a stream stays open. Ends with the signal, which the lines end with, too. */
async function* followed(
  lines: AsyncIterable<readonly Line[]>,
  clock: Clock,
  signal: AbortSignal,
): AsyncGenerator<readonly Line[]> {
  try {
    yield* lines
    for await (const _ of idle(clock, signal)) yield []
  } catch (error) {
    // When it is the daemon that stops, the client gets a proper end.
    if (!signal.aborted) throw error
  }
}

/** A line → its parts, to be sent one after the other. */
type Encode = (line: Line) => readonly Uint8Array[]

async function* encoded(
  batches: AsyncIterable<readonly Line[]>,
  encode: Encode,
  format: 'text' | 'sse',
  metrics: Pick<LogMetrics, 'fileLines'>,
): AsyncGenerator<Uint8Array> {
  for await (const lines of batches) {
    metrics.fileLines.inc({ format }, lines.length)
    if (lines.length > 0) yield* joined(lines, encode)
    else if (format === 'sse') yield NOTHING
  }
}

/** Pieces for the socket; a longer line is one. */
function* joined(lines: readonly Line[], encode: Encode): Generator<Uint8Array> {
  let parts: Uint8Array[] = []
  let sizeBytes = 0
  for (const [index, line] of lines.entries()) {
    for (const part of encode(line)) {
      parts.push(part)
      sizeBytes += part.length
    }
    if (sizeBytes < PIECE_MAX_BYTES && index + 1 < lines.length) continue
    const piece = Buffer.concat(parts, sizeBytes)
    // Before the client takes it, which may be long after.
    parts = []
    sizeBytes = 0
    yield piece
  }
}

const NEWLINE = Buffer.from('\n')

function encodeText({ bytes }: Line): Uint8Array[] {
  return [bytes, NEWLINE]
}

/** Of each event; MESSAGE is added to them. */
function fieldsOf({ params }: HttpRequest, agentId: string, file: string): [string, string][] {
  const { framework = '', executor = '', container = '' } = params
  return [
    ['AGENT_ID', agentId],
    ['CONTAINER_ID', container],
    ['EXECUTOR_ID', executor],
    ['FILE', file],
    ['FRAMEWORK_ID', framework],
  ]
}

/**
 * The id is the offset of the line's end, from where a client goes on. QUIRK (log 7.2): the first line of a file has none.
 * DEPARTURE (log 7.2): `cursor` and `realtime_timestamp` (µs, when it was read), without which the CLI shows 1970.
 */
function encodeEvent({ start, bytes }: Line, fields: readonly [string, string][], nowMs: number): Uint8Array {
  const end = start + bytes.length
  const id = start > 0 ? `id: ${end}\n` : ''
  const all = [
    ...fields.map(([name, value]) => ({ name, value: Buffer.from(value) })),
    { name: 'MESSAGE', value: bytes },
  ]
  return Buffer.from(
    `${id}data: {"fields":${fieldsJson(all)},"cursor":"${end}","realtime_timestamp":${Math.floor(nowMs) * 1000}}\n\n`,
  )
}
