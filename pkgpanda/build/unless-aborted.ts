/** Waiting that an interrupted build gives up, where what is waited for cannot be stopped itself. */

/** Settles as `work` does, or rejects with the signal's reason when that comes first; `work` may go on, its outcome unseen. */
export async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted()
  let stop = () => {}
  const aborted = new Promise<never>((_resolve, reject) => {
    stop = () => reject(signal.reason)
    signal.addEventListener('abort', stop)
  })
  try {
    return await Promise.race([work, aborted])
  } finally {
    signal.removeEventListener('abort', stop)
    work.catch(() => {})
    aborted.catch(() => {})
  }
}
