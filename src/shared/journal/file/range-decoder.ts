/** The range decoder of LZMA ("LZMA specification" of the LZMA SDK): bits out of bytes, each by a probability that learns from it. */

export interface RangeDecoder {
  /** Of the next byte. Whoever decodes asks after each symbol: a broken input is read on behind its end, as zeros behind its last byte. */
  readonly at: number
  /** All that was written at the end of a chunk is used up. */
  readonly finished: boolean
  /** Begins at `from`, where five bytes are taken; false when they cannot be a beginning. */
  start(from: number): boolean
  /** All probabilities are even again; of so many that are used. */
  reset(count: number): void
  /** One bit by the probability of this index. */
  bit(index: number): number
  /** A number of so many bits, the highest first; each has its probability by those before it. */
  tree(first: number, bits: number): number
  /** The same with the lowest bit first. */
  reverseTree(first: number, bits: number): number
  /** A byte, of which `match` is a guess: probabilities are others as long as it comes true. */
  guessedByte(first: number, match: number): number
  /** Bits that have no probability. */
  direct(bits: number): number
}

const HALF = 1024
const TOTAL_BITS = 11
const MOVE_BITS = 5
const LOWEST_RANGE = 1 << 24

export function createRangeDecoder(input: Uint8Array, probabilitiesMax: number): RangeDecoder {
  const probabilities = new Uint16Array(probabilitiesMax)
  let at = 0
  // Numbers of 32 bits, kept signed: as unsigned ones they would be objects half of the time.
  let range = 0
  let code = 0

  function bit(index: number): number {
    const probability = probabilities[index]!
    const bound = Math.imul(range >>> TOTAL_BITS, probability)
    let value = 0
    if (code >>> 0 < bound >>> 0) {
      range = bound
      probabilities[index] = probability + (((1 << TOTAL_BITS) - probability) >> MOVE_BITS)
    } else {
      range = (range - bound) | 0
      code = (code - bound) | 0
      probabilities[index] = probability - (probability >> MOVE_BITS)
      value = 1
    }
    if (range >>> 0 < LOWEST_RANGE) {
      range <<= 8
      code = (code << 8) | input[at++]!
    }
    return value
  }

  return {
    get at() {
      return at
    },
    get finished() {
      return code === 0
    },
    start(from) {
      at = from + 5
      range = -1
      code = (input[from + 1]! << 24) | (input[from + 2]! << 16) | (input[from + 3]! << 8) | input[from + 4]!
      return input[from] === 0 && at <= input.length
    },
    reset(count) {
      probabilities.fill(HALF, 0, count)
    },
    bit,
    tree(first, bits) {
      let node = 1
      for (let i = 0; i < bits; i++) node = (node << 1) | bit(first + node)
      return node - (1 << bits)
    },
    reverseTree(first, bits) {
      let node = 1
      let value = 0
      for (let i = 0; i < bits; i++) {
        const read = bit(first + node)
        node = (node << 1) | read
        value |= read << i
      }
      return value
    },
    guessedByte(first, match) {
      let node = 1
      let guess = match
      let same = 0x100
      while (node < 0x100) {
        guess <<= 1
        const guessed = guess & same
        const read = bit(first + same + guessed + node)
        node = (node << 1) | read
        same &= read === 1 ? guess : ~guess
      }
      return node - 0x100
    },
    direct(bits) {
      let value = 0
      for (let i = 0; i < bits; i++) {
        range >>>= 1
        const read = code >>> 0 >= range >>> 0 ? 1 : 0
        if (read === 1) code = (code - range) | 0
        value = (value << 1) | read
        if (range >>> 0 < LOWEST_RANGE) {
          range <<= 8
          code = (code << 8) | input[at++]!
        }
      }
      return value
    },
  }
}
