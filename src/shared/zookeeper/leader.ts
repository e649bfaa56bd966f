/**
 * Leader election as ZooKeeper's recipe has it: candidates make sequential nodes in one directory, the smallest number leads.
 * Whoever reads the leader's data here keeps the last answer while ZooKeeper is away.
 */
import { backoffDelay } from '../time/backoff.ts'
import type { Clock } from '../time/clock.ts'
import type { ZooKeeperSession } from './session.ts'

/** `json.info_0000000003` among others → the name with the smallest number, or undefined. Pure. */
export function chooseLeader(children: readonly string[], prefix: string): string | undefined {
  let leader: { name: string; number: number } | undefined
  for (const name of children) {
    const digits = name.startsWith(prefix) ? name.slice(prefix.length) : ''
    if (!/^-?\d{1,10}$/.test(digits)) continue
    const number = Number(digits)
    if (!leader || number < leader.number) leader = { name, number }
  }
  return leader?.name
}

export interface LeaderWatchOptions {
  session: ZooKeeperSession
  /** Where the candidates are, e.g. `/mesos`. */
  directory: string
  /** Their names before the number, e.g. `json.info_`. */
  prefix: string
  clock: Clock
  random: () => number
  /** The data of the leader's node; undefined when there is no candidate. Called when it changes, and with the first answer. */
  onLeader(data: Buffer | undefined): void
  /** ZooKeeper could not be asked; what onLeader said last may be out of date until it is called again or `onCurrent`. */
  onStale(error: unknown): void
  /** It could be asked again, with the same answer as before. */
  onCurrent(): void
}

const RETRY = { firstMs: 500, maxMs: 10_000 }

/** Watches until disposed. Never rejects: trouble goes to onStale, and the question is asked again with growing pauses. */
export function watchLeader(options: LeaderWatchOptions): Disposable {
  const { session, directory, prefix, clock, random } = options
  const stopping = new AbortController()
  let last: Buffer | undefined | 'none yet' = 'none yet'
  let isStale = false
  let failures = 0
  let isReading = false
  let isAskedAgain = false

  async function read(): Promise<void> {
    // Watches may fire while a read is under way: one more read, not several at once.
    if (isReading) {
      isAskedAgain = true
      return
    }
    isReading = true
    try {
      do {
        isAskedAgain = false
        await readOnce()
      } while (isAskedAgain && !stopping.signal.aborted)
    } finally {
      isReading = false
    }
  }

  async function readOnce(): Promise<void> {
    if (stopping.signal.aborted) return
    try {
      const children = (await session.children(directory, changed)) ?? []
      const leader = chooseLeader(children, prefix)
      // The data of a candidate never changes, and its end shows in the list.
      const data = leader === undefined ? undefined : await session.get(`${directory}/${leader}`)
      if (stopping.signal.aborted) return
      if (leader !== undefined && data === undefined) {
        // It went away between the two questions; the list has changed.
        isAskedAgain = true
        return
      }
      failures = 0
      const isSame = last !== 'none yet' && equal(last, data)
      last = data
      if (!isSame) options.onLeader(data)
      else if (isStale) options.onCurrent()
      isStale = false
    } catch (error) {
      if (stopping.signal.aborted) return
      isStale = true
      options.onStale(error)
      const pause = backoffDelay(RETRY, failures++, random())
      clock.sleep(pause, stopping.signal).then(changed, () => {})
    }
  }

  const changed = () => void read()
  const forget = session.onConnection(connected => {
    if (connected) return changed()
    isStale = true
    options.onStale(undefined)
  })
  // A connection that is still being made is no failure: onConnection tells when it stands.
  if (session.isConnected) changed()
  return {
    [Symbol.dispose]() {
      stopping.abort()
      forget()
    },
  }
}

function equal(a: Buffer | undefined, b: Buffer | undefined): boolean {
  return a === undefined || b === undefined ? a === b : a.equals(b)
}
