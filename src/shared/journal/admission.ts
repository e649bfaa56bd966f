/** How many readers may be at work at once, whatever the reader: each holds a child, or memory and descriptors. */
import { createPlaces, type Places } from '../limits/places.ts'
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

/** Places for readers, which refuse with JOURNAL_BUSY. `changed` is told how many there are. */
export function createAdmission(
  readersMax: number,
  observe: JournalObserver,
  changed: (readers: number) => void = () => {},
): Places {
  return createPlaces({
    max: readersMax,
    refuse() {
      observe.readerRefused?.()
      return faults.BUSY(readersMax).with({ retryAfterSeconds: RETRY_AFTER_SECONDS })
    },
    entered(readers) {
      observe.readerOpened?.()
      changed(readers)
    },
    left(readers) {
      observe.readerClosed?.()
      changed(readers)
    },
  })
}
