/** `boot`: entries of one boot, by its id or counted back from the newest, as journalctl -b does → a match. */

import type { MatchClause } from '../shared/journal/matches.ts'
import type { Journal, JournalReader } from '../shared/journal/reader.ts'
import { faults } from './errors.ts'

/** An id, or how many boots back from that of the newest entry. */
export type Boot = { id: string } | { back: number }

/** Each costs two readers, one after the other. */
export const BOOTS_BACK_MAX = 20

/** 32 hexadecimal digits, with or without the hyphens of a UUID; 0, -1 … Throws LOG_BOOT_INVALID. */
export function parseBoot(text: string): Boot {
  const id = text.replaceAll('-', '').toLowerCase()
  if (/^[0-9a-f]{32}$/.test(id)) return { id }
  if (/^(0|-\d{1,2})$/.test(text) && -Number(text) <= BOOTS_BACK_MAX) return { back: -Number(text) }
  throw faults.BOOT_INVALID(text, BOOTS_BACK_MAX)
}

/** One that nothing meets where the journal does not go back so far. Rejects as `open` of a journal does. */
export async function bootClause(journal: Journal, boot: Boot, signal: AbortSignal): Promise<MatchClause> {
  const id = 'id' in boot ? boot.id : await bootBack(journal, boot.back, signal)
  return id === undefined ? [] : ofBoot(id)
}

const ofBoot = (id: string): MatchClause => [{ field: '_BOOT_ID', value: Buffer.from(id) }]

/** From the newest entry to the first one of its boot, to the one before that, which is of the boot before. */
async function bootBack(journal: Journal, back: number, signal: AbortSignal): Promise<string | undefined> {
  let id = await read(journal, [], signal, async reader => {
    reader.seekTail()
    await reader.previous(1n)
    return reader.current()?.bootId
  })
  for (let left = back; left > 0 && id !== undefined; left--) {
    const oldest = await read(journal, [ofBoot(id)], signal, async reader => {
      await reader.next(1n)
      return reader.current()
    })
    if (!oldest) return undefined
    id = await read(journal, [], signal, async reader => {
      await reader.seekCursor(oldest)
      return (await reader.previous(1n)) > 0n ? reader.current()?.bootId : undefined
    })
  }
  return id?.toLowerCase()
}

async function read<T>(
  journal: Journal,
  matches: readonly MatchClause[],
  signal: AbortSignal,
  work: (reader: JournalReader) => Promise<T>,
): Promise<T> {
  await using reader = await journal.open(matches, signal)
  return await work(reader)
}
