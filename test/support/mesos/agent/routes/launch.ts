/** Private: the leading master has a task started here. */
import { jsonAnswer } from '../../http/answers.ts'
import type { Route } from '../../http/route.ts'
import type { LaunchOrder } from '../launch-order.ts'
import type { AgentContext } from '../routes.ts'

export const launchRoute = ({ workload }: AgentContext): Route => ({
  paths: ['/standin/tasks'],
  method: 'POST',
  // Only our own master asks, after it has checked the description.
  handle: async ({ json }) => jsonAnswer(await workload.launch((await json()) as LaunchOrder), 'by key', 201),
})
