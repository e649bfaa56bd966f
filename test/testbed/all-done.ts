/** Promise.all that waits for every one: a step that still runs after the command has failed would hold locks and nodes. */

/** Rejects with the first failure, after all have ended. */
export async function allDone<T>(work: readonly Promise<T>[]): Promise<T[]> {
  const results = await Promise.allSettled(work)
  return results.map(result => {
    if (result.status === 'rejected') throw result.reason
    return result.value
  })
}
