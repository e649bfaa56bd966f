/**
 * What every route that changes the node has in common: whether it may at all, the change as a job, and the answer in the blocking form
 * of 1.9 or, with `Prefer: respond-async` (RFC 7240), as 202 and the job's address.
 */
import { isFault } from '../../src/shared/errors/fault.ts'
import type { HttpAnswer, HttpRequest } from '../../src/shared/http/route.ts'
import { errorFields, type Log } from '../../src/shared/log/journald.ts'
import { faults } from '../errors.ts'
import { askLockOwner } from '../swap/lock.ts'
import { faultOf, locationOf, NO_CONTENT, prettyJson } from './answers.ts'
import { clientOf } from './client.ts'
import type { Jobs } from './jobs.ts'
import type { ApiMetrics } from './metrics.ts'
import type { ChangeName, Node, NodeRequest } from './node.ts'

export interface Change {
  readonly command: ChangeName
  readonly words: readonly string[]
  readonly options?: NodeRequest['options']
}

export interface Changes {
  readonly allowed: boolean
  /** Before anything else of such a route. Throws PKGPANDA_CHANGES_REFUSED. */
  requireAllowed(): void
  /**
   * 204 when it is done, or 202. A client that goes away takes nothing with it: the change goes on to its end. Rejects with
   * PKGPANDA_LOCKED and the faults of the command.
   */
  answer(request: HttpRequest, change: Change): Promise<HttpAnswer>
}

export interface ChangesOptions {
  node: Node
  jobs: Jobs
  metrics: ApiMetrics
  log: Log
  /** False on agents, unless configured otherwise. */
  allowed: boolean
}

export function openChanges({ node, jobs, metrics, log, allowed }: ChangesOptions): Changes {
  async function perform(request: HttpRequest, { command, words, options }: Change): Promise<HttpAnswer> {
    const isAsync = prefersAsync(request)
    if (isAsync) {
      // A job that could only fail is refused here; one that begins a moment after another's fails by the lock itself.
      const owner = jobs.running() ? undefined : await askLockOwner(node.paths.root)
      if (owner !== undefined) throw faults.LOCKED(node.paths.root, owner)
    }
    const { job, done } = jobs.start(command, words, async progress => {
      try {
        const run = await node.run(command, words, { client: clientOf(request), progress, ...(options && { options }) })
        metrics.changed(command, 'done')
        return run
      } catch (error) {
        metrics.changed(command, 'failed')
        throw faultOf(error)
      }
    })
    if (!isAsync) {
      await done
      return NO_CONTENT
    }
    done.catch(error => {
      log.error('a job failed', { job: job.id, action: job.action, ...errorFields(error) })
    })
    return prettyJson(job, 202, {
      Location: locationOf(request, `/v1/jobs/${job.id}`),
      'Preference-Applied': 'respond-async',
    })
  }

  return {
    allowed,
    requireAllowed() {
      if (allowed) return
      metrics.refused('agent')
      throw faults.CHANGES_REFUSED()
    },
    async answer(request, change) {
      try {
        return await perform(request, change)
      } catch (error) {
        if (isFault(error, 'PKGPANDA_LOCKED')) metrics.refused('locked')
        throw error
      }
    },
  }
}

function prefersAsync({ headers }: HttpRequest): boolean {
  return [headers.prefer].flat().some(value => /(^|,)\s*respond-async\s*(,|;|$)/i.test(value ?? ''))
}
