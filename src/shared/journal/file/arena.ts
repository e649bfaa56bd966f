/** Copies of small byte strings, many in one piece of memory: for each alone Node's bookkeeping would cost more than the bytes. */

export interface Arena {
  /** Taken from the system since `clear`, at most a slab more than the copies. */
  readonly sizeBytes: number
  /** Of `bytes` from `start` to `end`. */
  copy(bytes: Uint8Array, start: number, end: number): Buffer
  /** Copies stay as long as somebody has them, and each keeps the slab that it is in. */
  clear(): void
}

const SLAB_BYTES = 64 * 1024

/** More than this gets memory of its own. */
const SMALL_BYTES = 8 * 1024

/** Up to here a loop is faster than the object that `set` needs. */
const LOOP_BYTES = 256

export function createArena(): Arena {
  let slab: ArrayBuffer | undefined
  let at = 0
  let sizeBytes = 0

  return {
    get sizeBytes() {
      return sizeBytes
    },
    copy(bytes, start, end) {
      const length = end - start
      let copy: Buffer
      if (length > SMALL_BYTES) {
        copy = Buffer.allocUnsafeSlow(length)
        sizeBytes += length
      } else {
        if (slab === undefined || at + length > SLAB_BYTES) {
          slab = new ArrayBuffer(SLAB_BYTES)
          sizeBytes += SLAB_BYTES
          at = 0
        }
        copy = Buffer.from(slab, at, length)
        at += length
      }
      if (length > LOOP_BYTES) copy.set(bytes.subarray(start, end))
      else for (let i = 0; i < length; i++) copy[i] = bytes[start + i]!
      return copy
    },
    clear() {
      slab = undefined
      sizeBytes = 0
    },
  }
}
