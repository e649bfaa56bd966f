/**
 * Entries whose values are many bytes together. Hundreds of readers may stand on one while their clients take it slowly, and 16 MiB for
 * each would be more than the node spares: the values of one are in memory, and those of the others are read again when they are wanted.
 */
import type { JournalEntry, JournalField } from '../entry.ts'
import { faults } from '../errors.ts'
import { CorruptPart } from './corrupt.ts'
import type { EntryHead } from './entry-head.ts'
import { FileEntry } from './file-entry.ts'

/** Of all values of an entry. */
export const LARGE_BYTES = 64 * 1024

/** A longer value has memory of its own (arena.ts, journal-file.ts). */
const OWN_BYTES = 8 * 1024

/** The one whose values are in memory. */
let kept: LargeEntry | undefined

export class LargeEntry implements JournalEntry {
  readonly large = true
  readonly #place: FileEntry
  readonly #count: number
  readonly #read: () => readonly JournalField[]
  #fields: readonly JournalField[] | undefined

  /** `fields` are those that `read` has given, and will give again. */
  constructor(head: EntryHead, fields: readonly JournalField[], read: () => readonly JournalField[]) {
    this.#place = new FileEntry(head, [])
    this.#count = fields.length
    this.#read = read
    this.#keep(fields)
  }

  get seqnumId(): string {
    return this.#place.seqnumId
  }

  get seqnum(): number {
    return this.#place.seqnum
  }

  get cursor(): string {
    return this.#place.cursor
  }

  get realtimeUs(): number {
    return this.#place.realtimeUs
  }

  get monotonicUs(): number {
    return this.#place.monotonicUs
  }

  get fields(): readonly JournalField[] {
    return this.#fields ?? this.#keep(this.#readAgain())
  }

  /** Nobody wants it any more. */
  release(): void {
    if (kept === this) kept = undefined
    const fields = this.#fields ?? []
    this.#fields = undefined
    // At once: as garbage they would stay until somebody collects it, and the next ones come before.
    for (const { value } of fields) if (value.length > OWN_BYTES) (value.buffer as ArrayBuffer).transfer(0)
  }

  #keep(fields: readonly JournalField[]): readonly JournalField[] {
    kept?.release()
    kept = this
    this.#fields = fields
    return fields
  }

  #readAgain(): readonly JournalField[] {
    kept?.release()
    let fields: readonly JournalField[] = []
    try {
      fields = this.#read()
    } catch (error) {
      if (!(error instanceof CorruptPart)) throw error
    }
    if (fields.length !== this.#count) throw faults.UNAVAILABLE('a large entry was removed while it was sent')
    return fields
  }
}
