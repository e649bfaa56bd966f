/** A body that tells when it is over, however that comes: its end, a failure, or a reader that leaves. */
export async function* withEnd<T>(body: AsyncIterable<T>, ended: () => void): AsyncGenerator<T> {
  try {
    yield* body
  } finally {
    ended()
  }
}
