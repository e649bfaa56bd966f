/** Where in a file a place is that need not be an entry of it: by seqnum, else by boot and monotonic time, else by wall clock, as libsystemd decides. */
import type { Direction } from '../reader.ts'
import { CorruptPart, RemovedFile } from './corrupt.ts'
import { bootIdOf, type EntryHead, emptyHead } from './entry-head.ts'
import { type EntryList, firstIndex, nextWhole } from './entry-list.ts'
import type { JournalFile } from './journal-file.ts'

/** Offset of the entry at or behind `place`, or at or before it backwards; 0 when there is none. */
export function seekOffset(file: JournalFile, place: EntryHead, direction: Direction): number {
  const { header } = file
  if (header.seqnumId === place.seqnumId) {
    // Most files of a journal lie wholly on one side.
    if (direction === 'forwards' ? header.tailSeqnum < place.seqnum : header.headSeqnum > place.seqnum) return 0
    return bisect(file, file.entries, direction, head => head.seqnum - place.seqnum)
  }
  const boot = entriesOfBoot(file, place)
  const found = boot && bisect(file, boot, direction, head => head.monotonicUs - place.monotonicUs)
  // DEPARTURE (log 3.2): systemd 252 ends the file here when its entries of this boot end, even if a later boot follows in it.
  return found || bisect(file, file.entries, direction, head => head.realtimeUs - place.realtimeUs)
}

function entriesOfBoot(file: JournalFile, place: EntryHead): EntryList | undefined {
  try {
    const data = file.findData(Buffer.from(`_BOOT_ID=${bootIdOf(place)}`, 'latin1'))
    return data === 0 ? undefined : file.entriesOf(data)
  } catch (error) {
    if (error instanceof CorruptPart) return undefined
    throw error
  }
}

/** `compare` is negative for entries before the place. */
function bisect(
  file: JournalFile,
  list: EntryList,
  direction: Direction,
  compare: (head: EntryHead) => number,
): number {
  const ahead = direction === 'forwards'
  const index = firstEntry(file, list, ahead ? head => compare(head) >= 0 : head => compare(head) > 0)
  // Broken items at the place itself are passed over.
  return list.at(ahead ? nextWhole(list, index, 1) : nextWhole(list, index - 1, -1))
}

/**
 * Index in `list` of the first entry that passes `test`, which stays true once it is; as many as there are if none does. Throws RemovedFile,
 * since zeros would pass for broken entries; those are passed over.
 */
export function firstEntry(file: JournalFile, list: EntryList, test: (head: EntryHead) => boolean): number {
  const head = emptyHead()
  return firstIndex(list, 0, list.length, offset => {
    try {
      file.readHead(offset, head)
    } catch (error) {
      if (!(error instanceof CorruptPart) || error instanceof RemovedFile) throw error
      return undefined
    }
    return test(head)
  })
}
