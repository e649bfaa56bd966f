/** Where a task runs: the directories of a Mesos agent under its work directory. */
import { mkdir, rm, symlink } from 'node:fs/promises'
import { join } from 'node:path'

export interface RunPlace {
  agentId: string
  frameworkId: string
  executorId: string
  containerId: string
}

/**
 * `<work dir>/slaves/<agent>/frameworks/<framework>/executors/<executor>/runs/<container>`: the sandbox of a command
 * task, the executor's of a pod.
 */
export function runDirectory(workDir: string, { agentId, frameworkId, executorId, containerId }: RunPlace): string {
  return join(workDir, 'slaves', agentId, 'frameworks', frameworkId, 'executors', executorId, 'runs', containerId)
}

/** Makes it, and the link `latest` beside it. */
export async function makeRunDirectory(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true })
  const latest = join(directory, '..', 'latest')
  await rm(latest, { force: true })
  await symlink(directory, latest)
}

/** A pod's task has its sandbox in `containers/<container>` of the executor's; `tasks/<task>` leads to it. */
export async function makeNestedSandbox(
  executorDirectory: string,
  containerId: string,
  taskId: string,
): Promise<string> {
  const directory = join(executorDirectory, 'containers', containerId)
  await mkdir(directory, { recursive: true })
  await mkdir(join(executorDirectory, 'tasks'), { recursive: true })
  await symlink(directory, join(executorDirectory, 'tasks', taskId))
  return directory
}
