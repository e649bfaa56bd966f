/** What a range and a stream of v1 begin with: a reader in its place, and the headers that tell of it (log 4.6). */
import type { HttpRequest } from '../../shared/http/route.ts'
import { bootClause } from '../boot.ts'
import type { Format } from '../format.ts'
import type { SearchableJournal } from '../grep/searchable.ts'
import { HEADERS } from '../headers.ts'
import { type Opened, openAt } from '../open-at-position.ts'
import type { Start } from '../position.ts'
import { containerMatches } from './container.ts'
import type { StreamRequest } from './query.ts'

/** For answers in this format; `patient` as in SearchHow. Rejects as `open` of a journal does; no reader is left then. */
export async function openFor(
  journal: SearchableJournal,
  { params, signal }: HttpRequest,
  { matches, regexes, boot: wanted, position }: StreamRequest,
  format: Format,
  patient: boolean,
): Promise<Opened> {
  const boot = wanted === undefined ? [] : [await bootClause(journal, wanted, signal)]
  const searched = journal.matching(regexes, { bounds: position, counting: position.skipNext > 0n, patient })
  return await openAt(searched, [...containerMatches(params), ...matches, ...boot], position, signal, format)
}

export function headersAt({ skippedNext, skippedPrev }: Start): Record<string, string> {
  return {
    ...HEADERS,
    'X-Journal-Skip-Next': String(skippedNext),
    'X-Journal-Skip-Prev': String(skippedPrev),
  }
}
