/** What a range and a stream of v1 begin with: a reader in its place, and the headers that tell of it (log 4.6). */
import type { HttpRequest } from '../../shared/http/route.ts'
import type { Journal, JournalReader } from '../../shared/journal/reader.ts'
import { bootClause } from '../boot.ts'
import { type Start, takePosition } from '../position.ts'
import { containerMatches } from './container.ts'
import type { StreamRequest } from './query.ts'

export interface Opened {
  /** To be disposed. */
  reader: JournalReader
  start: Start
}

/** Rejects as `open` of a journal does; no reader is left then. */
export async function openAt(journal: Journal, request: HttpRequest, query: StreamRequest): Promise<Opened> {
  const { params, signal } = request
  const boot = query.boot === undefined ? [] : [await bootClause(journal, query.boot, signal)]
  const reader = await journal.open([...containerMatches(params), ...query.matches, ...boot], signal)
  try {
    return { reader, start: await takePosition(reader, query.position) }
  } catch (error) {
    await reader[Symbol.asyncDispose]()
    throw error
  }
}

export function headersAt({ skippedNext, skippedPrev }: Start): Record<string, string> {
  return {
    'Access-Control-Allow-Origin': '*',
    'Cache-Control': 'no-cache',
    'X-Journal-Skip-Next': String(skippedNext),
    'X-Journal-Skip-Prev': String(skippedPrev),
  }
}
