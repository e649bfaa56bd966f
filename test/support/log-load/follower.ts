/**
 * A client that follows dcos-log's events as an EventSource does, comes again with Last-Event-ID whenever it is cut off, and checks the
 * running numbers of a writer: each once, in order, and a gap only where the daemon told of a loss.
 */
import { get, type IncomingMessage } from 'node:http'

/** Field of the messages that holds `<writer>:<running number>`. */
export const NUMBER_FIELD = 'LOAD_NUMBER'

export interface Gap {
  /** Numbers that did not come. */
  readonly missing: number
  /** Entries, of whatever writer, that events told to be lost in their place. */
  readonly told: number
  /** Numbers of the journal's own that no event had; with a filter also those of entries that do not match. */
  readonly unseen: number
}

export interface Follower {
  readonly name: string
  /** First and last number that came; 0 before there is one. */
  readonly first: number
  readonly last: number
  readonly gaps: readonly Gap[]
  /** Entries that events told to be lost where no number is missing. */
  readonly needless: number
  /** Numbers that came again or too late. */
  readonly doubled: number
  /** Connections after the first. */
  readonly reconnects: number
  /** Attempts to connect that gave no stream, by error code or status. */
  readonly refusals: readonly string[]
  /** Takes nothing from now on; what is on its way waits. */
  pause(): void
  resume(): void
  stop(): void
}

const RETRY_MS = 100

/** Minds the numbers of one writer alone. `drop`: one that it loses on purpose, to see that a loss is found. */
export function startFollower(name: string, socketPath: string, path: string, writer: string, drop?: number): Follower {
  const field = `"${NUMBER_FIELD}":"${writer}:`
  const gaps: Gap[] = []
  const refusals: string[] = []
  let [first, last, doubled, needless, told, unseen, seqnum, connections] = [0, 0, 0, 0, 0, 0, 0, 0]
  let lastEventId = ''
  let response: IncomingMessage | undefined
  let paused = false
  let stopped = false

  function reached(number: number): void {
    if (number === drop) return
    if (first === 0) first = number
    else if (number <= last) doubled++
    else if (number > last + 1) gaps.push({ missing: number - last - 1, told, unseen })
    else needless += told
    told = 0
    unseen = 0
    last = Math.max(last, number)
  }

  function event(text: string): void {
    if (text.startsWith('event: lost\n')) {
      told += Number(/"lost":(\d+)/.exec(text)?.[1] ?? 0)
      return
    }
    if (!text.startsWith('id: ')) return
    lastEventId = text.slice(4, text.indexOf('\n'))
    const own = Number.parseInt(text.slice(text.indexOf(';i=') + 3, text.indexOf(';b=')), 16)
    // A counter that begins anew has lost nothing.
    if (seqnum > 0) unseen += Math.max(0, own - seqnum - 1)
    seqnum = own
    const at = text.indexOf(field)
    if (at >= 0) reached(Number.parseInt(text.slice(at + field.length, at + field.length + 12), 10))
  }

  function again(why?: string): void {
    if (stopped) return
    if (why === undefined) connect()
    else {
      refusals.push(why)
      setTimeout(connect, RETRY_MS)
    }
  }

  function connect(): void {
    if (stopped) return
    connections++
    const headers = { Accept: 'text/event-stream', ...(lastEventId && { 'Last-Event-ID': lastEventId }) }
    const request = get({ socketPath, path, headers, agent: false }, came => {
      response = came
      if (came.statusCode !== 200) {
        came.resume()
        came.once('close', () => again(String(came.statusCode)))
        return
      }
      // What is behind the last empty line is no event yet, and is gone with its connection.
      let rest = ''
      came.setEncoding('utf8')
      came.on('data', (chunk: string) => {
        const events = (rest + chunk).split('\n\n')
        rest = events.pop()!
        for (const each of events) event(each)
      })
      came.on('error', () => {})
      came.once('close', () => again())
      if (paused) came.pause()
    })
    request.on('error', error => {
      if (response === undefined || response.destroyed) again((error as NodeJS.ErrnoException).code ?? error.message)
    })
    request.once('close', () => {
      response = undefined
    })
  }

  connect()
  return {
    name,
    get first() {
      return first
    },
    get last() {
      return last
    },
    gaps,
    get needless() {
      return needless
    },
    get doubled() {
      return doubled
    },
    get reconnects() {
      return connections - 1 - refusals.length
    },
    refusals,
    pause() {
      paused = true
      response?.pause()
    },
    resume() {
      paused = false
      response?.resume()
    },
    stop() {
      stopped = true
      response?.destroy()
    },
  }
}
