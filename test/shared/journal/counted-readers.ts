// How many readers a journal says it opened, closed and refused.
import type { JournalObserver } from '../../../src/shared/journal/admission.ts'

export function countReaders() {
  const seen = { opened: 0, closed: 0, refused: 0 }
  const observe: JournalObserver = {
    readerOpened: () => void seen.opened++,
    readerClosed: () => void seen.closed++,
    readerRefused: () => void seen.refused++,
  }
  return { seen, observe }
}
