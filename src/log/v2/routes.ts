/** The routes of v2 (log 7): components everywhere, tasks found by masters and read on their agents. */
import type { Handler, Route } from '../../shared/http/route.ts'
import type { Clock } from '../../shared/time/clock.ts'
import { withToken } from '../authorise.ts'
import type { Role } from '../config.ts'
import type { Followers } from '../followers.ts'
import type { SearchableJournal } from '../grep/searchable.ts'
import type { Mesos } from '../mesos/open.ts'
import type { LogMetrics } from '../metrics.ts'
import { component } from './component.ts'
import { discover } from './discovery.ts'
import { browse, download } from './sandbox-folder.ts'
import { RUN_PATH } from './sandbox-ids.ts'
import { taskFile } from './task-file.ts'

export function componentRoutes(journal: SearchableJournal, metrics: LogMetrics, followers: Followers): Route[] {
  const handler = component(journal, metrics, followers)
  return [
    { method: 'GET', path: '/v2/component', handler, contract: 'log 7' },
    { method: 'GET', path: '/v2/component/:name', handler, contract: 'log 7' },
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
  return rows.map(([path, handler, contract]) => {
    return { method: 'GET', path, handler: auth ? withToken(handler) : handler, contract }
  })
}

type Row = [path: string, handler: Handler, contract: string]

function finding(mesos: Mesos): Row[] {
  const [file, whole] = [discover(mesos, 'file'), discover(mesos, 'download')]
  return [
    ['/v2/task/:taskID', file, 'log 7.3'],
    ['/v2/task/:taskID/file/:file', file, 'log 7.3'],
    ['/v2/task/:taskID/browse', discover(mesos, 'browse'), 'log 7.3'],
    ['/v2/task/:taskID/download', whole, 'log 7.3'],
    ['/v2/task/:taskID/file/:file/download', whole, 'log 7.3'],
  ]
}

function reading(mesos: Mesos, metrics: LogMetrics, clock: Clock): Row[] {
  const [lines, listing, whole] = [taskFile(mesos, metrics, clock), browse(mesos), download(mesos)]
  return [RUN_PATH, `${RUN_PATH}/tasks/:task`].flatMap((run): Row[] => [
    [`${run}/:file`, lines, 'log 7.1'],
    [`${run}/files/browse`, listing, 'log 7.2'],
    [`${run}/:file/download`, whole, 'log 7.2'],
  ])
}
