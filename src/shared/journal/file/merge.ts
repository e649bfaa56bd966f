/** Many files as one, in the order of sd-journal; an entry that several files hold comes once. */
import type { Direction } from '../reader.ts'
import { CorruptPart } from './corrupt.ts'
import { compareHeads, type EntryHead, emptyHead } from './entry-head.ts'
import type { EntryList } from './entry-list.ts'
import type { JournalFile } from './journal-file.ts'
import { createLeap } from './leap.ts'
import { type Finder, PAUSED } from './match-iterator.ts'

/** The way through one file. */
export interface Walk {
  readonly file: JournalFile
  readonly finder: Finder
  /** What the finder finds, where that is every entry of the file. */
  readonly entries: EntryList | undefined
  /** Where to begin. */
  readonly from: number
  /** Newer entries are left for the next time, since what came before them may not have been seen. */
  readonly seqnumMax: number
}

export interface Merge {
  /** Steps to the next entry. 'paused' after much work without one: let others work, then ask again. */
  next(): 'entry' | 'end' | 'paused'
  /**
   * After 'entry': passes over up to `count` more of the same file without looking at them, and stands on the last. Returns how many, broken
   * ones too; 0 where only `next` can tell what comes.
   */
  leap(count: number): number
  /** Of the entry it stands on; changed by `next` and `leap`. */
  readonly head: EntryHead
  readonly file: JournalFile
}

/** Broken entries passed over in one call. */
const BROKEN_MAX = 1000

interface Walker {
  readonly file: JournalFile
  readonly head: EntryHead
  state: 'ready' | 'end' | 'paused'
  advance(): void
  /** Over entries that come before `other`. */
  leap(count: number, other: EntryHead | undefined): number
}

/** Entries before `start`, and with `skipStart` the same entry, are passed over in every file. */
export function createMerge(
  walks: readonly Walk[],
  direction: Direction,
  start: EntryHead | undefined,
  skipStart: boolean,
  corrupt: (file: JournalFile, error: CorruptPart) => void,
): Merge {
  const sign = direction === 'forwards' ? 1 : -1
  const walkers = walks.map(walk => createWalker(walk, sign, start, skipStart, corrupt))
  /** Who must find his next entry before one can be chosen. */
  const pending: Walker[] = [...walkers]
  let chosen: Walker | undefined
  /** The nearest of the others, which do not move while the chosen one is nearer. */
  let runnerUp: Walker | undefined
  let rescan = true

  function choose(): Walker | undefined {
    let best: Walker | undefined
    runnerUp = undefined
    for (const walker of walkers) {
      if (walker.state !== 'ready') continue
      if (best === undefined) best = walker
      else if (sign * compareHeads(walker.head, best.head) < 0) {
        runnerUp = best
        best = walker
      } else if (runnerUp === undefined || sign * compareHeads(walker.head, runnerUp.head) < 0) runnerUp = walker
    }
    return best
  }

  return {
    next() {
      for (let walker = pending.at(-1); walker; walker = pending.at(-1)) {
        walker.advance()
        if (walker.state === 'paused') return 'paused'
        pending.pop()
      }
      const isNearest =
        !rescan &&
        chosen?.state === 'ready' &&
        (runnerUp === undefined || sign * compareHeads(chosen.head, runnerUp.head) < 0)
      if (!isNearest) {
        chosen = choose()
        rescan = false
      }
      if (chosen === undefined) return 'end'
      pending.push(chosen)
      if (!isNearest && runnerUp !== undefined && compareHeads(runnerUp.head, chosen.head) === 0) {
        for (const walker of walkers) {
          if (walker === chosen || walker.state !== 'ready' || compareHeads(walker.head, chosen.head) !== 0) continue
          pending.push(walker)
          rescan = true
        }
      }
      return 'entry'
    },
    leap(count) {
      // Else another file has the same entry, or its next one is not known yet.
      const isAlone = pending.length === 1 && pending[0] === chosen && !rescan
      return isAlone ? chosen!.leap(count, runnerUp?.head) : 0
    },
    get head() {
      return chosen!.head
    },
    get file() {
      return chosen!.file
    },
  }
}

function createWalker(
  { file, finder, entries, from, seqnumMax }: Walk,
  sign: 1 | -1,
  start: EntryHead | undefined,
  skipStart: boolean,
  corrupt: (file: JournalFile, error: CorruptPart) => void,
): Walker {
  const leap = entries && createLeap(file, entries, sign, seqnumMax)
  let at = from
  let started = start === undefined

  /** Undefined, and counted, when the part is broken. */
  function attempt<T>(read: () => T): T | undefined {
    try {
      return read()
    } catch (error) {
      if (!(error instanceof CorruptPart)) throw error
      corrupt(file, error)
      return undefined
    }
  }

  const walker: Walker = {
    file,
    head: emptyHead(),
    state: 'paused',
    advance() {
      for (let broken = 0; broken < BROKEN_MAX; broken++) {
        const offset = attempt(() => (file.closed || at <= 0 ? 0 : finder.find(at)))
        if (offset === PAUSED) break
        // Without its list of entries a file cannot be gone through.
        if (offset === undefined || offset === 0) {
          walker.state = 'end'
          return
        }
        at = offset + sign
        if (!attempt(() => file.readHead(offset, walker.head))) continue
        if (walker.head.seqnum > seqnumMax) {
          walker.state = 'end'
          return
        }
        if (!started) {
          const order = sign * compareHeads(walker.head, start!)
          if (order < 0 || (order === 0 && skipStart)) continue
          started = true
        }
        walker.state = 'ready'
        return
      }
      walker.state = 'paused'
    },
    leap(count, other) {
      const leapt = leap && !file.closed ? (attempt(() => leap(walker.head, count, other)) ?? 0) : 0
      if (leapt > 0) at = walker.head.offset + sign
      return leapt
    },
  }
  return walker
}
