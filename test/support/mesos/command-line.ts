/** The command line of mesos-standin. */
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import { faults } from './errors.ts'
import type { AgentRole } from './model/agent.ts'

interface CommonOptions {
  ip?: string
  port: number
  /** `zk://host:port,…/path` */
  zk?: string
  /** A JSON array of the masters' addresses. */
  masterList?: string
  logDir?: string
}

export interface MasterCommand extends CommonOptions {
  name: 'master'
  cluster: string
  /** 0: no status of Exhibitor. */
  exhibitorPort: number
}

export interface AgentCommand extends CommonOptions {
  name: 'agent'
  role: AgentRole
  /** `host:port` of a master, in the place of ZooKeeper. */
  master?: string
  workDir: string
  cpus?: number
  mem?: number
  disk?: number
}

export type CommandLine = MasterCommand | AgentCommand | { name: 'help' }

const MASTER_PORT = 5050
const AGENT_PORT = 5051
const WORK_DIRECTORY = '/var/lib/mesos/slave'

/**
 * `argv` without node and script. Throws STANDIN_COMMAND_LINE_INVALID; prints help and returns `help` when asked for
 * it.
 */
export function parseCommandLine(argv: readonly string[]): CommandLine {
  let result: CommandLine = { name: 'help' }
  const program = quiet(new Command('mesos-standin')).description(
    'Plays a Mesos 1.2 master or agent. For tests and trials only: it schedules nothing and forgets everything.',
  )

  common(program.command('master'), MASTER_PORT)
    .description('a master, with the cluster status of Exhibitor beside it')
    .option('--cluster <name>', 'name of the cluster', 'dcos')
    .option('--exhibitor-port <number>', "port of Exhibitor's cluster status; 0 for none", parsePort, 0)
    .action(options => {
      result = { name: 'master', ...options }
    })

  common(program.command('agent'), AGENT_PORT)
    .description('an agent that runs tasks as child processes')
    .addOption(new Option('--role <role>', 'role of the node').choices(['slave', 'slave_public']).default('slave'))
    .option('--master <host:port>', 'a master that leads for ever, in the place of ZooKeeper')
    .option('--work-dir <directory>', 'where sandboxes are', WORK_DIRECTORY)
    .option('--cpus <number>', 'what it offers', parseAmount)
    .option('--mem <MiB>', 'what it offers', parseAmount)
    .option('--disk <MiB>', 'what it offers', parseAmount)
    .action(options => {
      result = { name: 'agent', ...options }
    })

  try {
    program.parse(argv, { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    if (error.exitCode !== 0) throw faults.COMMAND_LINE_INVALID(error.message.replace(/^error: /, ''))
  }
  return result
}

/** Options of both commands. */
function common(command: Command, port: number): Command {
  return quiet(command)
    .option('--ip <address>', "this node's address; default: what $MESOS_IP_DISCOVERY_COMMAND prints")
    .option('--port <number>', 'port to listen on; 0 for any', parsePort, port)
    .option('--zk <url>', 'zk://HOST:PORT,…/PATH of the election')
    .option('--master-list <file>', 'JSON array of the masters: their ZooKeeper is asked, in the place of --zk')
    .option('--log-dir <directory>', 'where to keep a log file; default: none')
}

/** Throws rather than exits; says nothing itself, since the fault does. */
function quiet(command: Command): Command {
  return command.exitOverride().configureOutput({ writeErr: () => {} })
}

function parsePort(text: string): number {
  const port = Number(text)
  if (!/^\d+$/.test(text) || port > 65_535) throw new InvalidArgumentError('a number from 0 to 65535 is needed.')
  return port
}

function parseAmount(text: string): number {
  const amount = Number(text)
  if (!/^\d+(\.\d+)?$/.test(text)) throw new InvalidArgumentError('a number is needed.')
  return amount
}
