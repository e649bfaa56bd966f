/**
 * Which id Mesos knows this node by. Agents ask their own agent; masters report the *leader's* id as 1.9 does, by way of their own
 * master, which sends on to the leader. The cluster's whole state is not fetched for it (metrics 1.3, 9.14).
 */
import { Type } from 'typebox'
import { decode } from '../../shared/config/decode.ts'
import type { Fetched, FetchOptions } from '../../shared/http/client.ts'
import { type Role, USER_AGENT } from '../config.ts'
import { faults } from '../errors.ts'

/** An agent's /state holds every executor it ever ran, up to its own limits. */
const STATE_LIMIT_BYTES = 32 * 1024 * 1024
const ID_MAX_LENGTH = 256

export type Fetch = (url: string, options: FetchOptions) => Promise<Fetched>

export interface MesosIdSource {
  role: Role
  /** `http://10.0.0.5:5051` */
  baseUrl: string
  timeoutMs: number
  fetch: Fetch
}

const Id = Type.String({ minLength: 1, maxLength: ID_MAX_LENGTH, description: 'an id of Mesos' })
const State = Type.Object({ id: Id })
const GetMaster = Type.Object({ get_master: Type.Object({ master_info: State }) })

/** Rejects with METRICS_MESOS_ID_UNKNOWN or, when nobody answers at all, HTTP_UPSTREAM_*. */
export async function fetchMesosId(
  { role, baseUrl, timeoutMs, fetch }: MesosIdSource,
  signal: AbortSignal,
): Promise<string> {
  const ask = (url: string, options: Pick<FetchOptions, 'method' | 'headers' | 'body'>) =>
    fetch(url, { ...options, timeoutMs, limitBytes: STATE_LIMIT_BYTES, signal })
  const headers = { 'User-Agent': USER_AGENT, Accept: 'application/json' }
  if (role === 'master') {
    const call = {
      method: 'POST',
      headers: { ...headers, 'Content-Type': 'application/json' },
      body: '{"type":"GET_MASTER"}',
    }
    const answer = await follow(`${baseUrl}/api/v1`, url => ask(url, call))
    // COMPAT (Mesos < 1.0): without the operator API there is only the whole state.
    if (answer.status !== 404) return decodeAs(GetMaster, answer, `${baseUrl}/api/v1`).get_master.master_info.id
  }
  return decodeAs(State, await follow(`${baseUrl}/state`, url => ask(url, { headers })), `${baseUrl}/state`).id
}

/** A master that does not lead answers 307 with the leader's address; one step is enough, two would be a loop. */
async function follow(url: string, ask: (url: string) => Promise<Fetched>): Promise<Fetched> {
  const answer = await ask(url)
  const { location } = answer.headers
  if (answer.status !== 307 || location === undefined) return answer
  if (!URL.canParse(location, url)) throw faults.MESOS_ID_UNKNOWN(url, 'it sends on to an address that is none')
  return ask(new URL(location, url).href)
}

function decodeAs<S extends typeof State | typeof GetMaster>(schema: S, { status, body }: Fetched, url: string) {
  if (status !== 200) throw faults.MESOS_ID_UNKNOWN(url, `status ${status}`)
  let value: unknown
  try {
    value = JSON.parse(body.toString('utf8'))
  } catch (error) {
    throw faults.MESOS_ID_UNKNOWN(url, (error as SyntaxError).message)
  }
  return decode(schema, value, url)
}
