/**
 * Where formats write their bytes: one buffer for all, since nobody writes to it over a turn of the event loop, and what it holds is
 * copied out in pieces. An object and a copy for each entry would cost more than its bytes.
 */

export interface Output {
  /** Written since `take`. */
  readonly sizeBytes: number
  bytes(value: Uint8Array): void
  /** As UTF-8. */
  text(text: string): void
  /** A whole number from 0 to 2^53, in decimal. */
  number(value: number): void
  /**
   * `value` inside a JSON string, by `escapes`: 0 for a byte that stays as it is, else what comes after a backslash. False, and nothing
   * is written, when a byte has no short form there or the value is long.
   */
  escaped(value: Uint8Array, escapes: Uint8Array): boolean
  /** A copy of what was written, which is forgotten. */
  take(): Buffer
  clear(): void
}

/** Marks a byte in a table of escapes that has no short form. */
export const NO_SHORT_FORM = 1

const START_BYTES = 128 * 1024
/** After a huge entry it shrinks again. */
const KEPT_BYTES = 1024 * 1024
/** A loop of ours is faster up to here. */
const SHORT_BYTES = 1024
const BACKSLASH = 0x5c
const ZERO = 0x30

export function createOutput(): Output {
  let buffer = Buffer.allocUnsafeSlow(START_BYTES)
  let at = 0

  function room(sizeBytes: number): void {
    if (at + sizeBytes <= buffer.length) return
    const larger = Buffer.allocUnsafeSlow(Math.max(at + sizeBytes, 2 * buffer.length))
    buffer.copy(larger, 0, 0, at)
    buffer = larger
  }

  return {
    get sizeBytes() {
      return at
    },
    bytes(value) {
      room(value.length)
      buffer.set(value, at)
      at += value.length
    },
    text(text) {
      // No UTF-16 unit has more than three bytes.
      room(text.length * 3)
      at += buffer.write(text, at, 'utf8')
    },
    number(value) {
      room(16)
      let digits = 1
      for (let limit = 10; value >= limit; limit *= 10) digits++
      let left = value
      let end = at + digits
      at = end
      // Whole numbers of 32 bits divide much faster.
      while (left > 0x7fffffff) {
        const rest = Math.floor(left / 10)
        buffer[--end] = ZERO + (left - rest * 10)
        left = rest
      }
      for (let small = left | 0, count = end - (at - digits); count > 0; count--) {
        const rest = (small / 10) | 0
        buffer[--end] = ZERO + (small - rest * 10)
        small = rest
      }
    },
    escaped(value, escapes) {
      const { length } = value
      if (length > SHORT_BYTES) return false
      room(2 * length)
      let to = at
      for (let i = 0; i < length; i++) {
        const byte = value[i]!
        const short = escapes[byte]!
        if (short !== 0) {
          if (short === NO_SHORT_FORM) return false
          buffer[to++] = BACKSLASH
          buffer[to++] = short
        } else buffer[to++] = byte
      }
      at = to
      return true
    },
    take() {
      const taken = Buffer.allocUnsafeSlow(at)
      buffer.copy(taken, 0, 0, at)
      at = 0
      if (buffer.length > KEPT_BYTES) buffer = Buffer.allocUnsafeSlow(START_BYTES)
      return taken
    },
    clear() {
      at = 0
    },
  }
}
