/**
 * Changes as resources of their own (an addition to pkgpanda 4): one at a time, the last ones kept in WORK_DIR/jobs.json, so that
 * a client may go away and ask again later, also the process that takes this one's place after an upgrade of the API itself.
 */
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isFault } from '../../src/shared/errors/fault.ts'
import { writeFileAtomic } from '../../src/shared/fs/atomic-write.ts'
import { errorFields, type Log } from '../../src/shared/log/journald.ts'
import type { Clock } from '../../src/shared/time/clock.ts'
import type { Progress } from '../command-line/progress.ts'
import { faults } from '../errors.ts'
import { errorBody } from './answers.ts'
import type { ChangeName } from './node.ts'

export interface Job {
  readonly id: string
  readonly action: ChangeName
  readonly packages: readonly string[]
  /** `interrupted`: its process ended before it did; the next change finishes or takes back what it had begun. */
  state: 'running' | 'done' | 'failed' | 'interrupted'
  /** ISO 8601. */
  readonly started: string
  ended?: string
  /** Bytes by package; `total` is left out while it is unknown. */
  progress?: Record<string, { received: number; total?: number }>
  /** What the command gives with --json: the plan of an activation. */
  result?: unknown
  /** The sentence that the blocking form answers with. */
  error?: string
  missing_packages?: unknown
  /** Code of docs/ERRORS.md. */
  code?: string
}

export interface Jobs extends AsyncDisposable {
  /** Throws PKGPANDA_LOCKED while another one runs. `done` settles as `work` does. */
  start(action: ChangeName, packages: readonly string[], work: Work): { job: Job; done: Promise<unknown> }
  /** Newest first. */
  list(): readonly Job[]
  /** Throws PKGPANDA_JOB_UNKNOWN. */
  find(id: string): Job
  /** The one at work. */
  running(): Job | undefined
}

export type Work = (progress: Progress) => Promise<unknown>

export interface JobsOptions {
  /** For jobs.json; made when it is missing. */
  directory: string
  /** For the message to those who come too early. */
  root: string
  random: () => string
  clock: Clock
  log: Log
}

/** Old ones are forgotten. */
export const JOBS_MAX = 32

/** Disposing waits for the job at work, and for its end to be written. */
export function openJobs({ directory, root, random, clock, log }: JobsOptions): Jobs {
  const file = join(directory, 'jobs.json')
  let jobs = loadJobs(file, log)
  let current: { job: Job; done: Promise<unknown> } | undefined
  let saving = Promise.resolve()

  const now = () => new Date(clock.nowMs()).toISOString()
  const save = () => {
    saving = saving
      .then(async () => {
        mkdirSync(directory, { recursive: true, mode: 0o700 })
        await writeFileAtomic(file, JSON.stringify(jobs), { volatile: true, mode: 0o600 })
      })
      .catch((error: Error) => log.warning('jobs cannot be kept, a restart will forget them', errorFields(error)))
  }
  const find = (id: string) => jobs.find(job => job.id === id)

  async function perform(job: Job, work: Work): Promise<unknown> {
    try {
      const result = await work(recordProgress(job))
      Object.assign(job, { state: 'done', ...(result === undefined ? {} : { result }) })
      return result
    } catch (error) {
      const known = isFault(error)
      Object.assign(
        job,
        known ? { ...errorBody(error), code: error.code } : { error: 'internal error, see the journal' },
      )
      job.state = 'failed'
      throw error
    } finally {
      job.ended = now()
      current = undefined
      save()
    }
  }

  return {
    start(action, packages, work) {
      if (current)
        throw faults.LOCKED(root, `pid ${process.pid} (this API: ${current.job.action}, job ${current.job.id})`)
      const job: Job = { id: random(), action, packages, state: 'running', started: now() }
      jobs = [job, ...jobs].slice(0, JOBS_MAX)
      const begun = Promise.withResolvers<void>()
      current = { job, done: begun.promise.then(() => perform(job, work)) }
      const { done } = current
      save()
      begun.resolve()
      return { job, done }
    },
    list: () => jobs,
    find(id) {
      const job = find(id)
      if (!job) throw faults.JOB_UNKNOWN(id)
      return job
    },
    running: () => current?.job,
    async [Symbol.asyncDispose]() {
      // Its failure is told to whoever waits for it.
      await current?.done.catch(() => {})
      await saving
    },
  }
}

function recordProgress(job: Job): Progress {
  return (what, received, total) => {
    const id = what.replace(/^\w+: /, '')
    job.progress = { ...job.progress, [id]: { received, ...(total === undefined ? {} : { total }) } }
  }
}

/** Nothing when there is no such file, or not ours to understand: jobs are for convenience, the node's state is elsewhere. */
function loadJobs(file: string, log: Log): Job[] {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch {
    return []
  }
  try {
    const jobs = (JSON.parse(text) as Job[]).filter(
      ({ id, state }) => typeof id === 'string' && typeof state === 'string',
    )
    return jobs.slice(0, JOBS_MAX).map(job => (job.state === 'running' ? { ...job, state: 'interrupted' } : job))
  } catch (error) {
    log.warning('the file of jobs is damaged, beginning anew', { file, ...errorFields(error) })
    return []
  }
}
