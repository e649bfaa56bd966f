/** Work over a graph: what depends on nothing unfinished runs at the same time, within a bound; the first failure stops the rest. */

export interface Step {
  readonly key: string
  /** Keys of steps before it. */
  readonly dependencies: readonly string[]
}

export interface RunSettings {
  /** So many at once. */
  readonly parallel: number
  readonly signal: AbortSignal
}

/**
 * Runs `work` for each step, in the order of `steps` as far as dependencies and the bound allow; `work` is given the
 * results so far. Rejects, when all that was running has ended, with the first failure, or with the signal's reason.
 */
export async function runSteps<T>(
  steps: readonly Step[],
  { parallel, signal }: RunSettings,
  work: (key: string, results: ReadonlyMap<string, T>, signal: AbortSignal) => Promise<T>,
): Promise<Map<string, T>> {
  const failed = new AbortController()
  const stop = AbortSignal.any([signal, failed.signal])
  const slots = createSlots(parallel)
  const results = new Map<string, T>()
  const ended = new Map<string, Promise<void>>()
  const failures: unknown[] = []
  const run = async ({ key, dependencies }: Step) => {
    await Promise.all(dependencies.map(each => ended.get(each)))
    await using _slot = await slots.take()
    if (stop.aborted) return
    try {
      results.set(key, await work(key, results, stop))
    } catch (error) {
      failures.push(error)
      failed.abort(error)
    }
  }
  for (const step of steps) ended.set(step.key, run(step))
  await Promise.all(ended.values())
  signal.throwIfAborted()
  if (failures.length > 0) throw failures[0]
  return results
}

/** First come, first served. */
function createSlots(count: number): { take(): Promise<AsyncDisposable> } {
  let free = count
  const waiting: (() => void)[] = []
  return {
    async take() {
      if (free > 0) free -= 1
      else await new Promise<void>(resolve => waiting.push(resolve))
      return {
        async [Symbol.asyncDispose]() {
          const next = waiting.shift()
          if (next) next()
          else free += 1
        },
      }
    },
  }
}
