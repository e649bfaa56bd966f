/** How many readers may be at work at once, whatever the reader: each holds a child, or memory and descriptors. */
import { faults } from './errors.ts'

/** What an operator counts of reading a journal. */
export interface JournalObserver {
  readerOpened?(): void
  readerClosed?(): void
  readerRefused?(): void
  /** journalctl could not be started, failed, or spoke another language; or the journal's directory cannot be read. */
  failed?(): void
  /** Values cut and fields left out, by the limits of entry.ts. */
  fieldsCut?(count: number): void
  /** A part of a journal file that cannot be a journal's, and was passed over. */
  corrupt?(): void
  /** Files above the limit of them, at the last look. */
  filesLeftOut?(count: number): void
  /** A reader that journalctl works for, since a file has a form that only it knows. */
  fellBack?(): void
}

/** Children at once. A reader of files costs less: some KiB, and no process. */
export const READERS_MAX = 16

/** When a refused client should come again: most requests are over by then. */
const RETRY_AFTER_SECONDS = 1

/** Gives a place among the readers; call the result to give it back, once or more. Throws JOURNAL_BUSY. */
export function createAdmission(readersMax: number, observe: JournalObserver): () => () => void {
  let readers = 0
  return () => {
    if (readers >= readersMax) {
      observe.readerRefused?.()
      throw faults.BUSY(readersMax).with({ retryAfterSeconds: RETRY_AFTER_SECONDS })
    }
    readers++
    observe.readerOpened?.()
    let given = false
    return () => {
      if (given) return
      given = true
      readers--
      observe.readerClosed?.()
    }
  }
}
