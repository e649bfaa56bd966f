/** The symbols of LZMA ("LZMA specification" of the LZMA SDK): literal bytes, and matches with what was put out before. */
import { CorruptPart } from './corrupt.ts'
import { createRangeDecoder } from './range-decoder.ts'

/** What is put out, and at the same time the dictionary. */
export interface Window {
  bytes: Buffer
  /** Matches reach back to here. */
  start: number
  /** Where the next byte goes. */
  to: number
}

export interface LzmaDecoder {
  /** `properties`: lc, lp and pb in one byte. Also resets the state. Throws CorruptPart. */
  configure(properties: number): void
  resetState(): void
  /**
   * Decodes the input from `from` on, which ends at `end`, until the window is filled up to `until`; it stops before if `wanted` is
   * reached. Throws CorruptPart when either is not so.
   */
  decode(window: Window, from: number, end: number, until: number, wanted: number): void
}

const STATES = 12
/** States from here on follow a match: the byte it would have gone on with is a guess at the next. */
const AFTER_MATCH = 7
const POSITIONS = 16
const MATCH_MIN = 2

// Where the probabilities of each decision begin.
const IS_MATCH = 0
const IS_REPEAT = IS_MATCH + STATES * POSITIONS
const IS_REPEAT_0 = IS_REPEAT + STATES
const IS_REPEAT_1 = IS_REPEAT_0 + STATES
const IS_REPEAT_2 = IS_REPEAT_1 + STATES
const IS_LONG = IS_REPEAT_2 + STATES
const SLOT = IS_LONG + STATES * POSITIONS
const SLOT_BITS = 6
const SLOT_KINDS = 4
const DISTANCE = SLOT + (SLOT_KINDS << SLOT_BITS)
const ALIGN = DISTANCE + 115
const ALIGN_BITS = 4
const LENGTH = ALIGN + (1 << ALIGN_BITS)
const LENGTH_LOW = 2
const LENGTH_MIDDLE = LENGTH_LOW + POSITIONS * 8
const LENGTH_HIGH = LENGTH_MIDDLE + POSITIONS * 8
const REPEAT_LENGTH = LENGTH + LENGTH_HIGH + 256
const LITERAL = REPEAT_LENGTH + LENGTH_HIGH + 256
const LITERAL_SIZE = 0x300

/** LZMA2's own limit of lc + lp. */
const LITERAL_BITS_MAX = 4

export function createLzmaDecoder(input: Uint8Array): LzmaDecoder {
  const range = createRangeDecoder(input, LITERAL + (LITERAL_SIZE << LITERAL_BITS_MAX))
  const { bit, tree, reverseTree, guessedByte, direct } = range
  let literalBits = 0
  let literalPositionBits = 0
  let positionMask = 0
  let state = 0
  /** The last four distances, less one. */
  let distance0 = 0
  let distance1 = 0
  let distance2 = 0
  let distance3 = 0

  function resetState(): void {
    range.reset(LITERAL + (LITERAL_SIZE << (literalBits + literalPositionBits)))
    state = distance0 = distance1 = distance2 = distance3 = 0
  }

  function length(first: number, position: number): number {
    if (bit(first) === 0) return MATCH_MIN + tree(first + LENGTH_LOW + position * 8, 3)
    if (bit(first + 1) === 0) return MATCH_MIN + 8 + tree(first + LENGTH_MIDDLE + position * 8, 3)
    return MATCH_MIN + 16 + tree(first + LENGTH_HIGH, 8)
  }

  function distance(lengthBytes: number): number {
    const kind = Math.min(lengthBytes - MATCH_MIN, SLOT_KINDS - 1)
    const slot = tree(SLOT + (kind << SLOT_BITS), SLOT_BITS)
    if (slot < 4) return slot
    const bits = (slot >> 1) - 1
    const high = (2 | (slot & 1)) << bits
    if (slot < 14) return high + reverseTree(DISTANCE + high - slot, bits)
    return (high + (direct(bits - ALIGN_BITS) << ALIGN_BITS) + reverseTree(ALIGN, ALIGN_BITS)) | 0
  }

  /** One of the last four distances again, which becomes the last; the length of the match. */
  function repeat(position: number): number {
    if (bit(IS_REPEAT_0 + state) === 0) {
      if (bit(IS_LONG + state * POSITIONS + position) === 0) {
        state = state < AFTER_MATCH ? 9 : 11
        return 1
      }
    } else {
      let again = distance1
      if (bit(IS_REPEAT_1 + state) === 1) {
        again = distance2
        if (bit(IS_REPEAT_2 + state) === 1) {
          again = distance3
          distance3 = distance2
        }
        distance2 = distance1
      }
      distance1 = distance0
      distance0 = again
    }
    state = state < AFTER_MATCH ? 8 : 11
    return length(REPEAT_LENGTH, position)
  }

  return {
    resetState,
    configure(properties) {
      literalBits = properties % 9
      literalPositionBits = Math.floor(properties / 9) % 5
      const positionBits = Math.floor(properties / 45)
      if (positionBits > 4 || literalBits + literalPositionBits > LITERAL_BITS_MAX)
        throw new CorruptPart('an XZ object has properties that LZMA2 does not')
      positionMask = (1 << positionBits) - 1
      resetState()
    },
    decode(window, from, end, until, wanted) {
      const { bytes, start } = window
      const stop = Math.min(until, wanted)
      const literalMask = (1 << literalPositionBits) - 1
      let { to } = window
      if (!range.start(from)) throw new CorruptPart('an XZ object has a chunk without a beginning')
      while (to < stop) {
        const position = (to - start) & positionMask
        if (bit(IS_MATCH + state * POSITIONS + position) === 0) {
          const before = to > start ? bytes[to - 1]! : 0
          const context = (((to - start) & literalMask) << literalBits) + (before >> (8 - literalBits))
          const first = LITERAL + LITERAL_SIZE * context
          bytes[to] = state < AFTER_MATCH ? tree(first, 8) : guessedByte(first, bytes[to - distance0 - 1]!)
          to++
          state = state < 4 ? 0 : state < 10 ? state - 3 : state - 6
        } else {
          let lengthBytes: number
          if (bit(IS_REPEAT + state) === 1) lengthBytes = repeat(position)
          else {
            distance3 = distance2
            distance2 = distance1
            distance1 = distance0
            state = state < AFTER_MATCH ? 7 : 10
            lengthBytes = length(LENGTH, position)
            distance0 = distance(lengthBytes)
          }
          // Negative: beyond 2 GiB, or the mark of an end, which LZMA2 does not have.
          if (distance0 < 0 || distance0 >= to - start) throw new CorruptPart('an XZ object points before its start')
          if (lengthBytes > until - to) throw new CorruptPart('an XZ object has a match longer than its chunk')
          const endOfMatch = Math.min(to + lengthBytes, stop)
          // Byte by byte: source and target may overlap, which repeats what is between them.
          for (; to < endOfMatch; to++) bytes[to] = bytes[to - distance0 - 1]!
        }
        if (range.at > end) throw new CorruptPart('an XZ object has a chunk that ends early')
      }
      window.to = to
      if (stop === until && (range.at !== end || !range.finished))
        throw new CorruptPart('an XZ object has a chunk that does not end')
    },
  }
}
