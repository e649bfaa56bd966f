/**
 * What reading a journal means here, whoever does it: the reader of journal files, the journalctl child that stands in for it, the list
 * in memory of the tests. Modelled on sd-journal(3), whose behaviour is the contract of log 3.3.
 */
import type { Cursor } from './cursor.ts'
import type { JournalEntry } from './entry.ts'
import type { MatchClause } from './matches.ts'

export interface Journal {
  /**
   * A reader over the entries that meet every clause, standing before the first. Aborting `signal` frees at once whatever it
   * holds. With `only` nothing but the last value of that field is wanted of an entry: the others may be left out, which is faster.
   * Rejects with JOURNAL_BUSY above the limit of readers, JOURNAL_MATCH_UNSUPPORTED, JOURNAL_UNAVAILABLE, JOURNAL_OPEN_FILES_TOO_MANY.
   */
  open(matches: readonly MatchClause[], signal: AbortSignal, only?: string): Promise<JournalReader>
  /** Every value that `field` has in the whole journal, once, in no order. Rejects as `open` does, and with JOURNAL_VALUES_TOO_MANY. */
  fieldValues(field: string, signal: AbortSignal): Promise<Uint8Array[]>
}

export interface FollowedBatch {
  /** None: the end of the journal has been reached, for now. Told each time, and at least once a second while nothing comes. */
  readonly entries: JournalEntry[]
  /** Entries, matching or not, that were removed from the journal before this reader came to them; 0 as a rule. */
  readonly lost: bigint
}

export type Direction = 'forwards' | 'backwards'

/**
 * Stands on an entry, before the first or behind the last one. Every method may reject with JOURNAL_UNAVAILABLE. One thing at a
 * time: no method may be called while another runs or while `entries` is being read.
 */
export interface JournalReader extends AsyncDisposable {
  /** The entry it stands on; undefined before the first and behind the last. */
  current(): Cursor | undefined
  /** Stands before the first entry. */
  seekHead(): void
  /** Stands behind the last entry. */
  seekTail(): void
  /**
   * Stands on the entry of this cursor if it matches, else on the next one that does; behind the last one when none follows.
   * What follows a cursor that is not in the journal is decided by s and i, else b and m, else t, as libsystemd does.
   */
  seekCursor(cursor: Cursor): Promise<void>
  /** Stands on the first entry that is not older than this time, in µs since the epoch; behind the last one when there is none. */
  seekRealtime(realtimeUs: number): Promise<void>
  /** Moves towards newer entries by at most `count`, stopping at the newest. Resolves to the number really moved. */
  next(count: bigint): Promise<bigint>
  /** Moves towards older entries by at most `count`, stopping at the oldest. Resolves to the number really moved. */
  previous(count: bigint): Promise<bigint>
  /**
   * The entries from where it stands, `current` first unless `skipCurrent`, at most `limit` (0: all) of them. They come in
   * batches as they are read, never empty, none waiting to be filled; the journal is read no faster than they are taken.
   * Ends at the newest or oldest entry. Leaving the loop early is fine; the reader stays where it stands. A batch is its taker's alone: who
   * empties it when he is done with it lets the entries go while he waits for his client.
   */
  entries(direction: Direction, limit: bigint, skipCurrent: boolean): AsyncIterable<JournalEntry[]>
  /**
   * The entries forwards without limit, as `entries` gives them, then those that are added, as they come: within a second. Ends
   * only with the reader's signal, by rejecting. The reader moves along. From behind the last entry: what is added since a seek or
   * `previous` found nothing there; after `seekTail` alone, since following began.
   */
  follow(skipCurrent: boolean): AsyncIterable<FollowedBatch>
}
