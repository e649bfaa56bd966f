/** Up to which entry of each sequence all was written when files were looked at one after the other: what is newer waits for the next look. */
import type { FileHeader } from './header.ts'
import type { Numbered } from './passed.ts'

/**
 * `headers`: as they were read in one look, after which all files were read again. Seqnum id → newest entry.
 *
 * COMPAT (systemd < 254): a user's files have an id of their own, but are numbered in common with the others. When their header was read a
 * moment later, it has a greater number; so what others wrote before that is due too: who went on behind the user's entry would never see it.
 */
export function newestOf(headers: readonly FileHeader[]): Map<string, Numbered> {
  const tails = new Map<string, FileHeader>()
  for (const header of headers)
    if (header.tailSeqnum > (tails.get(header.seqnumId)?.tailSeqnum ?? 0)) tails.set(header.seqnumId, header)
  const newest = new Map<string, Numbered>()
  for (const [seqnumId, own] of tails) {
    let last = own
    for (const other of tails.values()) {
      const isShared = !own.numberedInCommon && !other.numberedInCommon && other.machineId === own.machineId
      if (isShared && other.tailRealtimeUs >= own.tailRealtimeUs && other.tailSeqnum > last.tailSeqnum) last = other
    }
    newest.set(seqnumId, { seqnumId, seqnum: last.tailSeqnum, realtimeUs: last.tailRealtimeUs })
  }
  return newest
}
