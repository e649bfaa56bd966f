/** The live executors with what their processes use at this moment. */
import type { MeasuredExecutor } from '../json/containers.ts'
import type { AgentContext } from './routes.ts'
import { addUsage, measureSessions, NO_USAGE } from './usage.ts'

export async function measureExecutors({ workload, nowMs }: AgentContext): Promise<MeasuredExecutor[]> {
  const usage = await measureSessions()
  return workload.executors
    .filter(executor => !executor.ended)
    .map(executor => ({
      executor,
      usage: workload
        .sessionsOf(executor)
        .map(session => usage.get(session) ?? NO_USAGE)
        .reduce(addUsage, NO_USAGE),
      timestampMs: nowMs(),
    }))
}
