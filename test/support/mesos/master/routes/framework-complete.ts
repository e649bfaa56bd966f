/** Private: a framework goes for good; its live tasks are killed. */
import { jsonAnswer } from '../../http/answers.ts'
import type { Route } from '../../http/route.ts'
import { leaderOrder } from '../leader-only.ts'
import type { MasterContext } from '../routes.ts'

export const frameworkCompleteRoute = (context: MasterContext): Route => ({
  paths: ['/standin/frameworks/:id'],
  method: 'DELETE',
  handle: leaderOrder(context, async ({ params }) =>
    jsonAnswer(await context.control.completeFramework(params.id ?? '')),
  ),
})
