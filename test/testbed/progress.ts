/** Shows what is being done: on a terminal one line that counts seconds, off it a plain line when a step has finished. */

export interface Progress extends Disposable {
  /** Shows `title` while the promise is pending, then `done` (else the title) and how long it took. Steps may overlap. */
  step<T>(title: string, work: () => Promise<T>, done?: (result: T) => string): Promise<T>
  /** A line that stays. */
  say(line: string): void
}

/** What of a stream is needed; process.stderr is one. */
export interface ProgressStream {
  isTTY?: boolean
  columns?: number
  write(text: string): unknown
}

const REDRAW_MS = 200
const CLEAR_LINE = '\r\x1b[K'

export function startProgress(stream: ProgressStream, now: () => number = () => performance.now()): Progress {
  const running = new Map<string, number>()
  const draw = () => {
    if (!stream.isTTY) return
    const parts = [...running].map(([title, since]) => `${title} ${Math.floor((now() - since) / 1000)} s`)
    stream.write(CLEAR_LINE + parts.join(' · ').slice(0, (stream.columns ?? 80) - 1))
  }
  const say = (line: string) => {
    stream.write(`${stream.isTTY ? CLEAR_LINE : ''}${line}\n`)
    draw()
  }
  const timer = stream.isTTY ? setInterval(draw, REDRAW_MS).unref() : undefined

  return {
    say,
    async step(title, work, done = () => title) {
      const since = now()
      running.set(title, since)
      draw()
      try {
        const result = await work()
        running.delete(title)
        say(`${done(result)}: ${formatSeconds(now() - since)}`)
        return result
      } catch (error) {
        running.delete(title)
        say(`${title}: failed after ${formatSeconds(now() - since)}`)
        throw error
      }
    },
    [Symbol.dispose]() {
      clearInterval(timer)
      if (stream.isTTY) stream.write(CLEAR_LINE)
    },
  }
}

function formatSeconds(durationMs: number): string {
  return `${(durationMs / 1000).toFixed(1)} s`
}
