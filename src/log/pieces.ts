/** Encoded entries → pieces for the socket of about 64 KiB, none empty. */
import type { JournalEntry } from '../shared/journal/entry.ts'
import type { JournalReader } from '../shared/journal/reader.ts'
import type { Format } from './encode.ts'
import type { LogMetrics } from './metrics.ts'

const PIECE_BYTES = 64 * 1024

/** `taken` is told of each piece when the next one is asked for. */
export function* pieces(
  entries: readonly JournalEntry[],
  encode: (entry: JournalEntry) => Uint8Array,
  taken: (sizeBytes: number) => void,
): Generator<Uint8Array> {
  let piece: Uint8Array[] = []
  let sizeBytes = 0
  for (const entry of entries) {
    const bytes = encode(entry)
    piece.push(bytes)
    sizeBytes += bytes.length
    if (sizeBytes < PIECE_BYTES) continue
    yield Buffer.concat(piece, sizeBytes)
    taken(sizeBytes)
    piece = []
    sizeBytes = 0
  }
  if (sizeBytes === 0) return
  yield Buffer.concat(piece, sizeBytes)
  taken(sizeBytes)
}

/** Bytes of what `reader` reads, counted. The reader is disposed when the last piece was taken, the loop is left or something fails. */
export async function* encoded(
  reader: JournalReader,
  batches: AsyncIterable<readonly JournalEntry[]>,
  { name: format, encode }: Format,
  metrics: LogMetrics,
): AsyncGenerator<Uint8Array> {
  await using _closing = reader
  for await (const batch of batches) {
    metrics.entries.inc({ format }, batch.length)
    yield* pieces(batch, encode, sizeBytes => metrics.bytes.inc({ format }, sizeBytes))
  }
}

/** An answer of which the first piece has been taken already, since its status depends on it. */
export async function* resumed(first: Uint8Array, rest: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield first
    yield* rest
  } finally {
    // When the client leaves after the first piece, `rest` was never entered by this loop.
    await rest.return(undefined)
  }
}
