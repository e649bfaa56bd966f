/**
 * Data objects that several entries share, decoded once: most fields of an entry are such. As many as there are slots, and bounded in
 * bytes; two objects that want one slot displace each other.
 */
import type { JournalField } from '../entry.ts'
import { createArena } from './arena.ts'

export interface DataCache {
  get(owner: object, offset: number): JournalField | undefined
  /** The field as it will be found again, with a copy of `bytes` from `start` to `end`; a large one will not be. */
  put(owner: object, offset: number, name: string, bytes: Uint8Array, start: number, end: number): JournalField
  /** Nothing of this file is wanted any more. */
  forget(owner: object): void
}

const SLOTS = 16_384
const VALUE_MAX_BYTES = 1024
const BYTES_MAX = 2 * 1024 * 1024

export function createDataCache(): DataCache {
  const offsets = new Float64Array(SLOTS)
  const owners: (object | undefined)[] = new Array(SLOTS).fill(undefined)
  const fields: (JournalField | undefined)[] = new Array(SLOTS).fill(undefined)
  const values = createArena()
  let number = 0

  function clear(): void {
    owners.fill(undefined)
    fields.fill(undefined)
    values.clear()
  }

  return {
    get(owner, offset) {
      const slot = slotOf(offset)
      return offsets[slot] === offset && owners[slot] === owner ? fields[slot] : undefined
    },
    put(owner, offset, name, bytes, start, end) {
      if (end - start > VALUE_MAX_BYTES) return { name, value: values.copy(bytes, start, end) }
      // What was displaced counts as well: it shares its slab with what was not.
      if (values.sizeBytes >= BYTES_MAX) clear()
      const slot = slotOf(offset)
      number = (number + 1) | 0
      const field = { name, value: values.copy(bytes, start, end), number }
      offsets[slot] = offset
      owners[slot] = owner
      fields[slot] = field
      return field
    },
    forget(owner) {
      for (let slot = 0; slot < SLOTS; slot++) {
        if (owners[slot] !== owner) continue
        owners[slot] = undefined
        fields[slot] = undefined
      }
    },
  }
}

/** Objects are multiples of 8 apart, and neighbours are used together. */
function slotOf(offset: number): number {
  const unit = offset / 8
  return (unit ^ (unit >>> 14)) & (SLOTS - 1)
}
