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

/** Looks up at once and until disposed; never rejects for want of an id. */
export function openIdentity({
  address,
  readClusterId,
  fetchMesosId,
  clock,
  log,
  random = Math.random,
}: IdentityOptions): Identity {
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

  async function refresh(): Promise<boolean> {
    const [clusterId, mesosId] = await Promise.all([
      look('cluster id', readClusterId),
      look('Mesos id', () => fetchMesosId(end.signal)),
    ])
    const next = assemble(address, mesosId ?? dimensions.mesos_id, clusterId ?? dimensions.cluster_id)
    if (next.mesos_id !== dimensions.mesos_id || next.cluster_id !== dimensions.cluster_id) {
      dimensions = next
      log.info('this node is known', { ...next })
    }
    return clusterId !== undefined && mesosId !== undefined
  }

  async function loop(): Promise<void> {
    for (let failures = 0; !end.signal.aborted; ) {
      failures = (await refresh()) ? 0 : failures + 1
      const jitter = 1 + random() / 10
      await clock.sleep(failures ? backoffDelay(RETRY, failures - 1, random()) : REREAD_MS * jitter, end.signal)
    }
  }
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
