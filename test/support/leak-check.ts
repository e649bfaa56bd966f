/** Finds what a test left open: sockets, timers, children, files being watched. Of what the process had before it knows nothing. */
import { loopTurn } from './clock.ts'

/** Standard streams, which belong to the runner, and what closes by itself within a turn. */
const IGNORED = new Set(['TTYWrap', 'PipeWrap', 'FSReqCallback', 'FSReqPromise', 'Immediate'])

/** Turns of the loop in which a socket that was destroyed may finish closing. */
const TURNS_MAX = 50

export interface LeakCheck {
  /** Kinds opened since and still open, each as often as there are more of it; empty when all is well. Waits a few turns of the loop. */
  leaked(): Promise<string[]>
}

/** Remembers what is open now. */
export function startLeakCheck(): LeakCheck {
  const before = countResources()
  return {
    async leaked() {
      for (let turn = 0; turn < TURNS_MAX && moreThan(before).length > 0; turn++) await loopTurn()
      return moreThan(before)
    },
  }
}

function moreThan(before: ReadonlyMap<string, number>): string[] {
  return [...countResources()].flatMap(([kind, count]) =>
    new Array<string>(Math.max(0, count - (before.get(kind) ?? 0))).fill(kind),
  )
}

function countResources(): Map<string, number> {
  const counts = new Map<string, number>()
  for (const kind of process.getActiveResourcesInfo()) {
    if (!IGNORED.has(kind)) counts.set(kind, (counts.get(kind) ?? 0) + 1)
  }
  return counts
}
