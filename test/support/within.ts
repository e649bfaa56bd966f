/** A bound for what a test waits for: it says what did not come, where the runner would only say that time is up. */

/** Below the runner's own limit for a file, and long enough for a machine that is busy with other things. */
const LIMIT_MS = 30_000

/** Between two looks at what nothing tells of. */
const LOOK_MS = 10

/** As `promise`; rejects after `limitMs` with an error that names `what`. */
export async function within<T>(what: string, promise: Promise<T>, limitMs = LIMIT_MS): Promise<T> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => late.reject(new Error(`waited ${limitMs / 1000} s in vain for ${what}`)), limitMs)
  try {
    return await Promise.race([promise, late.promise])
  } finally {
    clearTimeout(timer)
  }
}

/** Looks again and again until `condition` holds; rejects after `limitMs` with an error that shows the condition. */
export async function until(condition: () => boolean | Promise<boolean>, limitMs = LIMIT_MS): Promise<void> {
  let over = false
  const looks = async () => {
    while (!over && !(await condition())) await new Promise(resolve => setTimeout(resolve, LOOK_MS))
  }
  try {
    await within(String(condition), looks(), limitMs)
  } finally {
    over = true
  }
}
