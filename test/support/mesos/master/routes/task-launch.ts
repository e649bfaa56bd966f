/** Private: POST a task description (model/task-spec.ts); 201 with the task when its process runs. */
import { jsonAnswer } from '../../http/answers.ts'
import type { Route } from '../../http/route.ts'
import { leaderOrder } from '../leader-only.ts'
import type { MasterContext } from '../routes.ts'

export const taskLaunchRoute = (context: MasterContext): Route => ({
  paths: ['/standin/tasks'],
  method: 'POST',
  handle: leaderOrder(context, async ({ json }) =>
    jsonAnswer(await context.control.launch(await json()), 'by key', 201),
  ),
})
