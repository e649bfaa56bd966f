/**
 * Which entries of a file meet every clause: each match is the list of entries its data object holds, OR takes the nearest of several
 * lists, AND leaps from list to list until they agree. The cost follows the number of matches, not of entries.
 */
import type { FieldMatch, MatchClause } from '../matches.ts'
import type { Direction } from '../reader.ts'
import { type EntryList, firstIndex, GAP_MAX, nextWhole } from './entry-list.ts'
import type { JournalFile } from './journal-file.ts'

export interface Finder {
  /**
   * The first entry at or behind the offset `from` that matches, or at or before it backwards; 0 when there is none. PAUSED after
   * many steps without one: asked again, it goes on.
   */
  find(from: number): number
}

export const PAUSED = -1

/** Lists asked in one call, each of which may read several pages: some milliseconds. */
const ASKED_MAX = 256

/** Undefined when no entry of this file can match. Throws CorruptPart. */
export function createFinder(
  file: JournalFile,
  clauses: readonly MatchClause[],
  direction: Direction,
): Finder | undefined {
  const step = direction === 'forwards' ? forwards : backwards
  if (clauses.length === 0) return step(file.entries)
  const parts: Part[] = []
  for (const clause of clauses) {
    const found = clause.flatMap(match => {
      const data = file.findData(payloadOf(match))
      return data === 0 ? [] : [step(file.entriesOf(data))]
    })
    if (found.length === 0) return undefined
    parts.push({ finder: found.length === 1 ? found[0]! : nearest(found, direction), lists: found.length })
  }
  return parts.length === 1 ? parts[0]!.finder : agreeing(parts)
}

/** A clause, and how many lists it asks each time. */
interface Part {
  readonly finder: Finder
  readonly lists: number
}

function payloadOf({ field, value }: FieldMatch): Buffer {
  return Buffer.concat([Buffer.from(`${field}=`, 'latin1'), value])
}

/** Remembers where the last answer was: the next one is mostly beside it. */
function forwards(list: EntryList): Finder {
  let index = 0
  return {
    find(from) {
      const { length } = list
      let low = 0
      let offset = list.at(index)
      // An OR asks again for what another list was nearer than.
      if (offset >= from && list.at(index - 1) < from) return offset
      if (offset !== 0 && offset < from) {
        low = index + 1
        for (let gap = 0; gap < GAP_MAX && low < length; gap++) {
          offset = list.at(low)
          if (offset !== 0) break
          low++
        }
        if (offset >= from) {
          index = low
          return offset
        }
        // Doubling steps: what is wanted is rarely far.
        let high = low + 1
        for (let stride = 1; high < length; stride *= 2) {
          const reached = list.at(high)
          if (reached >= from || reached === 0) break
          low = high
          high += stride
        }
      }
      const at = firstIndex(list, low, length, each => each >= from)
      if (at >= length) return 0
      index = at
      const found = list.at(at)
      // A broken item: behind it stand others.
      return found >= from ? found : list.at(nextWhole(list, at + 1, 1, each => each >= from))
    },
  }
}

function backwards(list: EntryList): Finder {
  let index = -1
  return {
    find(from) {
      const { length } = list
      const offset = list.at(index)
      if (offset !== 0 && offset <= from && (index + 1 === length || list.at(index + 1) > from)) return offset
      const beside = offset > from ? list.at(index - 1) : 0
      if (beside !== 0 && beside <= from) {
        index--
        return beside
      }
      const behind = firstIndex(list, 0, offset > from ? index : length, each => each > from)
      const at = nextWhole(list, behind - 1, -1, each => each <= from)
      if (at >= 0) index = at
      return list.at(at)
    },
  }
}

function nearest(parts: readonly Finder[], direction: Direction): Finder {
  return {
    find(from) {
      let best = 0
      for (const part of parts) {
        const offset = part.find(from)
        if (offset !== 0 && (best === 0 || (direction === 'forwards' ? offset < best : offset > best))) best = offset
      }
      return best
    },
  }
}

function agreeing(parts: readonly Part[]): Finder {
  let paused = 0
  return {
    find(from) {
      let target = paused === 0 ? from : paused
      paused = 0
      let agreed = 0
      let asked = 0
      for (let leaps = 0; ; leaps++) {
        const { finder, lists } = parts[leaps % parts.length]!
        const offset = finder.find(target)
        asked += lists
        if (offset === 0) return 0
        agreed = offset === target ? agreed + 1 : 1
        target = offset
        if (agreed >= parts.length) return target
        if (asked >= ASKED_MAX) {
          paused = target
          return PAUSED
        }
      }
    },
  }
}
