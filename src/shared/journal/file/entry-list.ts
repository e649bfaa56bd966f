/** Entries in the order they were written: a chain of entry array objects, each about twice as long as the one before, read as one list. */
import { CorruptPart } from './corrupt.ts'

export interface EntryList {
  readonly length: number
  /** Offset of the entry object; 0 for what is not there, not yet, or broken. */
  at(index: number): number
}

/** Of an entry array object. */
export interface EntryArray {
  readonly next: number
  readonly items: number
  readonly sizeBytes: number
}

export interface ArrayReader {
  /** Throws CorruptPart. */
  array(offset: number): EntryArray
  /** Item of the array at `offset`; 0 if it is none. */
  item(offset: number, index: number): number
  /** The rest of a chain cannot be read. */
  broken(error: CorruptPart): void
}

/** Arrays double in length, so a real chain has some twenty. */
const CHAIN_MAX = 1024

/** Broken items passed over in one call. */
export const GAP_MAX = 65_536

/** A bisection that meets a broken item looks at so many behind it. */
const PROBES = 16

/**
 * `inline`: a first entry that stands in no array (data objects have it), else 0. `head` and `length` are asked each time: the file may
 * grow. What was found of the chain is kept, since arrays never move.
 */
export function createEntryList(
  reader: ArrayReader,
  inline: number,
  head: () => number,
  length: () => number,
): EntryList {
  const offsets: number[] = []
  /** Index of the first item of each array; one more than arrays. */
  const starts: number[] = [0]
  let array = 0
  let endBytes = 0
  const before = inline === 0 ? 0 : 1

  /** False at the end of the chain, for now, and at a broken link. */
  function extend(): boolean {
    const last = offsets.at(-1)
    try {
      const next = last === undefined ? head() : reader.array(last).next
      if (next === 0) return false
      // Written later, so behind: what points back would be a loop.
      if (next < endBytes || offsets.length >= CHAIN_MAX) throw new CorruptPart('a chain of entry arrays turns back')
      const { items, sizeBytes } = reader.array(next)
      offsets.push(next)
      starts.push(starts.at(-1)! + items)
      endBytes = next + sizeBytes
      return true
    } catch (error) {
      if (!(error instanceof CorruptPart)) throw error
      reader.broken(error)
      return false
    }
  }

  return {
    get length() {
      return length()
    },
    at(index) {
      if (index < 0 || index >= length()) return 0
      const item = index - before
      if (item < 0) return inline
      if (array >= offsets.length || item < starts[array]! || item >= starts[array + 1]!) {
        while (item >= starts.at(-1)!) if (!extend()) return 0
        let low = 0
        let high = offsets.length - 1
        while (low < high) {
          const middle = (low + high + 1) >> 1
          if (starts[middle]! <= item) low = middle
          else high = middle - 1
        }
        array = low
      }
      return reader.item(offsets[array]!, item - starts[array]!)
    },
  }
}

/**
 * The first index from `low` on, below `high`, whose entry passes `test`, which stays true once it is; `high` if none does. Broken entries,
 * for which `test` gives undefined, are passed over if a whole one stands near.
 */
export function firstIndex(
  list: EntryList,
  low: number,
  high: number,
  test: (offset: number) => boolean | undefined,
): number {
  let from = low
  let to = high
  while (from < to) {
    const middle = Math.floor((from + to) / 2)
    let probe = middle
    let passed: boolean | undefined
    for (; probe < to && probe < middle + PROBES; probe++) {
      const offset = list.at(probe)
      passed = offset === 0 ? undefined : test(offset)
      if (passed !== undefined) break
    }
    if (passed === false) from = probe + 1
    else to = middle
  }
  return from
}

/** Index of the first whole item that passes, from `index` on, one by one forwards or backwards; -1 when none is near. */
export function nextWhole(
  list: EntryList,
  index: number,
  step: 1 | -1,
  passes: (offset: number) => boolean = () => true,
): number {
  for (let at = index, gap = 0; at >= 0 && at < list.length && gap < GAP_MAX; at += step, gap++) {
    const offset = list.at(at)
    if (offset !== 0 && passes(offset)) return at
  }
  return -1
}
