/** Private: what a scheduler's health check found of a task. */
import { jsonAnswer } from '../../http/answers.ts'
import type { Route } from '../../http/route.ts'
import { parseHealthOrder } from '../../model/health-order.ts'
import type { AgentContext } from '../routes.ts'

export const healthOrderRoute = ({ workload }: AgentContext): Route => ({
  paths: ['/standin/tasks/:id/health'],
  method: 'POST',
  handle: async ({ params, json }) => jsonAnswer(workload.setHealth(params.id ?? '', parseHealthOrder(await json()))),
})
