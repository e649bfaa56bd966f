/** One file of a sandbox as a sequence of lines: from a cursor to its end, or on and on as it grows (log 7.1, 7.2). */
import { isFault } from '../../shared/errors/fault.ts'
import type { Clock } from '../../shared/time/clock.ts'
import { fetchBytesAt, fetchSize, PIECE_MAX_BYTES } from '../mesos/agent-files.ts'
import type { Caller, Peer } from '../mesos/peer.ts'
import type { FileRequest } from './file-query.ts'
import { createBackwardSearch, createLineSplitter, type Line, type LineSplitter } from './lines.ts'

export interface SandboxFile {
  size(): Promise<number>
  bytesAt(offset: number, lengthBytes: number): Promise<Buffer>
}

/** Both reject with LOG_FILE_MISSING, LOG_SANDBOX_FORBIDDEN, LOG_TOKEN_REFUSED, LOG_MESOS_*. */
export function sandboxFileOf(agent: Peer, path: string, caller: Caller): SandboxFile {
  return {
    size: () => fetchSize(agent, path, caller),
    bytesAt: (offset, lengthBytes) => fetchBytesAt(agent, path, offset, lengthBytes, caller),
  }
}

/** No further back than this: a request for a million lines must not read a disk. Where it ends, reading begins with a whole line. */
export const BACK_MAX_BYTES = 64 * 1024 * 1024

/** How often a follower looks again. */
export const POLL_MS = 1000

/** So many looks in a row may fail while a file is rotated or the agent restarts. */
const MISSES_MAX = 60

/** Offset at which to begin, in a file of `sizeBytes`; lines to drop from there are the reader's matter. */
export async function startOffset(
  file: SandboxFile,
  { cursor, skip }: FileRequest,
  sizeBytes: number,
): Promise<number> {
  const from = cursor === 'END' ? sizeBytes : cursor
  if (skip >= 0) return from
  const search = createBackwardSearch(-skip)
  let end = Math.min(from, sizeBytes)
  const stop = Math.max(0, end - BACK_MAX_BYTES)
  while (end > stop) {
    const start = Math.max(stop, end - PIECE_MAX_BYTES)
    const found = search.push(await file.bytesAt(start, end - start), start)
    if (found !== undefined) return found
    end = start
  }
  return stop === 0 ? 0 : await nextLine(file, stop, Math.min(from, sizeBytes))
}

/** Behind the first newline from `offset` on; at most one piece is looked through for it. */
async function nextLine(file: SandboxFile, offset: number, end: number): Promise<number> {
  const newline = (await file.bytesAt(offset, Math.min(PIECE_MAX_BYTES, end - offset))).indexOf(10)
  return newline < 0 ? offset : offset + newline + 1
}

/** Of a piece, split at once: each byte may be a line, which is an object then, and its event a hundred times as large. */
const PART_BYTES = 4 * 1024

/** The lines that `piece` completes; no list is empty. */
function* linesOf(splitter: LineSplitter, piece: Buffer): Generator<Line[]> {
  for (let at = 0; at < piece.length; at += PART_BYTES) {
    const lines = splitter.push(piece.subarray(at, at + PART_BYTES))
    if (lines.length > 0) yield lines
  }
}

/** Lines from `start` to `end`, the last one also without a newline; fewer when the file is shortened meanwhile. */
export async function* linesUpTo(file: SandboxFile, start: number, end: number): AsyncGenerator<Line[]> {
  const splitter = createLineSplitter(start)
  while (splitter.offset < end) {
    const piece = await file.bytesAt(splitter.offset, Math.min(PIECE_MAX_BYTES, end - splitter.offset))
    if (piece.length === 0) break
    yield* linesOf(splitter, piece)
  }
  yield splitter.rest()
}

/**
 * Lines from `start` on, without end; an empty list whenever there is none for now, once a POLL_MS. What has no newline is given
 * when a look has found nothing more of it.
 *
 * DEPARTURE (log 7.2): a file that has become shorter is begun anew, which the original did not notice.
 */
export async function* followLines(
  file: SandboxFile,
  start: number,
  clock: Clock,
  signal: AbortSignal,
): AsyncGenerator<Line[]> {
  let splitter = createLineSplitter(start)
  let misses = 0
  for (;;) {
    try {
      const sizeBytes = await file.size()
      if (sizeBytes <= splitter.offset) yield splitter.rest()
      if (sizeBytes < splitter.offset) splitter = createLineSplitter(0)
      while (splitter.offset < sizeBytes) {
        const piece = await file.bytesAt(splitter.offset, PIECE_MAX_BYTES)
        if (piece.length === 0) break
        yield* linesOf(splitter, piece)
      }
      misses = 0
    } catch (error) {
      if (!isPassing(error) || ++misses > MISSES_MAX) throw error
      yield []
    }
    await clock.sleep(POLL_MS, signal)
  }
}

function isPassing(error: unknown): boolean {
  return (
    isFault(error, 'LOG_FILE_MISSING') || isFault(error, 'LOG_MESOS_UNAVAILABLE') || isFault(error, 'LOG_MESOS_BUSY')
  )
}
