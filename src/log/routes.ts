/** Every route of dcos-log. Each is served bare (1.9) and under /v1 (1.10): either Admin Router generation works (log 1.3). */
import { cleanPath, cleanPathRedirect } from '../shared/http/clean-path.ts'
import { faults as httpFaults } from '../shared/http/errors.ts'
import { metricsRoute } from '../shared/http/metrics-route.ts'
import { openApiRoute } from '../shared/http/openapi.ts'
import type { Handler, HttpRequest, Route } from '../shared/http/route.ts'
import type { Journal } from '../shared/journal/reader.ts'
import { authorised } from './authorise.ts'
import type { Followers } from './followers.ts'
import { TYPES } from './format.ts'
import { shareJournal } from './journals.ts'
import type { LogMetrics } from './metrics.ts'
import { page } from './page/page.ts'
import type { RangeLimits } from './range-limits.ts'
import { ENTRY_STATUSES, MESOS_STATUSES, SANDBOXLESS_STATUSES, STREAM_STATUSES, VALUE_STATUSES } from './statuses.ts'
import { CONTAINER_PATH } from './v1/container.ts'
import { FieldValues, uniqueValues } from './v1/fields.ts'
import { DOWNLOAD_PARAMETERS, RANGE_PARAMETERS, STREAM_PARAMETERS } from './v1/parameters.ts'
import { range, rangeDownload } from './v1/range.ts'
import { stream } from './v1/stream.ts'
import { componentRoutes, type TaskContext, taskRoutes } from './v2/routes.ts'

const ABOUT = {
  title: 'dcos-log',
  description: 'The journal of this node and the files of its tasks, as DC/OS 1.9 to 1.13 serve them.',
}

/** What the document of the API tells of each. */
const OF_RANGE = {
  summary: 'Entries from a position on.',
  parameters: RANGE_PARAMETERS,
  types: TYPES,
  statuses: ENTRY_STATUSES,
}
const OF_DOWNLOAD = { ...OF_RANGE, summary: 'The same as a gzip file.', parameters: DOWNLOAD_PARAMETERS }
const OF_STREAM = {
  summary: 'Entries, then those that are added.',
  parameters: STREAM_PARAMETERS,
  types: TYPES,
  statuses: STREAM_STATUSES,
}
const OF_FIELD = { summary: 'Every value of a field, once.', answer: FieldValues, statuses: VALUE_STATUSES }
const OF_PAGE = {
  summary: 'A page that shows the journal in a browser.',
  types: ['text/html'],
  statuses: { 200: 'The page.', 304: 'It is the one that the client has.' },
}

export interface LogContext {
  metrics: LogMetrics
  followers: Followers
  rangeLimits: RangeLimits
  /** Without it there are no tasks' files, and everybody may read a container's entries. */
  tasks?: TaskContext
}

export function routes(journal: Journal, { metrics, followers, rangeLimits, tasks }: LogContext): Route[] {
  const { clock } = followers
  const journals = shareJournal(journal, metrics, clock)
  const entries = range(journals.ranges, rangeLimits, metrics, clock)
  const download = rangeDownload(journals.ranges, rangeLimits, metrics, clock)
  const following = stream(journals.followed, followers)
  const v1: Route[] = [
    { method: 'GET', path: '/range/', handler: entries, contract: 'log 2', ...OF_RANGE },
    { method: 'GET', path: '/range/download', handler: download, contract: 'log 4.5', ...OF_DOWNLOAD },
    { method: 'GET', path: `/range/${CONTAINER_PATH}`, handler: entries, contract: 'log 2', ...OF_RANGE },
    {
      method: 'GET',
      path: `/range/${CONTAINER_PATH}/download`,
      handler: download,
      contract: 'log 4.5',
      ...OF_DOWNLOAD,
    },
    { method: 'GET', path: '/stream/', handler: following, contract: 'log 4.7', ...OF_STREAM },
    { method: 'GET', path: `/stream/${CONTAINER_PATH}`, handler: following, contract: 'log 4.7', ...OF_STREAM },
    { method: 'GET', path: '/fields/:field', handler: uniqueValues(journals.ranges), contract: 'log 4.9', ...OF_FIELD },
    openApiRoute(ABOUT, () => all, 'log 2'),
    { method: 'GET', path: '/', handler: page(), contract: 'log 2', coded: true, ...OF_PAGE },
  ]
  const both = v1
    .map(route => forItsReaders(route, tasks))
    .flatMap(route => [route, { ...route, path: `/v1${route.path}` }])
  const v2 = [
    ...componentRoutes(journals, rangeLimits, metrics, followers),
    ...(tasks ? taskRoutes(tasks, metrics, clock) : []),
  ]
  const own = metricsRoute(metrics, 'log 2')
  const all: Route[] = [...both, own, ...v2].map(route => ({ ...route, exists }))
  return all
}

/** Entries of one container are for those who may read its sandbox (log 6). */
function forItsReaders(route: Route, tasks: TaskContext | undefined): Route {
  if (!tasks?.auth || !route.path.includes(CONTAINER_PATH)) return route
  const statuses = tasks.role === 'master' ? SANDBOXLESS_STATUSES : { ...MESOS_STATUSES, ...route.statuses }
  return { ...route, handler: authorised(route.handler, tasks.role, tasks.mesos), token: 'required', statuses }
}

/**
 * An id is never empty and has no slash, not even an encoded one: no route of 1.9 matched that; the name of a file may lead into directories.
 * Nor is it `..`, which would be a container's id here and a step up there.
 */
function exists({ path, params }: Pick<HttpRequest, 'path' | 'params'>): boolean {
  const whole = Object.entries(params).every(
    ([name, value]) => name === 'file' || (value !== '' && !value.includes('/')),
  )
  return whole && cleanPath(path) === path
}

/** What answers where no route is: another method included, as in 1.9, whose router had no 405. A path that is not clean leads to the clean one. */
export const fallback: Handler = request => {
  const clean = cleanPathRedirect(request)
  if (clean) return clean
  throw httpFaults.NOT_FOUND()
}
