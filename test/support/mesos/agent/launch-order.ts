/** What the leading master sends to an agent to start a task. Between the two parts of the stand-in only. */
import type { FrameworkInfo } from '../model/framework.ts'
import type { TaskSpec } from '../model/task-spec.ts'

export interface LaunchOrder {
  taskId: string
  spec: TaskSpec
  framework: FrameworkInfo
}
