/** The master's /state-summary: agents and frameworks with counts of tasks by state, without the tasks. */
import { countTasks, isActive, type MasterView } from '../model/master-view.ts'
import { frameworkHeadJson } from './master-frameworks.ts'
import { slaveJson } from './master-slaves.ts'

export function stateSummaryJson(view: MasterView) {
  const tasksWhere = (key: 'agentId' | 'frameworkId', id: string) => view.tasks.filter(task => task[key] === id)
  const unique = (ids: string[]) => [...new Set(ids)]
  return {
    hostname: view.hostname,
    cluster: view.cluster,
    slaves: view.agents.map(agent => {
      const tasks = tasksWhere('agentId', agent.info.id)
      return {
        ...slaveJson(view, agent),
        ...countTasks(tasks),
        framework_ids: unique(tasks.map(task => task.frameworkId)),
      }
    }),
    frameworks: view.frameworks.filter(isActive).map(framework => {
      const tasks = tasksWhere('frameworkId', framework.info.id)
      return {
        ...frameworkHeadJson(view, framework),
        ...countTasks(tasks),
        slave_ids: unique(tasks.map(task => task.agentId)),
      }
    }),
  }
}
