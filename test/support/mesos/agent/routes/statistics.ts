/** /monitor/statistics */
import { jsonAnswer } from '../../http/answers.ts'
import type { Route } from '../../http/route.ts'
import { statisticsJson } from '../../json/containers.ts'
import { measureExecutors } from '../measure-executors.ts'
import type { AgentContext } from '../routes.ts'

export const statisticsRoute = (context: AgentContext): Route => ({
  paths: ['/monitor/statistics', '/monitor/statistics.json', '/slave(1)/monitor/statistics'],
  handle: async () => jsonAnswer(statisticsJson(context.view(), await measureExecutors(context))),
})
