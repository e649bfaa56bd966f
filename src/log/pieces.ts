/** Encoded entries → pieces for the socket, one of each batch unless it becomes long, none empty. */
import type { JournalEntry } from '../shared/journal/entry.ts'
import type { JournalReader } from '../shared/journal/reader.ts'
import { createOutput } from './encode/output.ts'
import type { Format } from './format.ts'
import type { LogMetrics } from './metrics.ts'

/** More than what a batch of a reader becomes, as a rule. */
const PIECE_BYTES = 256 * 1024

/** Of all answers: written to and emptied between two yields, and over no turn of the event loop. */
const out = createOutput()

/**
 * `taken` is told of each piece when the next one is asked for. `entries` are left empty: the last piece may wait long for its client, and
 * what V8 finds alive meanwhile it copies, then keeps until a full collection. That made answers take twice as long, now and then.
 */
export function* pieces(
  entries: JournalEntry[],
  format: Format,
  withId: boolean,
  taken: (sizeBytes: number) => void,
): Generator<Uint8Array> {
  const write = withId ? format.writeWithId : format.write
  // What somebody left who failed.
  out.clear()
  for (let i = 0; i < entries.length; i++) {
    const entry = entries[i]!
    if (entry.large) {
      for (const _ of format.parts(entry, out, withId)) {
        const part = out.take()
        yield part
        taken(part.length)
        out.clear()
      }
    } else write(entry, out)
    const isLast = i + 1 === entries.length
    if (out.sizeBytes < PIECE_BYTES && !isLast) continue
    if (isLast) entries.length = 0
    if (out.sizeBytes === 0) return
    const piece = out.take()
    yield piece
    taken(piece.length)
    out.clear()
  }
}

/** Bytes of what `reader` reads, counted. The reader is disposed when the last piece was taken, the loop is left or something fails. */
export async function* encoded(
  reader: JournalReader,
  batches: AsyncIterable<JournalEntry[]>,
  format: Format,
  metrics: LogMetrics,
): AsyncGenerator<Uint8Array> {
  await using _closing = reader
  for await (const batch of batches) {
    metrics.entries.inc({ format: format.name }, batch.length)
    yield* pieces(batch, format, false, sizeBytes => metrics.bytes.inc({ format: format.name }, sizeBytes))
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
