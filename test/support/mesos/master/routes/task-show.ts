/** Private: tasks with what Mesos' /state does not show: exit messages, reasons, process ids. */
import { jsonAnswer } from '../../http/answers.ts'
import type { Route } from '../../http/route.ts'
import { leaderOrder } from '../leader-only.ts'
import type { MasterContext } from '../routes.ts'

export const taskListRoute = (context: MasterContext): Route => ({
  paths: ['/standin/tasks'],
  method: 'GET',
  handle: leaderOrder(context, () => jsonAnswer({ tasks: context.registry.tasks })),
})

export const taskShowRoute = (context: MasterContext): Route => ({
  paths: ['/standin/tasks/:id'],
  method: 'GET',
  handle: leaderOrder(context, ({ params }) => jsonAnswer(context.registry.task(params.id ?? ''))),
})
