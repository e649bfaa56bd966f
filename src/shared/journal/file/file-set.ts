/** The journal files there are now, as one snapshot that readers go through; directories in directory.ts, buffers in tests. */
import type { CorruptPart } from './corrupt.ts'
import type { JournalFile } from './journal-file.ts'
import type { Numbered } from './passed.ts'

export interface FileSet {
  /**
   * Looks for files that came and went, and what grew; with a watch, no more often than all followers together need. Throws
   * JOURNAL_UNAVAILABLE.
   */
  refresh(watch?: FileWatch): Snapshot
  watch(): FileWatch
  /** Files that were closed while readers were in them, so far: whoever is in one of them has missed the rest of it. */
  readonly taken: number
  /** Counts a part that is broken, and logs the first of a file; closes a file that was removed. */
  corrupt(file: JournalFile, error: CorruptPart): void
}

export interface Snapshot {
  readonly files: readonly JournalFile[]
  /** No file was found that could not be opened. */
  readonly whole: boolean
  /**
   * Seqnum id → newest entry that every file was read up to. journald writes its files in turns: a newer entry may be seen in one
   * file before an older one in another, and whoever went on from the newer one would never see the older.
   */
  readonly newest: ReadonlyMap<string, Numbered>
  /** A file that only journalctl can read, and why; it is not among the files. */
  readonly unsupported: string | undefined
  /** The files may be closed. */
  release(): void
}

export interface FileWatch {
  /** Resolves when a file may have changed since the last call, and after a second. Rejects with the signal's reason. */
  changed(signal: AbortSignal): Promise<void>
  close(): void
}
