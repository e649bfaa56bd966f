/** Private: an agent stops; its tasks are lost. */
import { jsonAnswer } from '../../http/answers.ts'
import type { Route } from '../../http/route.ts'
import { leaderOrder } from '../leader-only.ts'
import type { MasterContext } from '../routes.ts'

export const agentUnregisterRoute = (context: MasterContext): Route => ({
  paths: ['/standin/agents/:id'],
  method: 'DELETE',
  handle: leaderOrder(context, ({ params }) => {
    context.registry.unregisterAgent(params.id ?? '', context.nowMs())
    context.control.changed()
    return jsonAnswer({})
  }),
})
