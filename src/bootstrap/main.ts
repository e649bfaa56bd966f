/** bootstrap: prepares a node for a service, as its ExecStartPre=. Wiring only; behaviour is in README.md. */
import { Command, InvalidArgumentError } from 'commander'
import { isFault } from '../shared/errors/fault.ts'
import { createLog, errorFields } from '../shared/log/journald.ts'
import { VERSION } from '../shared/version.ts'
import { bootstrap } from './bootstrap.ts'
import { EXHIBITOR_URL } from './exhibitor.ts'

interface Options {
  zk?: string
  root: string
  stateDir: string
  procfs: string
  exhibitor: string
  zkTimeout: number
}

const ZK_TIMEOUT_MS = 15_000
const ZK_TIMEOUT_MAX_MS = 60_000

const log = createLog()

// A unit's UMask= holds for its ExecStartPre= too, and what is made here is for every daemon to read.
process.umask(0o022)

new Command('bootstrap')
  .description('Prepares this node for the services named: ZooKeeper is there, kernel settings, cluster id.')
  .version(`bootstrap ${VERSION}`)
  .argument('<service...>', 'e.g. dcos-metrics-agent')
  .option('--zk <host:port,...>', 'ZooKeeper, instead of what the configuration says')
  .option('--zk-timeout <ms>', 'for the first connection to ZooKeeper', parseTimeout, ZK_TIMEOUT_MS)
  .option('--root <directory>', 'install root', '/opt/mesosphere')
  .option('--state-dir <directory>', 'state of the node', '/var/lib/dcos')
  .option('--procfs <directory>', 'where proc(5) is mounted', '/proc')
  .option('--exhibitor <url>', "cluster status of this master's Exhibitor", EXHIBITOR_URL)
  .action((services: string[], { zk, zkTimeout, root, stateDir, procfs, exhibitor }: Options) => {
    const environment = Object.freeze({ ...process.env })
    const places = { root, stateDirectory: stateDir, procfs, exhibitorUrl: exhibitor }
    return bootstrap(services, { ...places, zooKeeper: zk, zooKeeperTimeoutMs: zkTimeout, environment }, log)
  })
  .parseAsync()
  .catch((error: unknown) => {
    // Anything else is a bug and shows its stack.
    if (!isFault(error)) throw error
    log.error('Cannot prepare this node for the service', errorFields(error))
    process.exitCode = 1
  })

function parseTimeout(text: string): number {
  const ms = Number(text)
  if (/^\d+$/.test(text) && ms >= 1 && ms <= ZK_TIMEOUT_MAX_MS) return ms
  throw new InvalidArgumentError(`Allowed: an integer from 1 to ${ZK_TIMEOUT_MAX_MS}.`)
}
