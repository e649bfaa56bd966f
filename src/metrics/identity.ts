/**
 * Who this node is: address, cluster id, Mesos id. The address is needed at start; the ids are looked up beside the running
 * service and looked up again, so that a node without Mesos is served from the first second and a re-registered agent gets its new
 * id. DEPARTURE (metrics 1.3): 1.9 ended when an id was missing and kept the first one for life.
 */
import { errorFields, type Log } from '../shared/log/journald.ts'
import { type Backoff, backoffDelay } from '../shared/time/backoff.ts'
import type { Clock } from '../shared/time/clock.ts'

/** Node dimensions in the order of metrics 2.2. `mesos_id` is '' until known; `cluster_id` is left out until known. */
export interface NodeDimensions {
  readonly mesos_id: string
  readonly cluster_id?: string
  readonly hostname: string
}

export interface Identity extends AsyncDisposable {
  /** The same object until something changes. */
  dimensions(): NodeDimensions
  /** What is still being looked for, for STATUS; empty when all is known. */
  missing(): readonly string[]
}

export interface IdentityOptions {
  /** This node's address. */
  address: string
  readClusterId: () => Promise<string>
  fetchMesosId: (signal: AbortSignal) => Promise<string>
  clock: Clock
  log: Log
  random?: () => number
}

/** While an id is missing. */
const RETRY: Backoff = { firstMs: 1000, maxMs: 60_000 }
/** While all are known: how long a changed id may go unseen. */
const REREAD_MS = 300_000

/** Resolves when the cluster id's file was read once; looks up on until disposed. Never rejects for want of an id. */
export async function openIdentity({
  address,
  readClusterId,
  fetchMesosId,
  clock,
  log,
  random = Math.random,
}: IdentityOptions): Promise<Identity> {
  const end = new AbortController()
  let dimensions: NodeDimensions = Object.freeze({ mesos_id: '', hostname: address })
  const told = new Set<string>()

  /** Runs one look-up; the first failure in a row is told, the old id stays. */
  async function look(what: string, lookUp: () => Promise<string>): Promise<string | undefined> {
    try {
      const id = await lookUp()
      told.delete(what)
      return id
    } catch (error) {
      if (!told.has(what) && !end.signal.aborted)
        log.warning(`${what} is not to be had, serving on without a new one`, errorFields(error))
      told.add(what)
      return undefined
    }
  }

  /** Each id counts as soon as it is there: the one in a file must not wait for a Mesos that is slow. */
  function learn(found: { mesosId?: string | undefined; clusterId?: string | undefined }): void {
    const next = assemble(address, found.mesosId ?? dimensions.mesos_id, found.clusterId ?? dimensions.cluster_id)
    if (next.mesos_id === dimensions.mesos_id && next.cluster_id === dimensions.cluster_id) return
    dimensions = next
    log.info('this node is known', { ...next })
  }

  async function learnClusterId(): Promise<boolean> {
    const clusterId = await look('cluster id', readClusterId)
    learn({ clusterId })
    return clusterId !== undefined
  }

  async function learnMesosId(): Promise<boolean> {
    const mesosId = await look('Mesos id', () => fetchMesosId(end.signal))
    learn({ mesosId })
    return mesosId !== undefined
  }

  async function loop(): Promise<void> {
    for (let failures = 0; !end.signal.aborted; ) {
      const learned = await Promise.all([learnClusterId(), learnMesosId()])
      failures = learned.every(Boolean) ? 0 : failures + 1
      const jitter = 1 + random() / 10
      await clock.sleep(failures ? backoffDelay(RETRY, failures - 1, random()) : REREAD_MS * jitter, end.signal)
    }
  }
  await learnClusterId()
  const done = loop().catch(error => {
    if (!end.signal.aborted) throw error
  })

  return {
    dimensions: () => dimensions,
    missing: () => [
      ...(dimensions.mesos_id === '' ? ['Mesos id'] : []),
      ...(dimensions.cluster_id === undefined ? ['cluster id'] : []),
    ],
    async [Symbol.asyncDispose]() {
      end.abort()
      await done
    },
  }
}

function assemble(hostname: string, mesosId: string, clusterId: string | undefined): NodeDimensions {
  return Object.freeze({ mesos_id: mesosId, ...(clusterId !== undefined && { cluster_id: clusterId }), hostname })
}
