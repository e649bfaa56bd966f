/** Private: asks for the end of a task; the answer shows it as it is then, mostly TASK_KILLING. */
import { jsonAnswer } from '../../http/answers.ts'
import type { Route } from '../../http/route.ts'
import { leaderOrder } from '../leader-only.ts'
import type { MasterContext } from '../routes.ts'

export const taskKillRoute = (context: MasterContext): Route => ({
  paths: ['/standin/tasks/:id'],
  method: 'DELETE',
  handle: leaderOrder(context, async ({ params }) => jsonAnswer(await context.control.kill(params.id ?? ''))),
})
