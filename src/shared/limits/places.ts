/** A bound on what is done at once: so many at work, so many that wait for them, a refusal for everybody else. */

export interface PlacesOptions {
  max: number
  /** Who may wait for a place besides; 0 unless given. */
  waitingMax?: number
  /** What everybody else is refused with; called for each of them. */
  refuse(): Error
  /** Told how many places are taken then. */
  entered?(taken: number): void
  left?(taken: number): void
}

export interface Places {
  /**
   * Resolves to what gives the place back, once or more; the signal's abort does so at once. Rejects with what `refuse` makes, or with
   * the signal's reason, also while waiting.
   */
  enter(signal: AbortSignal): Promise<() => void>
}

export function createPlaces({ max, waitingMax = 0, refuse, entered, left }: PlacesOptions): Places {
  let taken = 0
  const waiting: (() => void)[] = []

  function take(signal: AbortSignal): () => void {
    let inside = true
    const leave = () => {
      if (!inside) return
      inside = false
      signal.removeEventListener('abort', leave)
      taken--
      left?.(taken)
      // The place goes from hand to hand: nobody who comes now can be before those who wait.
      waiting.shift()?.()
    }
    signal.addEventListener('abort', leave, { once: true })
    taken++
    entered?.(taken)
    return leave
  }

  function turn(signal: AbortSignal): Promise<() => void> {
    return new Promise((resolve, reject) => {
      const gone = () => {
        waiting.splice(waiting.indexOf(come), 1)
        reject(signal.reason)
      }
      const come = () => {
        signal.removeEventListener('abort', gone)
        resolve(take(signal))
      }
      waiting.push(come)
      signal.addEventListener('abort', gone, { once: true })
    })
  }

  return {
    async enter(signal) {
      signal.throwIfAborted()
      if (taken < max) return take(signal)
      if (waiting.length >= waitingMax) throw refuse()
      return await turn(signal)
    },
  }
}
