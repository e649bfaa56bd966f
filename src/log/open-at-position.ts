/** The journal's entries that meet some clauses → a reader in its place among them. */
import type { MatchClause } from '../shared/journal/matches.ts'
import type { Journal, JournalReader } from '../shared/journal/reader.ts'
import type { Format } from './format.ts'
import { type Position, type Start, takePosition } from './position.ts'

export interface Opened {
  /** To be disposed. */
  reader: JournalReader
  start: Start
}

/** For answers in this format. Rejects as `open` of a journal does; no reader is left then. */
export async function openAt(
  journal: Journal,
  clauses: readonly MatchClause[],
  position: Position,
  signal: AbortSignal,
  { only }: Pick<Format, 'only'>,
): Promise<Opened> {
  const reader = await journal.open(clauses, signal, only)
  try {
    return { reader, start: await takePosition(reader, position) }
  } catch (error) {
    await reader[Symbol.asyncDispose]()
    throw error
  }
}
