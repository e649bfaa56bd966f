/** One entry of a journal, as every reader hands it out. */

export interface JournalField {
  /** Without the addresses of the export format: no name starts with two underscores. */
  readonly name: string
  /** Any bytes; at most FIELD_MAX_BYTES of them. */
  readonly value: Uint8Array
  /** Of a field that comes again with other entries, as the same object: what was made of it may be used again. */
  readonly number?: number
}

export interface JournalEntry {
  /** As `journalctl --show-cursor` writes it; grammar in cursor.ts. */
  readonly cursor: string
  /** Wall clock in µs since the epoch; a number holds them exactly until the year 2255. */
  readonly realtimeUs: number
  /** µs since the boot that _BOOT_ID names. */
  readonly monotonicUs: number
  /** In the journal's order; a name may occur several times. */
  readonly fields: readonly JournalField[]
  /**
   * The values are many bytes together: what `fields` gives is good until the next turn of the event loop, and is read again when it is
   * asked for later; that throws JOURNAL_UNAVAILABLE where the entry was removed meanwhile.
   */
  readonly large?: boolean
}

/** A longer value is cut here. journald itself allows 768 MiB, which no client of ours could take and no node spare. */
export const FIELD_MAX_BYTES = 8 * 1024 * 1024

/** Further fields of an entry are left out above this sum. */
export const ENTRY_MAX_BYTES = 16 * 1024 * 1024

/** journald's own limit; a name beyond it is not a journal's. */
export const ENTRY_MAX_FIELDS = 1024

/** Sum of all values of a field; more than a node's journal ever held. */
export const VALUES_MAX_BYTES = 8 * 1024 * 1024
