/** How one ZooKeeper server says that it is, by the four-letter command `srvr`: the only one allowed by default. */
import { connect } from 'node:net'

/** Exhibitor's states of an instance, with the words of its API. */
export type ServerState =
  | { code: 3; description: 'serving' }
  | { code: 2; description: 'not serving' }
  | { code: 1; description: 'down' }

export interface ServerStatus {
  state: ServerState
  /** Leads the ensemble, or is all of it. */
  isLeader: boolean
}

/** undefined: nobody listened, or nobody answered in time. Pure. */
export function readServerAnswer(answer: string | undefined): ServerStatus {
  if (answer === undefined) return { state: { code: 1, description: 'down' }, isLeader: false }
  const mode = /^Mode: (\S+)$/m.exec(answer)?.[1]
  // Without a quorum the answer is a sentence: "This ZooKeeper instance is not currently serving requests".
  if (mode === undefined) return { state: { code: 2, description: 'not serving' }, isLeader: false }
  return { state: { code: 3, description: 'serving' }, isLeader: mode === 'leader' || mode === 'standalone' }
}

const ANSWER_LIMIT_BYTES = 64 * 1024

/** The server's answer to `srvr`; undefined when there is none within `timeoutMs`. */
export function askServer(host: string, port: number, timeoutMs: number): Promise<string | undefined> {
  return new Promise(resolve => {
    let answer = ''
    const socket = connect({ host, port }, () => socket.write('srvr'))
    const give = (result: string | undefined) => {
      socket.destroy()
      resolve(result)
    }
    socket.setTimeout(timeoutMs, () => give(undefined))
    socket.on('data', chunk => {
      answer += chunk
      if (answer.length > ANSWER_LIMIT_BYTES) give(answer)
    })
    socket.on('end', () => give(answer === '' ? undefined : answer))
    socket.on('error', () => give(undefined))
  })
}
