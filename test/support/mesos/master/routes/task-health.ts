/** Private: POST {"healthy": BOOLEAN} in the place of a scheduler's health check. */
import { jsonAnswer } from '../../http/answers.ts'
import type { Route } from '../../http/route.ts'
import { parseHealthOrder } from '../../model/health-order.ts'
import { leaderOrder } from '../leader-only.ts'
import type { MasterContext } from '../routes.ts'

export const taskHealthRoute = (context: MasterContext): Route => ({
  paths: ['/standin/tasks/:id/health'],
  method: 'POST',
  handle: leaderOrder(context, async ({ params, json }) =>
    jsonAnswer(await context.control.setHealth(params.id ?? '', parseHealthOrder(await json()))),
  ),
})
