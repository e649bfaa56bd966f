/** Every fault of the stand-in. The product never sees these codes: they speak to whoever runs tests or `npm start`. */
import { defineFaults } from '../../../src/shared/errors/fault.ts'

export const faults = defineFaults('STANDIN', {
  TASK_SPEC_INVALID: {
    status: 400,
    message: (problems: string) => `task description: ${problems}`,
    remedy: 'Send JSON with the keys of test/support/mesos/model/task-spec.ts.',
  },
  BODY_MALFORMED: {
    status: 400,
    message: (problem: string) => `the request body cannot be used: ${problem}`,
    remedy: 'Send one JSON object of at most 1 MiB.',
  },
  TASK_UNKNOWN: {
    status: 404,
    message: (id: string) => `no task '${id}'`,
    remedy: 'Ask GET /standin/tasks for the ids.',
  },
  TASK_EXISTS: {
    status: 409,
    message: (id: string) => `a task '${id}' exists already`,
    remedy: 'Leave `id` out, or choose another.',
  },
  FRAMEWORK_UNKNOWN: {
    status: 404,
    message: (id: string) => `no framework '${id}'`,
    remedy: 'Ask GET /frameworks for the ids.',
  },
  AGENT_UNKNOWN: {
    status: 404,
    message: (wanted: string) => `no registered agent '${wanted}'`,
    remedy: 'Ask GET /slaves for ids and host names; wait until the agent has registered.',
  },
  NO_AGENT: {
    status: 503,
    message: () => 'no agent is registered',
    remedy: 'Start an agent, or wait until it has found the leading master.',
  },
  PEER_AWAY: {
    status: 502,
    message: (address: string, problem: string) => `the stand-in at ${address} did not answer as one: ${problem}`,
    remedy: 'See the journal of dcos-mesos-master or dcos-mesos-slave on that node.',
  },
  NO_PORT_LEFT: {
    status: 409,
    message: (count: number) => `the agent has no ${count} free ports left`,
    remedy: 'End some tasks, or ask for fewer ports.',
  },
  NOT_LEADING: {
    status: 503,
    message: () => 'this master does not lead',
    remedy: 'Follow /redirect to the leading master.',
  },
  NOT_REGISTERED: {
    status: 503,
    message: () => 'this agent is not registered with a master yet',
    remedy: 'Wait until it has found the leading master.',
  },
  OPTION_INVALID: {
    status: 400,
    message: (option: string, found: string, allowed: string) => `${option}: found '${found}', allowed: ${allowed}`,
    remedy: 'Correct the option; --help lists all.',
  },
  ADDRESS_UNKNOWN: {
    status: 500,
    message: (program: string, problem: string) => `${program} did not tell this node's address: ${problem}`,
    remedy: 'Run it by hand: it must print one IPv4 address; or pass --ip.',
  },
  COMMAND_LINE_INVALID: {
    status: 400,
    message: (problem: string) => `the command line cannot be used: ${problem}`,
    remedy: 'See mesos-standin --help and mesos-standin master|agent --help.',
  },
  LISTEN_FAILED: {
    status: 500,
    message: (address: string, problem: string) => `cannot listen on ${address}: ${problem}`,
    remedy: 'See with `ss -ltnp` who has the port; a real Mesos and the stand-in exclude each other.',
  },
})
