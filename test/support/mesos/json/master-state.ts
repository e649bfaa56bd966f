/** The master's /state. */
import { isActive, type MasterView, masterPid } from '../model/master-view.ts'
import { toSeconds } from './encode.ts'
import { completedFrameworksJson, frameworkJson } from './master-frameworks.ts'
import { slaveJson } from './master-slaves.ts'
import { versionHeadJson } from './version.ts'

export function masterStateJson(view: MasterView) {
  const { id, hostname, port } = view
  const pid = masterPid(view)
  return {
    ...versionHeadJson(),
    start_time: toSeconds(view.startMs),
    elected_time: toSeconds(view.electedMs),
    id,
    pid,
    hostname,
    activated_slaves: view.agents.length,
    deactivated_slaves: 0,
    unreachable_slaves: view.unreachableAgents,
    leader: pid,
    leader_info: { id, pid, port, hostname },
    cluster: view.cluster,
    ...(view.logDir !== undefined && { log_dir: view.logDir }),
    flags: view.flags,
    slaves: view.agents.map(agent => slaveJson(view, agent)),
    recovered_slaves: [],
    frameworks: view.frameworks.filter(isActive).map(framework => frameworkJson(view, framework)),
    completed_frameworks: completedFrameworksJson(view),
    orphan_tasks: [],
    unregistered_frameworks: [],
  }
}
