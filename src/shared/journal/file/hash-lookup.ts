/** The hash tables of a journal file: bytes → the object that holds them, for data and field objects alike. */
import { CorruptPart } from './corrupt.ts'
import { TooLarge } from './decompress.ts'
import type { FileHeader, HashTable } from './header.ts'
import { type Hash64, jenkins64 } from './jenkins.ts'
import { type ObjectReader, u64 } from './objects.ts'
import type { Pages } from './pages.ts'
import { sipHash24 } from './siphash.ts'

/** Objects in one bucket; journald rotates at some hundred. */
const HASH_CHAIN_MAX = 65_536

/**
 * Offset of the object of this type, whose bytes behind the first `headBytes` are `wanted`; 0 when there is none. Throws CorruptPart.
 */
export type HashLookup = (table: HashTable, type: number, headBytes: number, wanted: Buffer) => number

export function createHashLookup(objects: ObjectReader, pages: Pages, header: () => FileHeader): HashLookup {
  function hashOf(bytes: Buffer): Hash64 {
    const { keyedHash, fileId } = header()
    return keyedHash ? sipHash24(bytes, fileId) : jenkins64(bytes)
  }

  function holds(offset: number, headBytes: number, wanted: Buffer): boolean {
    if (objects.flags === 0 && objects.sizeBytes - headBytes !== wanted.length) return false
    try {
      return objects.payload(offset, headBytes, wanted.length + 1).equals(wanted)
    } catch (error) {
      if (error instanceof TooLarge) return false
      throw error
    }
  }

  return (table, type, headBytes, wanted) => {
    if (table.buckets === 0) return 0
    const hash = hashOf(wanted)
    const bucket = Number(((BigInt(hash.high) << 32n) | BigInt(hash.low)) % BigInt(table.buckets))
    const head = pages.locate(table.offset + bucket * 16, 8)
    let offset = u64(head.words, pages.at >> 2)
    for (let steps = 0; offset !== 0; steps++) {
      if (steps > HASH_CHAIN_MAX) throw new CorruptPart('a hash chain does not end')
      // Both kinds of object begin alike.
      const { words } = objects.object(offset, type, headBytes)
      const word = pages.at >> 2
      const next = u64(words, word + 6)
      if (words[word + 4] === hash.low && words[word + 5] === hash.high && holds(offset, headBytes, wanted))
        return offset
      // Objects are added at the end of a chain.
      if (next !== 0 && next <= offset) throw new CorruptPart('a hash chain turns back')
      offset = next
    }
    return 0
  }
}
