/** A stand-in cluster with one private and one public agent, for the tests of the stand-in itself. */
import { createLog } from '../../src/shared/log/journald.ts'
import { type AgentOptions, type StandInAgent, startStandInAgent } from '../support/mesos/agent/start.ts'
import { type MasterOptions, type StandInMaster, startStandInMaster } from '../support/mesos/master/start.ts'

export interface Cluster extends AsyncDisposable {
  master: StandInMaster
  agent: StandInAgent
  publicAgent: StandInAgent
}

/** What the stand-in logs is no concern of these tests. */
export const SILENT = createLog({ write: () => {} })

export async function startCluster(
  options: { master?: MasterOptions; agent?: Partial<AgentOptions> } = {},
): Promise<Cluster> {
  await using stack = new AsyncDisposableStack()
  const master = stack.use(await startStandInMaster({ log: SILENT, ...options.master }))
  const common = { master: master.address, log: SILENT, killGraceMs: 100, ...options.agent }
  const agent = stack.use(await startStandInAgent(common))
  await master.waitForAgents(1)
  const publicAgent = stack.use(await startStandInAgent({ ...common, role: 'slave_public' }))
  await master.waitForAgents(2)
  const resources = stack.move()
  return { master, agent, publicAgent, [Symbol.asyncDispose]: () => resources.disposeAsync() }
}
