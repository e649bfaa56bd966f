/** `/stream/…`: entries from a position on, then those that are added (log 3.4, 4.4, 4.7). */
import type { Handler } from '../../shared/http/route.ts'
import type { Followers } from '../followers.ts'
import { formatFor } from '../format.ts'
import type { SearchableJournal } from '../grep/searchable.ts'
import { headersAt, openFor } from './open-request.ts'
import { parseStreamQuery } from './query.ts'

export function stream(journal: SearchableJournal, followers: Followers): Handler {
  return request => {
    const { accept, 'last-event-id': lastEventId } = request.headers
    const query = parseStreamQuery(request.rawQuery, String(lastEventId ?? ''), followers.clock.nowMs())
    const format = formatFor(accept)
    return followers.answer(request, format, async () => {
      const { reader, start } = await openFor(journal, request, query, format, true)
      return { reader, skipCurrent: start.skipCurrent, headers: headersAt(start) }
    })
  }
}
