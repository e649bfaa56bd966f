/** The path of a sandbox in v2's routes on agents (log 7). */
import type { SandboxIds } from '../mesos/sandbox.ts'

/** find-my-way syntax; of a task of a pod with `/tasks/:task` behind it. */
export const RUN_PATH = '/v2/task/frameworks/:framework/executors/:executor/runs/:container'

export function sandboxIds(params: Readonly<Record<string, string>>): SandboxIds {
  const { framework = '', executor = '', container = '', task } = params
  return { framework, executor, container, ...(task !== undefined && { task }) }
}
