/** How dcos-log reaches Mesos: where the agent of this node and the leading master are, by TLS or not, and who this node is. */
import { readFile } from 'node:fs/promises'
import { type AddressUnknown, detectAddress } from '../../shared/cluster/detect-address.ts'
import type { TlsOptions } from '../../shared/http/client.ts'
import type { Places } from '../../shared/limits/places.ts'
import type { Clock } from '../../shared/time/clock.ts'
import type { LogConfig } from '../config.ts'
import { faults } from '../errors.ts'
import { createOwnId } from './own-id.ts'
import { type Caller, createPeer, type Peer } from './peer.ts'
import { createMesosPlaces } from './places.ts'
import { type SandboxIds, sandboxPath } from './sandbox.ts'
import { fetchId } from './state.ts'

/** Of one request for a task's file or for the state (log 7.2). */
const REQUEST_TIMEOUT_MS = 3000

/** Of one peer; a file's piece may take 400 KiB on its way. */
const REQUESTS_MAX = 32

/** Of whole files, which clients take as slowly as they like. */
const DOWNLOADS_MAX = 32

/** States wait for each other, since each takes much memory. */
const STATES_WAITING_MAX = 16

export interface Mesos {
  agent: Peer
  master: Peer
  states: Places
  /** The directory of a task on this node. Rejects with HTTP_NOT_FOUND, LOG_MESOS_*, LOG_TOKEN_REFUSED, LOG_ADDRESS_UNKNOWN. */
  sandbox(ids: SandboxIds, caller: Caller): Promise<{ agentId: string; path: string }>
}

export type MesosConfig = Pick<
  LogConfig,
  'auth' | 'caCert' | 'timeoutMs' | 'mesosMaster' | 'mesosAgent' | 'mesosWorkDir' | 'detectIp'
>

/** Asks nobody yet. Rejects with LOG_CA_UNREADABLE. */
export async function openMesos(config: MesosConfig, clock: Clock): Promise<Mesos> {
  const { auth, caCert, timeoutMs, mesosMaster, mesosAgent, mesosWorkDir, detectIp } = config
  // Where tokens decide, Mesos speaks TLS (log 6).
  const scheme = auth || caCert !== '' ? 'https' : 'http'
  const tls = await tlsFor(caCert)
  const limits = { timeoutMs: REQUEST_TIMEOUT_MS, requestsMax: REQUESTS_MAX, opensMax: DOWNLOADS_MAX, tls }
  let detected: string | undefined
  const agentUrl = async () => {
    if (mesosAgent !== '') return mesosAgent
    const address = detected ?? (await detectAddress(detectIp, addressUnknown))
    detected = address
    return `${scheme}://${address.includes(':') ? `[${address}]` : address}:5051`
  }
  const masterUrl = async () => mesosMaster || `${scheme}://leader.mesos:5050`
  const agent = createPeer({ name: 'the Mesos agent of this node', baseUrl: agentUrl, ...limits })
  const master = createPeer({ name: 'the leading Mesos master', baseUrl: masterUrl, ...limits })
  const states = createMesosPlaces(1, STATES_WAITING_MAX)

  // DEPARTURE (log 6): asked of the agent itself, since the leader's state holds the whole cluster.
  const ownId = createOwnId(caller => fetchId(agent, states, caller, timeoutMs), clock)

  return {
    agent,
    master,
    states,
    async sandbox(ids, caller) {
      // What is no place at all is found out before anybody is asked.
      sandboxPath(mesosWorkDir, 'agent', ids)
      const agentId = await ownId(caller)
      return { agentId, path: sandboxPath(mesosWorkDir, agentId, ids) }
    },
  }
}

/** The script and its trouble are for the journal. */
const addressUnknown: AddressUnknown = (command, why) => faults.ADDRESS_UNKNOWN().because(`${command}: ${why}`)

/** QUIRK (log 6): without `ca-cert` whoever answers is believed, since the cluster's own authority is not among the system's. */
async function tlsFor(caCert: string): Promise<TlsOptions> {
  if (caCert === '') return { rejectUnauthorized: false }
  try {
    return { ca: await readFile(caCert) }
  } catch (error) {
    throw faults.CA_UNREADABLE(caCert, (error as Error).message).because(error)
  }
}
