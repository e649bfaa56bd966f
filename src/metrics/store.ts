/**
 * What /v0 serves: the newest sample of each datapoint until it expires. One slot per name and tags (metrics 2.3), so that an
 * interface or a mount point that left one round out does not flicker. Expired slots are never served, swept or not.
 */
import type { Datapoint } from '../shared/metrics/collector.ts'
import type { Clock } from '../shared/time/clock.ts'
import { datapointKey } from './datapoint-key.ts'

export interface StoredDatapoint extends Datapoint {
  /** Wall clock of the sample, ms since the epoch. */
  sampledAtMs: number
}

export interface Store {
  /** Datapoints of one sample replace those of the same name and tags. Values that are no finite number are left out. */
  put(datapoints: readonly Datapoint[], sampledAtMs: number): void
  /** Those that are not expired, by name, then tags. */
  datapoints(): StoredDatapoint[]
  /** Forgets what is expired. */
  sweep(): void
  size(): number
}

export interface StoreOptions {
  expiryMs: number
  clock: Clock
}

/** Slots at which new names are left out: far above any node, below what would hurt it. */
export const SLOTS_MAX = 20_000

export function createStore({ expiryMs, clock }: StoreOptions): Store {
  /** `keptAtMs` is of the monotonic clock: a wall clock that jumps must not expire everything or nothing. */
  const slots = new Map<string, { datapoint: StoredDatapoint; keptAtMs: number }>()
  const isFresh = (keptAtMs: number) => clock.monotonicMs() - keptAtMs < expiryMs
  return {
    put(datapoints, sampledAtMs) {
      const keptAtMs = clock.monotonicMs()
      for (const datapoint of datapoints) {
        // DEPARTURE (metrics 2.2): 1.9 wrote "NaN" as text, which the CLI cannot read, and lost whole answers over an infinity.
        if (!Number.isFinite(datapoint.value)) continue
        const key = datapointKey(datapoint)
        if (slots.size >= SLOTS_MAX && !slots.has(key)) continue
        slots.set(key, { datapoint: { ...datapoint, sampledAtMs }, keptAtMs })
      }
    },
    datapoints: () =>
      [...slots]
        .filter(([, { keptAtMs }]) => isFresh(keptAtMs))
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([, { datapoint }]) => datapoint),
    sweep() {
      for (const [key, { keptAtMs }] of slots) if (!isFresh(keptAtMs)) slots.delete(key)
    },
    size: () => slots.size,
  }
}
