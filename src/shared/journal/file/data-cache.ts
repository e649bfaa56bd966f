/**
 * Data objects that several entries share, decoded once: most fields of an entry are such. As many as there are slots, and bounded in
 * bytes; two objects that want one slot displace each other.
 */
import type { JournalField } from '../entry.ts'

export interface DataCache {
  get(owner: object, offset: number): JournalField | undefined
  put(owner: object, offset: number, field: JournalField): void
  /** Nothing of this file is wanted any more. */
  forget(owner: object): void
}

const SLOTS = 16_384
const VALUE_MAX_BYTES = 1024
const BYTES_MAX = 4 * 1024 * 1024

export function createDataCache(): DataCache {
  const offsets = new Float64Array(SLOTS)
  const owners: (object | undefined)[] = new Array(SLOTS).fill(undefined)
  const fields: (JournalField | undefined)[] = new Array(SLOTS).fill(undefined)
  let sizeBytes = 0

  function clear(): void {
    owners.fill(undefined)
    fields.fill(undefined)
    sizeBytes = 0
  }

  return {
    get(owner, offset) {
      const slot = slotOf(offset)
      return offsets[slot] === offset && owners[slot] === owner ? fields[slot] : undefined
    },
    put(owner, offset, field) {
      if (field.value.length > VALUE_MAX_BYTES) return
      if (sizeBytes + field.value.length > BYTES_MAX) clear()
      const slot = slotOf(offset)
      sizeBytes += field.value.length - (fields[slot]?.value.length ?? 0)
      offsets[slot] = offset
      owners[slot] = owner
      // A copy: the value points into a block, which would be kept for it.
      fields[slot] = { name: field.name, value: Buffer.from(field.value) }
    },
    forget(owner) {
      for (let slot = 0; slot < SLOTS; slot++) {
        if (owners[slot] !== owner) continue
        sizeBytes -= fields[slot]?.value.length ?? 0
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
