/**
 * Those who work for long take turns with each other and with everybody else. Waiting for the event loop is not enough: all that wait are
 * called in one round of it, so that 32 searches would hold up the sockets for 32 tests.
 */
import { setImmediate as turn } from 'node:timers/promises'

/** Resolves when it is the caller's turn: one caller for each round of the event loop. */
export type Turns = () => Promise<void>

export function createTurns(): Turns {
  let last: Promise<unknown> = Promise.resolve()
  return () => {
    const mine = last.then(() => turn())
    last = mine
    return mine
  }
}
