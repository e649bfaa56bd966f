/** One LZ4 block (lz4_Block_format.md of the LZ4 project), decoded into a buffer of known size: objects of systemd 209 to 245. */
import { CorruptPart } from './corrupt.ts'

const MATCH_MIN = 4

/**
 * Decodes `block`, which becomes `sizeBytes` long, and returns its first `limitBytes`. Throws CorruptPart for a block that is not
 * that long, or points outside itself.
 */
export function decodeLz4Block(block: Uint8Array, sizeBytes: number, limitBytes: number): Buffer {
  const wanted = Math.min(sizeBytes, limitBytes)
  const output = Buffer.allocUnsafe(wanted)
  let from = 0
  let to = 0

  /** A length of 15 goes on in bytes of 255. */
  function length(nibble: number): number {
    let value = nibble
    if (nibble === 15) {
      let more: number
      do {
        more = block[from++] ?? 0
        value += more
      } while (more === 255)
    }
    return value
  }

  while (to < wanted) {
    if (from >= block.length) throw new CorruptPart('an LZ4 block ends early')
    const token = block[from++]!
    const literals = length(token >> 4)
    if (from + literals > block.length) throw new CorruptPart('an LZ4 block ends early')
    const kept = Math.min(literals, wanted - to)
    output.set(block.subarray(from, from + kept), to)
    from += literals
    to += kept
    if (to >= wanted) break
    // The last sequence has literals only; more was promised.
    if (from + 2 > block.length) throw new CorruptPart('an LZ4 block ends early')
    const distance = block[from]! | (block[from + 1]! << 8)
    from += 2
    if (distance === 0 || distance > to) throw new CorruptPart('an LZ4 block points before its start')
    const end = Math.min(to + length(token & 15) + MATCH_MIN, wanted)
    // Byte by byte: source and target may overlap, which repeats what is between them.
    for (; to < end; to++) output[to] = output[to - distance]!
  }
  return output
}
