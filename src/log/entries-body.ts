/** Entries → the bytes of an answer's body, counted, in pieces that are worth a write to the socket. */
import type { JournalEntry } from '../shared/journal/entry.ts'
import type { Format } from './encode.ts'
import type { LogMetrics } from './metrics.ts'

/** Bytes are handed to the socket in pieces of about this size. */
const PIECE_BYTES = 64 * 1024

/** None empty: entries that have nothing to show add nothing. */
export function* bodyPieces(
  entries: readonly JournalEntry[],
  { name: format, encode }: Pick<Format, 'name' | 'encode'>,
  metrics: Pick<LogMetrics, 'entries' | 'bytes'>,
): Generator<Uint8Array> {
  metrics.entries.inc({ format }, entries.length)
  let piece: Uint8Array[] = []
  let sizeBytes = 0
  for (const [i, entry] of entries.entries()) {
    const bytes = encode(entry)
    piece.push(bytes)
    sizeBytes += bytes.length
    if (sizeBytes === 0 || (sizeBytes < PIECE_BYTES && i < entries.length - 1)) continue
    yield Buffer.concat(piece, sizeBytes)
    metrics.bytes.inc({ format }, sizeBytes)
    piece = []
    sizeBytes = 0
  }
}
