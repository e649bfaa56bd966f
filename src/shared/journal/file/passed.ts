/** How far a follower has come in each sequence, and what vacuum removed before he came there: files begin behind the next number. */
import type { JournalFile } from './journal-file.ts'

export interface Passed {
  /** He has seen, or need not see, what is numbered up to `seqnum`. */
  reach(seqnumId: string, seqnum: number): void
  /** Entries that are gone and were not passed; told once. A file of another sequence between the two would hide some. */
  lost(files: readonly JournalFile[]): bigint
}

export function createPassed(): Passed {
  const reached = new Map<string, number>()
  const passed: Passed = {
    reach(seqnumId, seqnum) {
      if (seqnum > (reached.get(seqnumId) ?? 0)) reached.set(seqnumId, seqnum)
    },
    lost(files) {
      let lost = 0n
      for (const [seqnumId, seqnum] of reached) {
        let head = Number.POSITIVE_INFINITY
        for (const { header } of files)
          if (header.seqnumId === seqnumId && header.entries > 0 && header.tailSeqnum > seqnum)
            head = Math.min(head, header.headSeqnum)
        if (head === Number.POSITIVE_INFINITY || head <= seqnum + 1) continue
        lost += BigInt(head - seqnum - 1)
        passed.reach(seqnumId, head - 1)
      }
      return lost
    },
  }
  return passed
}
