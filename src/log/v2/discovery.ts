/** `/v2/task/<task>…` on masters: 303 to the agent that has the task's files, by way of this master's Admin Router (log 7.3). */
import type { Handler } from '../../shared/http/route.ts'
import { callerOf } from '../authorise.ts'
import { faults } from '../errors.ts'
import { findTask } from '../mesos/find-task.ts'
import type { Mesos } from '../mesos/open-mesos.ts'
import { sandboxFile } from '../mesos/sandbox.ts'
import { fetchTasks, type MesosTask } from '../mesos/state.ts'

/** What is asked of the task: a file as lines or whole, or the listing. */
export type Aim = 'file' | 'browse' | 'download'

const DEFAULT_FILE = 'stdout'

export function discover(mesos: Mesos, aim: Aim): Handler {
  return async request => {
    const { params, rawQuery } = request
    const { taskID: wanted = '', file = DEFAULT_FILE } = params
    const name = sandboxFile(file)
    const task = findTask(await fetchTasks(mesos.master, mesos.states, callerOf(request)), wanted)
    const location = locationOf(task, aim, name)
    return { status: 303, headers: { Location: rawQuery === '' ? location : `${location}?${rawQuery}` } }
  }
}

/** The path of the agent's own route, from outside. Throws LOG_TASK_UNPLACED. */
export function locationOf(task: MesosTask, aim: Aim, file: string): string {
  const { id, frameworkId, agentId, executorId, containerId, ofPod } = task
  if (containerId === undefined) throw faults.TASK_UNPLACED(id)
  const [agent, framework, executor, run, name] = [agentId, frameworkId, executorId, containerId, file].map(
    encodeURIComponent,
  )
  const sandbox =
    `/system/v1/agent/${agent}/logs/v2/task/frameworks/${framework}/executors/${executor}/runs/${run}` +
    (ofPod ? `/tasks/${encodeURIComponent(id)}` : '')
  if (aim === 'browse') return `${sandbox}/files/browse`
  return aim === 'download' ? `${sandbox}/${name}/download` : `${sandbox}/${name}`
}
