/** Private: the leading master has a task ended. */
import { jsonAnswer } from '../../http/answers.ts'
import type { Route } from '../../http/route.ts'
import type { AgentContext } from '../routes.ts'

export const killRoute = ({ workload }: AgentContext): Route => ({
  paths: ['/standin/tasks/:id'],
  method: 'DELETE',
  handle: ({ params }) => jsonAnswer(workload.kill(params.id ?? '')),
})
