/** Entries → those that meet every regular expression, tested in turns with other searches. */
import type { JournalEntry } from '../../shared/journal/entry.ts'
import type { Turns } from '../../shared/time/turns.ts'
import type { Regex } from './regex.ts'

/** Met by an entry with a value of `field` in which it is found. */
export interface FieldTest {
  readonly field: string
  readonly regex: Regex
}

/** `paused` is called in each turn before anything is looked at, to give up by throwing; rejects as it does. */
export type Search = (entries: readonly JournalEntry[], paused: () => void) => Promise<JournalEntry[]>

/** Of one turn; a single test may take longer, see regex.ts. */
const TURN_MS = 4

export function createSearch(tests: readonly FieldTest[], turns: Turns, signal: AbortSignal): Search {
  return async (entries, paused) => {
    let untilMs: number
    const pause = async () => {
      await turns()
      signal.throwIfAborted()
      paused()
      untilMs = performance.now() + TURN_MS
    }

    const meets = async (entry: JournalEntry): Promise<boolean> => {
      for (const { field, regex } of tests) {
        let found = false
        // Asked for each time: fields of a large entry are good until the next turn.
        for (let i = 0; i < entry.fields.length; i++) {
          if (entry.fields[i]!.name !== field) continue
          if (performance.now() > untilMs) await pause()
          found = regex.test(entry.fields[i]!.value)
          if (found) break
        }
        if (!found) return false
      }
      return true
    }

    await pause()
    const met: JournalEntry[] = []
    for (const entry of entries) if (await meets(entry)) met.push(entry)
    return met
  }
}
