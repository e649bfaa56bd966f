/** An entry out of a file. A class, since there are many: its cursor is written when somebody asks, which readers of text never do. */
import type { JournalEntry, JournalField } from '../entry.ts'
import { type CursorParts, writeCursor } from './cursor-writer.ts'
import { bootIdOf, copyHead, type EntryHead, emptyHead, sameBoot } from './entry-head.ts'

export class FileEntry implements JournalEntry, CursorParts {
  readonly seqnumId: string
  readonly seqnum: number
  readonly bootId: string
  readonly monotonicUs: number
  readonly realtimeUs: number
  readonly xorLow: number
  readonly xorHigh: number
  readonly fields: readonly JournalField[]

  constructor(head: EntryHead, fields: readonly JournalField[]) {
    this.seqnumId = head.seqnumId
    this.seqnum = head.seqnum
    this.bootId = bootOf(head)
    this.monotonicUs = head.monotonicUs
    this.realtimeUs = head.realtimeUs
    this.xorLow = head.xorLow
    this.xorHigh = head.xorHigh
    this.fields = fields
  }

  get cursor(): string {
    return writeCursor(this)
  }
}

export function cursorOf(head: EntryHead): string {
  return new FileEntry(head, []).cursor
}

let bootId = ''
const bootHead = emptyHead()

/** Most entries are of the boot of the one before, whose text is kept. */
function bootOf(head: EntryHead): string {
  if (bootId === '' || !sameBoot(bootHead, head)) {
    copyHead(head, bootHead)
    bootId = bootIdOf(head)
  }
  return bootId
}
