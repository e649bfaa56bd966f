/** What a leading master remembers, forgets and is told again. */
import t from 'tap'
import type { AgentInfo, AgentReport } from '../support/mesos/model/agent.ts'
import { Registry } from '../support/mesos/model/registry.ts'
import { NO_RESOURCES } from '../support/mesos/model/resources.ts'
import type { Task } from '../support/mesos/model/task.ts'

const AGENT: AgentInfo = {
  id: '',
  hostname: '10.0.0.2',
  port: 5051,
  reservedFor: '*',
  resources: NO_RESOURCES,
  attributes: {},
}

const runningOn = (agentId: string): Task => ({
  id: 'sise.1',
  name: 'sise',
  frameworkId: 'M-0000',
  executorId: '',
  agentId,
  state: 'TASK_RUNNING',
  resources: NO_RESOURCES,
  statuses: [{ state: 'TASK_RUNNING', timestampMs: 1, source: 'SOURCE_EXECUTOR' }],
})

const reportOf = (agent: Partial<AgentInfo>, tasks: Task[] = []): AgentReport => ({
  agent: { ...AGENT, ...agent },
  frameworks: [],
  executors: [],
  tasks,
})

t.test('ids count up', async t => {
  const registry = new Registry('M', '10.0.0.1')
  t.same(registry.report(reportOf({}), 0), { agentId: 'M-S0', masterId: 'M' })
  t.same(registry.report(reportOf({ hostname: '10.0.0.3' }), 0), { agentId: 'M-S1', masterId: 'M' })
  t.equal(registry.addFramework({ name: 'marathon' }, 0).id, 'M-0000')
  t.equal(registry.addFramework({ name: 'metronome' }, 0).id, 'M-0001')
})

t.test('a silent agent is forgotten, its tasks are lost, and both come back with it', async t => {
  const registry = new Registry('M', '10.0.0.1')
  registry.report(reportOf({}), 0)
  registry.report(reportOf({ id: 'M-S0' }, [runningOn('M-S0')]), 1000)
  t.same(registry.forgetSilentAgents(6000, 5000), [], 'not yet')
  t.equal(registry.forgetSilentAgents(6001, 5000)[0]?.info.id, 'M-S0')
  t.equal(registry.agents.length, 0)
  t.equal(registry.unreachableAgents, 1)
  t.match(registry.task('sise.1'), { state: 'TASK_LOST', unreachable: true, statuses: [{}, { timestampMs: 6001 }] })

  registry.report(reportOf({ id: 'M-S0' }, [runningOn('M-S0')]), 7000)
  t.equal(registry.unreachableAgents, 0)
  t.match(registry.agents, [{ registeredMs: 7000, reregisteredMs: 7000 }])
  t.equal(registry.task('sise.1').state, 'TASK_RUNNING')
})

t.test('an agent that comes anew from the same address has lost what ran there', async t => {
  const registry = new Registry('M', '10.0.0.1')
  registry.report(reportOf({}), 0)
  registry.report(reportOf({ id: 'M-S0' }, [runningOn('M-S0')]), 0)
  t.equal(registry.report(reportOf({}), 1).agentId, 'M-S1')
  t.same(
    registry.agents.map(agent => agent.info.id),
    ['M-S1'],
  )
  t.match(registry.task('sise.1'), { state: 'TASK_LOST', unreachable: undefined })
})

t.test('a task goes to the private agent with the least to do, unless told otherwise', async t => {
  const registry = new Registry('M', '10.0.0.1')
  t.throws(() => registry.chooseAgent(undefined), { code: 'STANDIN_NO_AGENT' })
  registry.report(reportOf({ hostname: '10.0.0.9', reservedFor: 'slave_public' }), 0)
  t.equal(registry.chooseAgent(undefined).id, 'M-S0', 'a public one, where there is no other')
  registry.report(reportOf({}), 0)
  registry.report(reportOf({ id: 'M-S1' }, [runningOn('M-S1')]), 0)
  registry.report(reportOf({ hostname: '10.0.0.3' }), 0)
  t.equal(registry.chooseAgent(undefined).id, 'M-S2')
  t.equal(registry.chooseAgent('10.0.0.2').id, 'M-S1')
  t.equal(registry.chooseAgent('10.0.0.9:5051').id, 'M-S0')
  t.throws(() => registry.chooseAgent('10.9.9.9'), { code: 'STANDIN_AGENT_UNKNOWN' })
})
