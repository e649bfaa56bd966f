/**
 * One service of Mesos that is asked for clients: the agent of this node, or the leading master. What goes wrong on the way is told
 * to the client without addresses (log 10.7), and to the journal with them.
 */
import { type Fault, isFault } from '../../shared/errors/fault.ts'
import {
  type Fetched,
  type FetchedStream,
  type FetchOptions,
  fetchBytes,
  fetchStream,
  type TlsOptions,
} from '../../shared/http/client.ts'
import { VERSION } from '../../shared/version.ts'
import { faults } from '../errors.ts'
import { withEnd } from '../with-end.ts'
import { createMesosPlaces } from './places.ts'

/** For whom Mesos is asked: it decides by the header who may read what. */
export interface Caller {
  /** As it came; undefined without one. */
  authorization: string | undefined
  /** Aborts when the client has gone. */
  signal: AbortSignal
}

export interface Peer {
  /** For messages: `the Mesos agent of this node`. */
  readonly name: string
  /** A 200, whole. Rejects with LOG_MESOS_* and LOG_FILE_MISSING for a 404. `timeoutMs` in place of the peer's own. */
  get(path: string, caller: Caller, limitBytes: number, timeoutMs?: number): Promise<Fetched>
  /** Whether it would be a 200, without its body. Rejects likewise. */
  check(path: string, caller: Caller): Promise<void>
  /** A 200 of any size, in a place of its own until its body ends or is left; to be disposed. Rejects likewise. */
  open(path: string, caller: Caller): Promise<FetchedStream>
}

export interface PeerOptions {
  name: string
  /** `http://10.0.0.5:5051`; asked for anew each time. Rejects with a fault. */
  baseUrl(): Promise<string>
  /** Of a request; of an open answer, between two pieces. */
  timeoutMs: number
  /** Requests at once; above it clients get 503. */
  requestsMax: number
  /** Open answers at once, besides: a client may take one for hours, which must not keep others from asking. */
  opensMax: number
  tls?: TlsOptions
}

export function createPeer({ name, baseUrl, timeoutMs, requestsMax, opensMax, tls }: PeerOptions): Peer {
  const places = createMesosPlaces(requestsMax)
  const openPlaces = createMesosPlaces(opensMax)

  const optionsFor = ({ authorization, signal }: Caller) => ({
    headers: {
      'User-Agent': `dcos-log/${VERSION}`,
      ...(authorization !== undefined && { Authorization: authorization }),
    },
    timeoutMs,
    signal,
    ...(tls && { tls }),
  })

  /**
   * A master that does not lead says who does; one step is enough, two would be a loop. The client's token goes along, so that the step
   * may lead to another host alone: never out of TLS, nor to whatever else listens there.
   */
  async function get(url: string, options: FetchOptions, stepsLeft = 1): Promise<Fetched> {
    const answer = await fetchBytes(url, options)
    const leader = answer.status === 307 && stepsLeft > 0 ? sameService(answer.headers.location, url) : undefined
    return leader === undefined ? answer : await get(leader, options, stepsLeft - 1)
  }

  async function begun(path: string, caller: Caller): Promise<FetchedStream> {
    const url = `${await baseUrl()}${path}`
    const answer = await fetchStream(url, optionsFor(caller)).catch(error => failed(name, error, caller.signal))
    if (answer.status === 200) return answer
    answer[Symbol.dispose]()
    throw refused(name, answer.status)
  }

  return {
    name,
    async get(path, caller, limitBytes, ownTimeoutMs = timeoutMs) {
      const leave = await places.enter(caller.signal)
      try {
        const url = `${await baseUrl()}${path}`
        const options = { ...optionsFor(caller), timeoutMs: ownTimeoutMs, limitBytes }
        const answer = await get(url, options).catch(error => failed(name, error, caller.signal, limitBytes))
        if (answer.status !== 200) throw refused(name, answer.status)
        return answer
      } finally {
        leave()
      }
    },
    async check(path, caller) {
      const leave = await places.enter(caller.signal)
      try {
        using _answer = await begun(path, caller)
      } finally {
        leave()
      }
    },
    async open(path, caller) {
      const leave = await openPlaces.enter(caller.signal)
      try {
        const answer = await begun(path, caller)
        return {
          ...answer,
          body: withEnd(answer.body, leave),
          [Symbol.dispose]() {
            leave()
            answer[Symbol.dispose]()
          },
        }
      } catch (error) {
        leave()
        throw error
      }
    },
  }
}

/** The address that `location` names, if it has scheme and port of `url`. */
function sameService(location: string | undefined, url: string): string | undefined {
  if (location === undefined || !URL.canParse(location, url)) return undefined
  const [to, from] = [new URL(location, url), new URL(url)]
  return to.protocol === from.protocol && to.port === from.port ? to.href : undefined
}

/** A client that has gone is no failure of Mesos, nor is a bug of ours. */
function failed(name: string, error: unknown, signal: AbortSignal, limitBytes = 0): never {
  signal.throwIfAborted()
  if (isFault(error, 'HTTP_UPSTREAM_UNAVAILABLE')) throw faults.MESOS_UNAVAILABLE(name).because(error)
  if (isFault(error, 'HTTP_UPSTREAM_MALFORMED')) throw faults.MESOS_TOO_LARGE(name, limitBytes).because(error)
  throw error
}

/** What Mesos says about the client is passed on; the rest is between Mesos and us. */
function refused(name: string, status: number): Fault {
  if (status === 401) return faults.TOKEN_REFUSED()
  if (status === 403) return faults.SANDBOX_FORBIDDEN()
  if (status === 404) return faults.FILE_MISSING()
  return faults.MESOS_FAILED(name, status)
}
