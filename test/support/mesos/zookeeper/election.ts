/**
 * Leader election through a real ZooKeeper, as Mesos does it: every master holds an ephemeral sequential node, the
 * lowest leads. Without a candidate of one's own it only watches (agents).
 */
import { isFault } from '../../../../src/shared/errors/fault.ts'
import { errorFields, type Log } from '../../../../src/shared/log/journald.ts'
import { chooseLeader } from '../../../../src/shared/zookeeper/leader.ts'
import { openSession, type ZooKeeperSession } from '../../../../src/shared/zookeeper/session.ts'
import { MESOS_VERSION } from '../json/version.ts'
import type { Leadership } from './leadership.ts'
import {
  CANDIDATE_PREFIX,
  decodeMasterInfo,
  encodeMasterInfo,
  type MasterInfo,
  SEQUENCE_DIGITS,
} from './master-info.ts'

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

/** After a failed look. */
const RETRY_MS = 1000

/** Never rejects: trouble is logged once, and the question asked again. */
export function startElection(options: ElectionOptions): Leadership {
  return new Election(options)
}

class Election implements Leadership {
  readonly #options: ElectionOptions
  readonly #session: ZooKeeperSession
  readonly #sessionTimeoutMs: number
  readonly #listeners: (() => void)[] = []
  readonly #changed = () => this.#look()
  #leader: MasterInfo | undefined
  #underway: Promise<void> | undefined
  /** Something changed since the look under way began. */
  #isOutdated = false
  #failing = false
  #closed = false
  /** Until the session is certainly lost. */
  #lossTimer: NodeJS.Timeout | undefined
  #retryTimer: NodeJS.Timeout | undefined

  constructor(options: ElectionOptions) {
    this.#options = options
    this.#sessionTimeoutMs = options.sessionTimeoutMs ?? SESSION_TIMEOUT_MS
    this.#session = openSession({ ensemble: options.servers, sessionTimeoutMs: this.#sessionTimeoutMs })
    this.#session.onConnection(connected => {
      clearTimeout(this.#lossTimer)
      if (connected) this.#look()
      else this.#loseContact()
    })
  }

  leader(): MasterInfo | undefined {
    return this.#leader
  }

  onChange(listener: () => void): void {
    this.#listeners.push(listener)
  }

  /** ZooKeeper forgets us when the session times out, so we must not believe in a leader (or in ourselves) for longer. */
  #loseContact(): void {
    if (!this.#closed) this.#lossTimer = setTimeout(() => this.#setLeader(undefined), this.#sessionTimeoutMs)
  }

  /** One look at a time: of two answers that overtake each other the older would stay. */
  #look(): void {
    this.#isOutdated = true
    this.#underway ??= this.#lookUntilCurrent()
  }

  async #lookUntilCurrent(): Promise<void> {
    try {
      while (this.#isOutdated && !this.#closed) {
        this.#isOutdated = false
        await this.#lookOnce()
        this.#failing = false
      }
    } catch (error) {
      if (this.#closed) return
      if (!this.#failing) this.#options.log.warning('ZooKeeper did not answer, asking again', errorFields(error))
      this.#failing = true
      clearTimeout(this.#retryTimer)
      this.#retryTimer = setTimeout(this.#changed, RETRY_MS)
    } finally {
      this.#underway = undefined
    }
  }

  async #lookOnce(): Promise<void> {
    const { path, candidate } = this.#options
    const children = await this.#session.children(path, this.#changed)
    const candidates = await this.#readCandidates(children ?? [])
    // Whether a session still is the one that made our node is ZooKeeper's knowledge; whether the node is there, we see.
    const own = [...candidates].find(([, info]) => candidate && info?.id === candidate.id)?.[0]
    if (candidate) await this.#stand(candidate, own)
    const name = chooseLeader(children ?? [], CANDIDATE_PREFIX)
    // It went after the list was made: the watch tells of that.
    if (name !== undefined && !candidates.has(name)) return
    this.#setLeader(name === undefined ? undefined : candidates.get(name))
  }

  /** Without those that go meanwhile; undefined is a node that is no MasterInfo. */
  async #readCandidates(children: readonly string[]): Promise<Map<string, MasterInfo | undefined>> {
    const candidates = new Map<string, MasterInfo | undefined>()
    for (const name of children.filter(child => child.startsWith(CANDIDATE_PREFIX))) {
      const data = await this.#session.get(`${this.#options.path}/${name}`)
      if (data !== undefined) candidates.set(name, decodeMasterInfo(data.toString('utf8')))
    }
    return candidates
  }

  /** Makes what is missing of a candidate's nodes; the watch tells when they are there. `own`: its node, if there is one. */
  async #stand(candidate: MasterInfo, own: string | undefined): Promise<void> {
    const { path } = this.#options
    // Whoever reads everything under /mesos as JSON must meet what a real master puts there, too.
    const replicas = `${path}/log_replicas`
    if (own === undefined) await this.#session.ensurePath(replicas)
    const data = encodeMasterInfo(candidate, MESOS_VERSION)
    const name = own ?? (await this.#session.create(`${path}/${CANDIDATE_PREFIX}`, data, STANDING))
    const replica = `${replicas}/${name.slice(-SEQUENCE_DIGITS)}`
    const address = `log-replica(1)@${candidate.ip}:${candidate.port}`
    await this.#session.create(replica, address, { ephemeral: true }).catch(error => {
      if (!isFault(error, 'ZOOKEEPER_NODE_EXISTS')) throw error
    })
  }

  #setLeader(leader: MasterInfo | undefined): void {
    if (this.#closed || leader?.id === this.#leader?.id) return
    this.#leader = leader
    this.#options.log.info('the leading master changed', { leader: leader ? `${leader.ip}:${leader.port}` : 'none' })
    for (const listener of this.#listeners) listener()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true
    clearTimeout(this.#lossTimer)
    clearTimeout(this.#retryTimer)
    await this.#session[Symbol.asyncDispose]()
    await this.#underway
  }
}

const STANDING = { ephemeral: true, sequential: true }
