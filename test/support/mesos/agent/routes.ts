/** Every route of the stand-in agent. A new one is one more file in routes/ and one more line here. */
import type { Attachments } from '../files/attachments.ts'
import type { Route } from '../http/route.ts'
import { agentMetrics } from '../json/metrics.ts'
import type { AgentView } from '../model/agent-view.ts'
import { filesBrowseRoute } from '../routes/files-browse.ts'
import { filesReadRoute } from '../routes/files-read.ts'
import { flagsRoute } from '../routes/flags.ts'
import { healthRoute } from '../routes/health.ts'
import { metricsRoute } from '../routes/metrics.ts'
import { versionRoute } from '../routes/version.ts'
import { containersRoute } from './routes/containers.ts'
import { healthOrderRoute } from './routes/health-order.ts'
import { killRoute } from './routes/kill.ts'
import { launchRoute } from './routes/launch.ts'
import { stateRoute } from './routes/state.ts'
import { statisticsRoute } from './routes/statistics.ts'
import { readSystemFigures } from './system-figures.ts'
import type { Workload } from './workload.ts'

/** What the routes need of an agent. */
export interface AgentContext {
  view: () => AgentView
  workload: Workload
  attachments: Attachments
  flags: Record<string, string>
  nowMs: () => number
}

/** libprocess' name of the agent in paths. */
export const AGENT_PROCESS = 'slave(1)'

export function agentRoutes(context: AgentContext): Route[] {
  return [
    stateRoute(context),
    containersRoute(context),
    statisticsRoute(context),
    filesBrowseRoute(context.attachments),
    filesReadRoute(context.attachments),
    metricsRoute(() => agentMetrics(context.view(), context.nowMs(), readSystemFigures())),
    healthRoute(AGENT_PROCESS),
    versionRoute,
    flagsRoute(AGENT_PROCESS, context.flags),
    // private: the leading master's orders
    launchRoute(context),
    killRoute(context),
    healthOrderRoute(context),
  ]
}
