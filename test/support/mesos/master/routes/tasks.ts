/** /tasks, in pages: `limit` (100), `offset` (0), `order` (des: newest first, or asc). */
import type { Route } from '../../http/route.ts'
import { taskJson } from '../../json/task.ts'
import type { Task } from '../../model/task.ts'
import { leaderDocument } from '../leader-only.ts'
import type { MasterContext } from '../routes.ts'

/** Mesos' default. */
const TASKS_PER_PAGE = 100

export const tasksRoute = (context: MasterContext): Route =>
  leaderDocument(
    context,
    'tasks',
    ({ query }) => {
      const limit = Number(query.get('limit') ?? TASKS_PER_PAGE) || 0
      const offset = Number(query.get('offset') ?? 0) || 0
      const direction = query.get('order') === 'asc' ? 1 : -1
      const sorted = context.view().tasks.toSorted((a, b) => direction * (firstSeenMs(a) - firstSeenMs(b)))
      return { tasks: sorted.slice(offset, offset + limit).map(taskJson) }
    },
    ['/tasks.json', '/master/tasks.json'],
  )

const firstSeenMs = (task: Task) => task.statuses[0]?.timestampMs ?? 0
