/**
 * From the command line to the options of a master or an agent: with the node's own address and the list of masters.
 */
import { execFile } from 'node:child_process'
import { isIPv4 } from 'node:net'
import { promisify } from 'node:util'
import { Type } from 'typebox'
import { loadJsonFile } from '../../../src/shared/config/json-file.ts'
import type { Environment } from '../../../src/shared/lifecycle/daemon.ts'
import type { AgentOptions } from './agent/start.ts'
import type { AgentCommand, MasterCommand } from './command-line.ts'
import { faults } from './errors.ts'
import type { MasterOptions } from './master/start.ts'
import type { MasterInfo } from './zookeeper/master-info.ts'

/** ZooKeeper's client port on every master. */
const ZOOKEEPER_PORT = 2181

/** Where Mesos masters meet. */
const ELECTION_PATH = '/mesos'

const DETECT_IP = '/opt/mesosphere/bin/detect_ip'
const DETECT_IP_TIMEOUT_MS = 10_000

const MasterList = Type.Array(Type.String({ format: 'ipv4' }), { minItems: 1 })

export async function loadMasterOptions(command: MasterCommand, env: Environment): Promise<MasterOptions> {
  const ip = command.ip ?? (await detectAddress(env))
  const hosts = command.masterList === undefined ? undefined : await loadJsonFile(command.masterList, MasterList)
  const election = findElection(command.zk, hosts)
  const exhibitor = { hosts: hosts ?? [ip], port: ZOOKEEPER_PORT, listenPort: command.exhibitorPort }
  return {
    ip,
    port: command.port,
    cluster: command.cluster,
    ...(election && { election }),
    ...(command.exhibitorPort !== 0 && { exhibitor }),
    ...(command.logDir !== undefined && { logDir: command.logDir }),
  }
}

export interface LoadedAgentOptions {
  agent: Omit<AgentOptions, 'master'>
  /** Empty when `master` leads for ever. */
  servers: string
  path: string
  master: MasterInfo | undefined
}

export async function loadAgentOptions(command: AgentCommand, env: Environment): Promise<LoadedAgentOptions> {
  const ip = command.ip ?? (await detectAddress(env))
  const hosts = command.masterList === undefined ? undefined : await loadJsonFile(command.masterList, MasterList)
  const election = command.master === undefined ? findElection(command.zk, hosts) : undefined
  if (!election && command.master === undefined) {
    throw faults.COMMAND_LINE_INVALID('one of --zk, --master-list and --master is needed')
  }
  const { role, port, workDir, cpus, mem, disk, logDir } = command
  return {
    agent: {
      role,
      ip,
      port,
      workDir,
      masterFlag: election ? `zk://${election.servers}${election.path}` : (command.master ?? ''),
      resources: {
        ...(cpus !== undefined && { cpus }),
        ...(mem !== undefined && { mem }),
        ...(disk !== undefined && { disk }),
      },
      ...(logDir !== undefined && { logDir }),
    },
    servers: election?.servers ?? '',
    path: election?.path ?? ELECTION_PATH,
    master: command.master === undefined ? undefined : parseMaster(command.master),
  }
}

/** --zk, else ZooKeeper on every master; undefined without either. Throws STANDIN_OPTION_INVALID. */
function findElection(zk: string | undefined, hosts: readonly string[] | undefined) {
  if (zk === undefined) {
    return hosts && { servers: hosts.map(host => `${host}:${ZOOKEEPER_PORT}`).join(','), path: ELECTION_PATH }
  }
  const [, servers, path] = /^zk:\/\/([^/\s]+)(\/[^\s]+)$/.exec(zk) ?? []
  if (servers === undefined || path === undefined) throw faults.OPTION_INVALID('--zk', zk, 'zk://HOST:PORT,…/PATH')
  return { servers, path }
}

function parseMaster(text: string): MasterInfo {
  const [, ip = '', port] = /^([\d.]+):(\d+)$/.exec(text) ?? []
  if (!isIPv4(ip)) throw faults.OPTION_INVALID('--master', text, 'ADDRESS:PORT')
  return { id: text, hostname: ip, ip, port: Number(port) }
}

/** Rejects with STANDIN_ADDRESS_UNKNOWN. */
async function detectAddress(env: Environment): Promise<string> {
  const program = env.MESOS_IP_DISCOVERY_COMMAND ?? DETECT_IP
  const { stdout } = await promisify(execFile)(program, [], { timeout: DETECT_IP_TIMEOUT_MS }).catch(error => {
    throw faults.ADDRESS_UNKNOWN(program, (error as Error).message).because(error)
  })
  const address = stdout.trim()
  if (!isIPv4(address)) throw faults.ADDRESS_UNKNOWN(program, `it printed '${address}'`)
  return address
}
