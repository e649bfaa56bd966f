/** Passing over many entries of a file by their numbers in its list, some twenty looks however many they are. */
import { CorruptPart, RemovedFile } from './corrupt.ts'
import { copyHead, type EntryHead, emptyHead } from './entry-head.ts'
import { type EntryList, firstIndex } from './entry-list.ts'
import type { JournalFile } from './journal-file.ts'

/**
 * Moves `head`, an entry of the file, over up to `count` of its others that are numbered up to `seqnumMax` and come before `other`, of
 * another file. Returns over how many, broken ones in between too; 0 where the numbers of two files say nothing of their order. Throws
 * CorruptPart, `head` as it was.
 */
export type Leap = (head: EntryHead, count: number, other: EntryHead | undefined) => number

export function createLeap(file: JournalFile, entries: EntryList, sign: 1 | -1, seqnumMax: number): Leap {
  const reached = emptyHead()
  /** The farthest so far that may be passed. */
  const landed = emptyHead()

  function reach(index: number, other: EntryHead | undefined): boolean {
    const offset = entries.at(index)
    if (offset === 0) return false
    try {
      file.readHead(offset, reached)
    } catch (error) {
      if (!(error instanceof CorruptPart) || error instanceof RemovedFile) throw error
      return false
    }
    const isBefore = other === undefined || sign * (reached.seqnum - other.seqnum) < 0
    if (reached.seqnum > seqnumMax || !isBefore) return false
    copyHead(reached, landed)
    return true
  }

  return (head, count, other) => {
    if (other !== undefined && other.seqnumId !== head.seqnumId) return 0
    const { length } = entries
    const index = firstIndex(entries, 0, length, offset => offset >= head.offset)
    if (entries.at(index) !== head.offset) return 0
    let low = 0
    let high = Math.min(count, sign > 0 ? length - 1 - index : index)
    // Mostly there is nothing between.
    if (high > 0 && reach(index + sign * high, other)) low = high
    while (low < high) {
      const middle = Math.ceil((low + high) / 2)
      if (reach(index + sign * middle, other)) low = middle
      else high = middle - 1
    }
    if (low > 0) copyHead(landed, head)
    return low
  }
}
