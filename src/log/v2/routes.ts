/** The routes of v2 (log 7): components everywhere, tasks found by masters and read on their agents. */
import type { Handler, Route } from '../../shared/http/route.ts'
import type { Clock } from '../../shared/time/clock.ts'
import { withToken } from '../authorise.ts'
import type { Role } from '../config.ts'
import type { Followers } from '../followers.ts'
import { TYPES } from '../format.ts'
import type { Journals } from '../journals.ts'
import type { Mesos } from '../mesos/open-mesos.ts'
import type { LogMetrics } from '../metrics.ts'
import type { RangeLimits } from '../range-limits.ts'
import {
  ENTRY_STATUSES,
  LINE_STATUSES,
  LISTING_STATUSES,
  TASK_FILE_STATUSES,
  TASK_STATUSES,
  WHOLE_STATUSES,
} from '../statuses.ts'
import { component } from './component.ts'
import { COMPONENT_PARAMETERS } from './component-query.ts'
import { discover } from './discovery.ts'
import { FILE_PARAMETERS } from './file-query.ts'
import { browse, download } from './sandbox-folder.ts'
import { RUN_PATH } from './sandbox-ids.ts'
import { taskFile } from './task-file.ts'

/** What EventSource and its stand-ins send. Not Authorization: no token is needed there. */
const CROSS_ORIGIN = ['Last-Event-ID', 'Cache-Control']

const OF_COMPONENT = {
  coded: true,
  crossOrigin: CROSS_ORIGIN,
  summary: 'Entries of the journal, whole or of one unit; as events they go on.',
  parameters: COMPONENT_PARAMETERS,
  types: TYPES,
  statuses: ENTRY_STATUSES,
} as const

export function componentRoutes(
  journals: Journals,
  rangeLimits: RangeLimits,
  metrics: LogMetrics,
  followers: Followers,
): Route[] {
  const handler = component(journals, rangeLimits, metrics, followers)
  const same = { method: 'GET', handler, contract: 'log 7', ...OF_COMPONENT } as const
  return [
    { ...same, path: '/v2/component' },
    { ...same, path: '/v2/component/:name' },
  ]
}

export interface TaskContext {
  role: Role
  /** Only with a token, and only what Mesos shows to it. */
  auth: boolean
  mesos: Mesos
}

export function taskRoutes({ role, auth, mesos }: TaskContext, metrics: LogMetrics, clock: Clock): Route[] {
  const rows = role === 'master' ? finding(mesos) : reading(mesos, metrics, clock)
  return rows.map(([path, handler, contract, about]) => {
    const token = auth ? 'required' : 'optional'
    return { method: 'GET', path, handler: auth ? withToken(handler) : handler, contract, token, ...about }
  })
}

type Row = [path: string, handler: Handler, contract: string, about: Partial<Route>]

/** The query is kept, and is the agent's to read. */
const OF_FINDING = { summary: '303 to the agent of the task.', statuses: TASK_STATUSES }
const OF_FINDING_FILE = { ...OF_FINDING, statuses: TASK_FILE_STATUSES }

function finding(mesos: Mesos): Row[] {
  const [file, whole] = [discover(mesos, 'file'), discover(mesos, 'download')]
  return [
    ['/v2/task/:taskID', file, 'log 7.3', { ...OF_FINDING, parameters: FILE_PARAMETERS }],
    ['/v2/task/:taskID/file/:file', file, 'log 7.3', { ...OF_FINDING_FILE, parameters: FILE_PARAMETERS }],
    ['/v2/task/:taskID/browse', discover(mesos, 'browse'), 'log 7.3', OF_FINDING],
    ['/v2/task/:taskID/download', whole, 'log 7.3', OF_FINDING],
    ['/v2/task/:taskID/file/:file/download', whole, 'log 7.3', OF_FINDING_FILE],
  ]
}

const OF_LINES = {
  coded: true,
  summary: 'Lines of the file; as events they go on.',
  parameters: FILE_PARAMETERS,
  types: ['text/plain', 'text/event-stream'],
  statuses: LINE_STATUSES,
} as const
const OF_LISTING = {
  coded: true,
  summary: 'What is in the sandbox.',
  types: ['application/json'],
  statuses: LISTING_STATUSES,
} as const
/** Passed on as Mesos sends it, with its length. */
const OF_WHOLE = { summary: 'The file as it is.', types: ['application/octet-stream'], statuses: WHOLE_STATUSES }

function reading(mesos: Mesos, metrics: LogMetrics, clock: Clock): Row[] {
  const [lines, listing, whole] = [taskFile(mesos, metrics, clock), browse(mesos), download(mesos)]
  return [RUN_PATH, `${RUN_PATH}/tasks/:task`].flatMap((run): Row[] => [
    [`${run}/:file`, lines, 'log 7.1', OF_LINES],
    [`${run}/files/browse`, listing, 'log 7.2', OF_LISTING],
    [`${run}/:file/download`, whole, 'log 7.2', OF_WHOLE],
  ])
}
