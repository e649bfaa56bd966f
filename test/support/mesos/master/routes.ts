/** Every route of the stand-in master. A new one is one more file in routes/ and one more line here. */

import { readSystemFigures } from '../agent/system-figures.ts'
import type { Attachments } from '../files/attachments.ts'
import type { Route } from '../http/route.ts'
import { masterMetrics } from '../json/metrics.ts'
import type { MasterView } from '../model/master-view.ts'
import type { Registry } from '../model/registry.ts'
import { filesBrowseRoute } from '../routes/files-browse.ts'
import { filesReadRoute } from '../routes/files-read.ts'
import { flagsRoute } from '../routes/flags.ts'
import { healthRoute } from '../routes/health.ts'
import { metricsRoute } from '../routes/metrics.ts'
import { versionRoute } from '../routes/version.ts'
import type { MasterInfo } from '../zookeeper/master-info.ts'
import type { Control } from './control.ts'
import { agentReportRoute } from './routes/agent-report.ts'
import { agentUnregisterRoute } from './routes/agent-unregister.ts'
import { frameworkAddRoute } from './routes/framework-add.ts'
import { frameworkCompleteRoute } from './routes/framework-complete.ts'
import { frameworksRoute } from './routes/frameworks.ts'
import { redirectRoute } from './routes/redirect.ts'
import { slavesRoute } from './routes/slaves.ts'
import { stateRoute } from './routes/state.ts'
import { stateSummaryRoute } from './routes/state-summary.ts'
import { taskHealthRoute } from './routes/task-health.ts'
import { taskKillRoute } from './routes/task-kill.ts'
import { taskLaunchRoute } from './routes/task-launch.ts'
import { taskListRoute, taskShowRoute } from './routes/task-show.ts'
import { tasksRoute } from './routes/tasks.ts'

/** What the routes need of a master. */
export interface MasterContext {
  view: () => MasterView
  registry: Registry
  control: Control
  attachments: Attachments
  flags: Record<string, string>
  nowMs: () => number
  leader: () => MasterInfo | undefined
  isLeading: () => boolean
}

/** libprocess' name of the master in paths. */
export const MASTER_PROCESS = 'master'

export function masterRoutes(context: MasterContext): Route[] {
  return [
    // answered by the leader, redirected to it by others
    stateRoute(context),
    stateSummaryRoute(context),
    slavesRoute(context),
    tasksRoute(context),
    frameworksRoute(context),
    redirectRoute(context),
    // answered by every master
    filesBrowseRoute(context.attachments),
    filesReadRoute(context.attachments),
    metricsRoute(() => masterMetrics(context.view(), context.isLeading(), context.nowMs(), readSystemFigures())),
    healthRoute(MASTER_PROCESS),
    versionRoute,
    flagsRoute(MASTER_PROCESS, context.flags),
    // private: the agents, and whoever plays the scheduler
    agentReportRoute(context),
    agentUnregisterRoute(context),
    taskListRoute(context),
    taskShowRoute(context),
    taskLaunchRoute(context),
    taskKillRoute(context),
    taskHealthRoute(context),
    frameworkAddRoute(context),
    frameworkCompleteRoute(context),
  ]
}
