/** The rounds: sample every collector, put what is new into the store, wait, again. */
import { startPeriodic } from '../shared/lifecycle/periodic.ts'
import type { CollectorResult, CollectorRunner } from '../shared/metrics/collector.ts'
import type { Clock } from '../shared/time/clock.ts'
import type { Store } from './store.ts'

export interface Collection extends AsyncDisposable {
  results(): readonly CollectorResult[]
  /** False when rounds no longer come to an end: what the watchdog is for. */
  healthy(): boolean
  /** Ms since the last round was over. */
  ageMs(): number
}

export interface CollectionOptions {
  runner: CollectorRunner
  store: Store
  intervalMs: number
  /** Of one collector, as the runner was told. */
  timeoutMs: number
  clock: Clock
}

/** Rounds that may be missed before the daemon calls itself sick. */
const ROUNDS_MISSED_MAX = 3

/** Resolves when the first round is over: from then on there is something to serve. */
export async function startCollection({
  runner,
  store,
  intervalMs,
  timeoutMs,
  clock,
}: CollectionOptions): Promise<Collection> {
  let endedAtMs = clock.monotonicMs()
  const stored = new Map<string, number>()
  const first = Promise.withResolvers<void>()
  const loop = startPeriodic({
    intervalMs,
    clock,
    async run(signal) {
      await runner.collectOnce(signal)
      for (const { name, datapoints, collectedAtMs } of runner.results()) {
        // A collector that failed still shows its last values: they are not a new sample, and must grow old.
        if (collectedAtMs === undefined || stored.get(name) === collectedAtMs) continue
        stored.set(name, collectedAtMs)
        store.put(datapoints, collectedAtMs)
      }
      store.sweep()
      endedAtMs = clock.monotonicMs()
      first.resolve()
    },
  })
  await first.promise
  return {
    results: () => runner.results(),
    healthy: () => clock.monotonicMs() - endedAtMs <= ROUNDS_MISSED_MAX * intervalMs + timeoutMs,
    ageMs: () => clock.monotonicMs() - endedAtMs,
    [Symbol.asyncDispose]: () => loop[Symbol.asyncDispose](),
  }
}
