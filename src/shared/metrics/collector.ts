/**
 * Collectors and their runner, after node_exporter: one source each, timed, its success told; a source that breaks or hangs
 * never spoils the others. The last good values stay, with their age, so that a reader never waits for a collector.
 */
import { errorFields, type Log } from '../log/journald.ts'
import type { Clock } from '../time/clock.ts'

/** One measured value in the form of metrics 2.2. */
export interface Datapoint {
  name: string
  value: number
  /** `bytes`, `percent`, `count`, `seconds` or ''. */
  unit: string
  /** Left out when empty. */
  tags?: Record<string, string>
}

/** One source of datapoints. `Context` holds the movable roots (procfs, sysfs …) and whatever else it reads from. */
export interface Collector<Context> {
  name: string
  /** Must stop when the signal aborts. Rejects when the source cannot be read; an empty list means it has no data. */
  collect(context: Context, signal: AbortSignal): Promise<Datapoint[]>
}

export interface CollectorResult {
  name: string
  /** Of the last successful run; empty before the first. */
  datapoints: readonly Datapoint[]
  /** Wall clock of the last successful run in ms; undefined before the first. */
  collectedAtMs: number | undefined
  /** The same by the monotonic clock: for its age, which a wall clock that jumps must not change. */
  keptAtMs: number | undefined
  /** Of the last run, successful or not. */
  durationSeconds: number
  success: boolean
}

export interface CollectorRunner {
  /** Runs every collector once; those still busy from the round before are left alone. Never rejects. */
  collectOnce(signal?: AbortSignal): Promise<void>
  /** In the order of the collectors given. */
  results(): readonly CollectorResult[]
}

export interface CollectorRunnerOptions<Context> {
  collectors: readonly Collector<Context>[]
  context: Context
  /** A collector that takes longer counts as failed and its signal is aborted. */
  timeoutMs: number
  clock: Clock
  log: Log
}

export function createCollectorRunner<Context>({
  collectors,
  context,
  timeoutMs,
  clock,
  log,
}: CollectorRunnerOptions<Context>): CollectorRunner {
  const states = collectors.map(collector => ({
    collector,
    busy: false,
    result: {
      name: collector.name,
      datapoints: [],
      collectedAtMs: undefined,
      keptAtMs: undefined,
      durationSeconds: 0,
      success: false,
    } as CollectorResult,
    /** Told once, not every round. */
    failing: false,
  }))

  async function run(state: (typeof states)[number], outer?: AbortSignal): Promise<void> {
    // A hung read (dead NFS mount) cannot be aborted: do not pile up another behind it.
    if (state.busy) return
    state.busy = true
    const startedMs = clock.monotonicMs()
    const own = new AbortController()
    const signal = outer ? AbortSignal.any([own.signal, outer]) : own.signal
    // In an async function, so that a collector that throws before its first await fails like any other.
    const collecting = (async () => state.collector.collect(context, signal))()
    // When the time is up we go on without it; whatever it still does must not become an unhandled rejection.
    const settled = collecting.then(
      () => {},
      () => {},
    )
    void settled.then(() => {
      state.busy = false
    })
    const timer = new AbortController()
    const timeout = clock.sleep(timeoutMs, timer.signal).then(
      () => {
        throw new Error(`no answer within ${timeoutMs} ms`)
      },
      () => new Promise<never>(() => {}),
    )
    const elapsed = () => (clock.monotonicMs() - startedMs) / 1000
    try {
      const datapoints = await Promise.race([collecting, timeout])
      state.result = {
        name: state.collector.name,
        datapoints,
        collectedAtMs: clock.nowMs(),
        keptAtMs: clock.monotonicMs(),
        durationSeconds: elapsed(),
        success: true,
      }
      if (state.failing) log.info('collector works again', { collector: state.collector.name })
      state.failing = false
    } catch (error) {
      state.result = { ...state.result, durationSeconds: elapsed(), success: false }
      if (!state.failing && !outer?.aborted) {
        log.warning('collector failed, keeping its last values', {
          collector: state.collector.name,
          ...errorFields(error),
        })
      }
      state.failing = true
    } finally {
      own.abort()
      timer.abort()
    }
  }

  return {
    collectOnce: async signal => {
      await Promise.all(states.map(state => run(state, signal)))
    },
    results: () => states.map(state => state.result),
  }
}
