/** /containers */
import { jsonAnswer } from '../../http/answers.ts'
import type { Route } from '../../http/route.ts'
import { containersJson } from '../../json/containers.ts'
import { measureExecutors } from '../measure-executors.ts'
import type { AgentContext } from '../routes.ts'

export const containersRoute = (context: AgentContext): Route => ({
  paths: ['/containers', '/slave(1)/containers'],
  handle: async () => jsonAnswer(containersJson(context.view(), await measureExecutors(context))),
})
