/** mesos-standin: plays a Mesos master or agent for tests and `npm start`. Wiring only; behaviour is in README.md. */
import { runDaemon } from '../../../src/shared/lifecycle/daemon.ts'
import { startStandInAgent } from './agent/start.ts'
import { parseCommandLine } from './command-line.ts'
import { loadAgentOptions, loadMasterOptions } from './load-options.ts'
import { startStandInMaster } from './master/start.ts'
import { startElection } from './zookeeper/election.ts'
import { fixedLeadership } from './zookeeper/leadership.ts'

runDaemon('mesos-standin', async ({ argv, env, log, ready }) => {
  // 1. configuration: the command line, the node's address, the list of masters
  const command = parseCommandLine(argv)
  if (command.name === 'help') return

  if (command.name === 'master') {
    // 2. to 4. the master is its own server
    await using master = await startStandInMaster(await loadMasterOptions(command, env))
    await ready(() => `stand-in for a Mesos master on ${master.address}, ${master.leading ? 'leading' : 'not leading'}`)
    return
  }

  // 2. dependencies: who leads
  const options = await loadAgentOptions(command, env)
  await using leadership = options.servers
    ? startElection({ servers: options.servers, path: options.path, log })
    : fixedLeadership(options.master)

  // 3. and 4. the agent is its own server
  await using agent = await startStandInAgent({ ...options.agent, master: leadership })
  await ready(() => `stand-in for a Mesos agent on ${agent.address}, ${agent.id || 'not registered yet'}`)
})
