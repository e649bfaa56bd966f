/**
 * Who leads the Mesos masters, from ZooKeeper: each candidate has a node `json.info_<number>` in the directory of the masters that
 * holds its MasterInfo as JSON (Mesos 0.23 and later).
 */
import { type Static, Type } from 'typebox'
import { problemsOf } from '../config/decode.ts'
import type { Clock } from '../time/clock.ts'
import { watchLeader } from '../zookeeper/leader.ts'
import type { ZooKeeperSession } from '../zookeeper/session.ts'
import { faults } from './errors.ts'

export const MASTERS_DIRECTORY = '/mesos'
export const CANDIDATE_PREFIX = 'json.info_'

export interface MesosMaster {
  /** Identifies one life of one master. */
  readonly id: string
  /** `master@10.0.0.1:5050` */
  readonly pid: string
  readonly hostname: string
  readonly ip: string
  readonly port: number
  readonly version: string | undefined
}

const masterInfo = Type.Object({
  id: Type.String(),
  pid: Type.String(),
  hostname: Type.Optional(Type.String()),
  version: Type.Optional(Type.String()),
  address: Type.Object({
    ip: Type.String(),
    port: Type.Integer({ minimum: 1, maximum: 65535 }),
    hostname: Type.Optional(Type.String()),
  }),
})

/** The data of a candidate's node. The outer `ip` and `port` are the old form (an integer in reverse order): not read. Throws MESOS_LEADER_MALFORMED. */
export function parseMasterInfo(data: Buffer): MesosMaster {
  let json: unknown
  try {
    json = JSON.parse(data.toString('utf8'))
  } catch (error) {
    throw faults.LEADER_MALFORMED((error as Error).message)
  }
  const problems = problemsOf(masterInfo, json)
  if (problems.length > 0) throw faults.LEADER_MALFORMED(problems.join('; '))
  const { id, pid, hostname, version, address } = json as Static<typeof masterInfo>
  return { id, pid, hostname: hostname ?? address.hostname ?? address.ip, ip: address.ip, port: address.port, version }
}

export interface LeaderView {
  /** The last known leader, kept while ZooKeeper is away; undefined when there is none, or none is known yet. */
  readonly master: MesosMaster | undefined
  /** `unknown` until ZooKeeper has answered once; `stale` while it does not answer. */
  readonly state: 'unknown' | 'current' | 'stale'
  /** Why it is stale, or why the leader cannot be read. */
  readonly problem: unknown
}

export interface LeaderWatch extends Disposable {
  readonly view: LeaderView
  /** Told at each change of the view; the result ends that. */
  onChange(listener: (view: LeaderView) => void): () => void
}

export interface MesosLeaderOptions {
  session: ZooKeeperSession
  clock: Clock
  random?: () => number
  /** Where the masters' nodes are, default /mesos. */
  directory?: string
}

/** Watches until disposed; the session stays the caller's. */
export function watchMesosLeader(options: MesosLeaderOptions): LeaderWatch {
  const { session, clock, random = Math.random, directory = MASTERS_DIRECTORY } = options
  const listeners = new Set<(view: LeaderView) => void>()
  let view: LeaderView = { master: undefined, state: 'unknown', problem: undefined }
  let unreadable: unknown
  const become = (next: LeaderView) => {
    view = next
    for (const listener of [...listeners]) listener(view)
  }
  const watch = watchLeader({
    session,
    directory,
    prefix: CANDIDATE_PREFIX,
    clock,
    random,
    onLeader(data) {
      try {
        unreadable = undefined
        become({ master: data && parseMasterInfo(data), state: 'current', problem: undefined })
      } catch (problem) {
        unreadable = problem
        become({ master: undefined, state: 'current', problem })
      }
    },
    onStale(problem) {
      if (view.state === 'current') become({ ...view, state: 'stale', problem })
    },
    onCurrent: () => become({ ...view, state: 'current', problem: unreadable }),
  })
  return {
    get view() {
      return view
    },
    onChange(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    [Symbol.dispose]() {
      watch[Symbol.dispose]()
      listeners.clear()
    },
  }
}
