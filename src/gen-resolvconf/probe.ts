/**
 * Does a forwarder work? One UDP query for ready.spartan ANY, as 1.9's gen_resolvconf asked (dns 4.2). Nothing is sent twice: the
 * timer asks again in a minute.
 */
import { randomInt } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { decodeMessage, encodeMessage } from '../shared/dns/codec.ts'
import { createQuery } from '../shared/dns/message.ts'
import { canonicalName } from '../shared/dns/name.ts'
import { TYPE } from '../shared/dns/record.ts'
import { isFault } from '../shared/errors/fault.ts'
import type { Clock } from '../shared/time/clock.ts'

export interface Probe {
  address: string
  healthy: boolean
  /** For the journal: `answers`, `nothing within 5000 ms`, `ECONNREFUSED` … */
  finding: string
}

export interface ProbeOptions {
  /** 53 but in tests. */
  port?: number
  timeoutMs: number
  clock: Clock
}

const NAME = 'ready.spartan.'

/** Never rejects: whatever goes wrong is the finding. Healthy = at least one record in the answer section, whatever the RCODE. */
export async function probe(address: string, { port = 53, timeoutMs, clock }: ProbeOptions): Promise<Probe> {
  const finding = await ask(address, port, timeoutMs, clock)
  return { address, healthy: finding === 'answers', finding }
}

async function ask(address: string, port: number, timeoutMs: number, clock: Clock): Promise<string> {
  const id = randomInt(0x1_0000)
  const socket = createSocket('udp4')
  const end = new AbortController()
  try {
    const answered = new Promise<string>(resolve => {
      socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
      socket.on('message', bytes => {
        const finding = judge(bytes, id)
        if (finding !== undefined) resolve(finding)
      })
      // Connected: the kernel drops what others send, and tells at once when nobody listens there.
      // @types/node has the callback without the error that it gets when there is no route.
      socket.connect(port, address, ((error?: NodeJS.ErrnoException) => {
        if (error) resolve(error.code ?? error.message)
        else socket.send(encodeMessage(createQuery(id, NAME, TYPE.ANY)))
      }) as () => void)
    })
    const late = clock.sleep(timeoutMs, end.signal).then(
      () => `nothing within ${timeoutMs} ms`,
      () => new Promise<never>(() => {}),
    )
    return await Promise.race([answered, late])
  } finally {
    end.abort()
    socket.close()
  }
}

/** What a datagram means; undefined when it is not the answer to this query (a late or forged one) and waiting goes on. */
export function judge(bytes: Uint8Array, id: number): string | undefined {
  try {
    const { isResponse, id: answered, questions, answers } = decodeMessage(bytes)
    if (!isResponse || answered !== id) return undefined
    const [question] = questions
    if (!question || question.type !== TYPE.ANY || canonicalName(question.name) !== NAME) return undefined
    return answers.length > 0 ? 'answers' : 'answers without a record'
  } catch (error) {
    if (isFault(error)) return `sends no DNS message: ${error.message}`
    throw error
  }
}
