/**
 * Leader election through a real ZooKeeper, as Mesos does it: every master holds an ephemeral sequential node, the
 * lowest leads. Without a candidate of one's own it only watches (agents). A lost session is answered with a new one.
 */
import zookeeper from 'node-zookeeper-client'
import { errorFields, type Log } from '../../../../src/shared/log/journald.ts'
import { MESOS_VERSION } from '../json/version.ts'
import type { Leadership } from './leadership.ts'
import {
  CANDIDATE_PREFIX,
  chooseLeader,
  decodeMasterInfo,
  encodeMasterInfo,
  type MasterInfo,
  SEQUENCE_DIGITS,
} from './master-info.ts'
import { createCandidate, createEphemeral, getChildren, getData, isMissing, makeDirectory } from './operations.ts'

export interface ElectionOptions {
  /** `10.0.0.1:2181,10.0.0.2:2181` */
  servers: string
  /** `/mesos` */
  path: string
  /** Missing: watch only. */
  candidate?: MasterInfo
  sessionTimeoutMs?: number
  log: Log
}

/** Mesos' --zk_session_timeout. */
const SESSION_TIMEOUT_MS = 10_000

/** Between two attempts to reach a server. */
const RECONNECT_MS = 500

/** After a failed operation that no event will follow. */
const RETRY_MS = 1000

/** A closing session is waited for so long: with it goes our node, and the next leader comes at once. */
const CLOSE_LIMIT_MS = 1000

export function startElection(options: ElectionOptions): Leadership {
  return new Election(options)
}

class Election implements Leadership {
  readonly #options: ElectionOptions
  readonly #listeners: (() => void)[] = []
  #client: zookeeper.Client
  #leader: MasterInfo | undefined
  #announced = false
  #closed = false
  /** Counts the questions: of two answers that overtake each other the later question's holds. */
  #questions = 0
  /** Until the session is certainly lost. */
  #lossTimer: NodeJS.Timeout | undefined
  #retryTimer: NodeJS.Timeout | undefined

  constructor(options: ElectionOptions) {
    this.#options = options
    this.#client = this.#open()
  }

  leader(): MasterInfo | undefined {
    return this.#leader
  }

  onChange(listener: () => void): void {
    this.#listeners.push(listener)
  }

  #open(): zookeeper.Client {
    const sessionTimeout = this.#options.sessionTimeoutMs ?? SESSION_TIMEOUT_MS
    const client = zookeeper.createClient(this.#options.servers, {
      sessionTimeout,
      spinDelay: RECONNECT_MS,
      retries: 0,
    })
    this.#announced = false
    client.on('connected', () => {
      clearTimeout(this.#lossTimer)
      void this.#refresh(client)
    })
    client.on('disconnected', () => this.#loseContact(client.getSessionTimeout()))
    client.on('expired', () => this.#renew(client))
    client.connect()
    return client
  }

  /**
   * ZooKeeper forgets us when the session times out, so we must not believe in a leader (or in ourselves) for longer.
   */
  #loseContact(sessionTimeoutMs: number): void {
    if (this.#closed) return
    clearTimeout(this.#lossTimer)
    this.#lossTimer = setTimeout(() => {
      // An answer that is still under way must not bring the leader back.
      this.#questions++
      this.#setLeader(undefined)
    }, sessionTimeoutMs)
  }

  #renew(client: zookeeper.Client): void {
    if (this.#closed || client !== this.#client) return
    this.#options.log.warning('the ZooKeeper session expired, opening a new one')
    this.#setLeader(undefined)
    client.close()
    this.#client = this.#open()
  }

  async #refresh(client: zookeeper.Client): Promise<void> {
    if (this.#closed || client !== this.#client) return
    const { path } = this.#options
    const question = ++this.#questions
    try {
      await this.#announce(client)
      const name = chooseLeader(await getChildren(client, path, () => void this.#refresh(client)))
      const leader = name === undefined ? undefined : decodeMasterInfo(await getData(client, `${path}/${name}`))
      if (!this.#closed && question === this.#questions) this.#setLeader(leader)
    } catch (error) {
      // A node that went between the two questions is told by the watch; a lost connection by the next 'connected'.
      if (this.#closed || isMissing(error)) return
      this.#options.log.warning('ZooKeeper did not answer, asking again', errorFields(error))
      clearTimeout(this.#retryTimer)
      this.#retryTimer = setTimeout(() => void this.#refresh(client), RETRY_MS)
    }
  }

  async #announce(client: zookeeper.Client): Promise<void> {
    const { path, candidate } = this.#options
    if (this.#announced) return
    this.#announced = true
    let stands = false
    try {
      await makeDirectory(client, path)
      if (!candidate) return
      const created = await createCandidate(
        client,
        `${path}/${CANDIDATE_PREFIX}`,
        encodeMasterInfo(candidate, MESOS_VERSION),
      )
      stands = true
      // Whoever reads everything under /mesos as JSON must meet what a real master puts there, too.
      await makeDirectory(client, `${path}/log_replicas`)
      const replica = `${path}/log_replicas/${created.slice(-SEQUENCE_DIGITS)}`
      await createEphemeral(client, replica, `log-replica(1)@${candidate.ip}:${candidate.port}`)
    } catch (error) {
      // A second node of the same master would only outlive the first.
      this.#announced = stands
      throw error
    }
  }

  #setLeader(leader: MasterInfo | undefined): void {
    if (leader?.id === this.#leader?.id) return
    this.#leader = leader
    this.#options.log.info('the leading master changed', { leader: leader ? `${leader.ip}:${leader.port}` : 'none' })
    for (const listener of this.#listeners) listener()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true
    clearTimeout(this.#lossTimer)
    clearTimeout(this.#retryTimer)
    const client = this.#client
    if (client.getState() !== zookeeper.State.SYNC_CONNECTED) return client.close()
    const gone = new Promise<void>(resolve => client.once('disconnected', resolve))
    const limit = new Promise<void>(resolve => setTimeout(resolve, CLOSE_LIMIT_MS).unref())
    client.close()
    await Promise.race([gone, limit])
  }
}
