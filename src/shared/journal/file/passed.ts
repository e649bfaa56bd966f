/**
 * How far a follower has come in each sequence, and what vacuum removed before he came there, by the numbers of what is left. journald
 * numbers the entries of all its files, of users too, by one counter: what is in no file was removed. It removes the oldest files first.
 */
import { CorruptPart } from './corrupt.ts'
import { emptyHead } from './entry-head.ts'
import type { Snapshot } from './file-set.ts'
import type { FileHeader } from './header.ts'
import type { JournalFile } from './journal-file.ts'
import { firstEntry } from './seek.ts'

/** Of an entry: what tells where in its sequence it stands. FileEntry and EntryHead have it. */
export interface Numbered {
  readonly seqnumId: string
  readonly seqnum: number
  readonly realtimeUs: number
}

export interface Passed {
  /** He has seen, or need not see, what is numbered up to `place`. */
  reach(place: Numbered): void
  /**
   * The same, after he has gone through the files as they are now. Returns how many entries in between are in none of them, told once; never
   * any of those that `lost` minds.
   */
  advance(snapshot: Files, place: Numbered): number
  /**
   * How many entries are gone that he did not pass, told once; before he goes through the files.
   *
   * COMPAT (systemd < 254): a user's files have a seqnum id of their own, though the counter is everyone's: a sequence has numbers that were
   * never in it. Then only what lies before its first file can be gone, save for what the machine's other sequences had in that time.
   * So it is too where a file may have the rest, but cannot be read.
   */
  lost(snapshot: Files): number
}

type Files = Pick<Snapshot, 'files' | 'whole'>

/** A sequence that begins behind the place where he would have read on. */
interface Gap {
  readonly place: Numbered
  readonly first: FileHeader
}

export function createPassed(): Passed {
  const reached = new Map<string, Numbered>()
  let looked = false

  /** In this sequence; if it was never read, the place where he began, if that is of the same machine. */
  function placeIn({ seqnumId, machineId }: FileHeader, files: readonly JournalFile[]): Numbered | undefined {
    const own = reached.get(seqnumId)
    if (own || looked) return own
    const beside = files.find(({ header }) => header.machineId === machineId && reached.has(header.seqnumId))
    return beside && reached.get(beside.header.seqnumId)
  }

  function gapBefore(headers: readonly FileHeader[], place: Numbered): Gap | undefined {
    const first = headers.reduce((least, each) => (each.headSeqnum < least.headSeqnum ? each : least))
    // Vacuum removes the oldest first: behind a file that is still there nothing is gone.
    const isThere =
      first.seqnumId === place.seqnumId
        ? first.headSeqnum <= place.seqnum + 1
        : headers.some(({ headRealtimeUs }) => headRealtimeUs <= place.realtimeUs)
    return isThere ? undefined : { place, first }
  }

  function missingIn({ place, first }: Gap, files: readonly JournalFile[]): number {
    const { seqnumId, machineId, headSeqnum, headRealtimeUs } = first
    // Meanwhile he went on in other sequences, or was told of the same gap in one of them.
    let after = place.seqnum
    for (const { seqnum, realtimeUs } of reached.values())
      if (realtimeUs >= place.realtimeUs && seqnum < headSeqnum) after = Math.max(after, seqnum)
    let missing = headSeqnum - 1 - after
    for (const file of files) {
      const { header } = file
      if (header.seqnumId === seqnumId || header.machineId !== machineId) continue
      // Else of another boot, when the same numbers were something else's.
      if (header.headRealtimeUs <= headRealtimeUs && header.tailRealtimeUs >= place.realtimeUs)
        missing -= numbersIn(file, after, headSeqnum - 1)
    }
    return Math.max(0, missing)
  }

  const passed: Passed = {
    reach({ seqnumId, seqnum, realtimeUs }) {
      if (seqnum > (reached.get(seqnumId)?.seqnum ?? 0)) reached.set(seqnumId, { seqnumId, seqnum, realtimeUs })
    },
    advance({ files, whole }, place) {
      const { seqnumId, seqnum } = place
      const before = reached.get(seqnumId)?.seqnum ?? seqnum
      passed.reach(place)
      let missing = seqnum - before - 1
      if (missing <= 0 || !whole) return 0
      const own = files.filter(({ header }) => header.seqnumId === seqnumId)
      if (own.length === 0 || !own.every(({ header }) => header.numberedInCommon)) return 0
      for (const file of own) missing -= numbersIn(file, before, seqnum - 1)
      return Math.max(0, missing)
    },
    lost({ files, whole }) {
      const filled = files.map(({ header }) => header).filter(({ entries }) => entries > 0)
      const sequences = Map.groupBy(filled, ({ seqnumId }) => seqnumId)
      const gaps: Gap[] = []
      for (const headers of sequences.values()) {
        if (whole && headers.every(({ numberedInCommon }) => numberedInCommon)) continue
        const place = placeIn(headers[0]!, files)
        const gap = place && gapBefore(headers, place)
        if (gap) gaps.push(gap)
      }
      looked = true
      let lost = 0
      for (const gap of gaps.sort((a, b) => a.first.headSeqnum - b.first.headSeqnum)) {
        lost += missingIn(gap, files)
        const { seqnumId, headSeqnum, headRealtimeUs } = gap.first
        passed.reach({ seqnumId, seqnum: headSeqnum - 1, realtimeUs: headRealtimeUs })
      }
      return lost
    },
  }
  return passed
}

/** How many of the numbers above `after`, up to `last`, are entries of the file. */
function numbersIn(file: JournalFile, after: number, last: number): number {
  const { headSeqnum, tailSeqnum, entries } = file.header
  const from = Math.max(after, headSeqnum - 1)
  const to = Math.min(last, tailSeqnum)
  if (entries === 0 || from >= to) return 0
  try {
    if (!file.closed) return entriesUpTo(file, to) - entriesUpTo(file, from)
  } catch (error) {
    if (!(error instanceof CorruptPart)) throw error
  }
  // It went from under him, or is broken: rather too many than that what he has read is told to be lost.
  return Math.min(to - from, entries)
}

/** Entries of the file numbered at most `seqnum`, which is no more than its last. Throws CorruptPart. */
function entriesUpTo(file: JournalFile, seqnum: number): number {
  const { headSeqnum, tailSeqnum, entries } = file.header
  if (seqnum < headSeqnum) return 0
  if (entries === tailSeqnum - headSeqnum + 1) return seqnum - headSeqnum + 1
  const found = firstEntry(file, file.entries, head => head.seqnum > seqnum)
  // An entry has its number before it can be found; and when there is no room for all of it, the next file has it, with another number.
  return seqnum === tailSeqnum && found === entries && lastSeqnum(file) < tailSeqnum ? found + 1 : found
}

function lastSeqnum(file: JournalFile): number {
  const head = emptyHead()
  const offset = file.entries.at(file.entries.length - 1)
  if (offset !== 0) file.readHead(offset, head)
  return head.seqnum
}
