/** What a range and a stream of v1 begin with: a reader in its place, and the headers that tell of it (log 4.6). */
import type { HttpRequest } from '../../shared/http/route.ts'
import type { Journal } from '../../shared/journal/reader.ts'
import { bootClause } from '../boot.ts'
import type { Format } from '../encode.ts'
import { type Opened, openAt } from '../open.ts'
import type { Start } from '../position.ts'
import { containerMatches } from './container.ts'
import type { StreamRequest } from './query.ts'

/** Rejects as `open` of a journal does; no reader is left then. */
export async function openFor(
  journal: Journal,
  request: HttpRequest,
  query: StreamRequest,
  format: Format,
): Promise<Opened> {
  const { params, signal } = request
  const boot = query.boot === undefined ? [] : [await bootClause(journal, query.boot, signal)]
  return await openAt(journal, [...containerMatches(params), ...query.matches, ...boot], query.position, signal, format)
}

export function headersAt({ skippedNext, skippedPrev }: Start): Record<string, string> {
  return {
    'Access-Control-Allow-Origin': '*',
    'Cache-Control': 'no-cache',
    'X-Journal-Skip-Next': String(skippedNext),
    'X-Journal-Skip-Prev': String(skippedPrev),
  }
}
