/** What has to be true before a service starts: the order of the steps (units 1.4, pkgpanda 5.5). */
import { join } from 'node:path'
import { agreeOnClusterId, CLUSTER_ID_FILE, fetchClusterId, readClusterId } from '../shared/cluster/cluster-id.ts'
import { isFault } from '../shared/errors/fault.ts'
import { errorFields, type Log } from '../shared/log/journald.ts'
import { openSession } from '../shared/zookeeper/session.ts'
import { agreeOnSecret, keepSecret, SECRET_FILE, SECRET_OWNER, uidOf } from './auth-token-secret.ts'
import { keepClusterId } from './cluster-id-file.ts'
import { faults } from './errors.ts'
import { demandEnsemble } from './exhibitor.ts'
import { isMaster, loadDnsConfig, loadMasterCount, loadMasterList } from './node.ts'
import { services } from './services.ts'
import { applySysctls } from './sysctl.ts'
import { chooseZooKeeper } from './zookeeper-address.ts'
import { isSameZooKeeper, noteZooKeeper } from './zookeeper-process.ts'

export interface BootstrapOptions {
  /** /opt/mesosphere */
  root: string
  /** /var/lib/dcos */
  stateDirectory: string
  /** /proc */
  procfs: string
  exhibitorUrl: string
  /** `host:port,…` instead of what the configuration says. */
  zooKeeper: string | undefined
  /** For the first connection; systemd tries the unit again after it. */
  zooKeeperTimeoutMs: number
  environment: Readonly<Record<string, string | undefined>>
  /** Stands in for the host's users. */
  uidOf?: (user: string) => Promise<number>
}

/** Rejects with BOOTSTRAP_*, CLUSTER_*, ZOOKEEPER_*. All names are checked before anything is done. */
export async function bootstrap(names: readonly string[], options: BootstrapOptions, log: Log): Promise<void> {
  const unknown = names.find(name => !Object.hasOwn(services, name))
  if (unknown !== undefined) throw faults.SERVICE_UNKNOWN(unknown, Object.keys(services).sort().join(', '))
  const onMaster = await isMaster(options.root)
  if (onMaster) await waitForEnsemble(options, log)
  for (const name of names) {
    await applySysctls(name, options.root, options.procfs, log)
    const need = services[name]?.clusterId
    if (need) await provideClusterId(need, onMaster, options, log)
    if (services[name]?.authTokenSecret) await provideSecret(onMaster, options, log)
  }
}

async function waitForEnsemble(options: BootstrapOptions, log: Log): Promise<void> {
  if (await isSameZooKeeper(options)) return
  await demandEnsemble(options.exhibitorUrl, await loadMasterCount(options.root))
  await noteZooKeeper(options).catch(error =>
    log.warning('Cannot note that ZooKeeper is complete, going on; it will be asked for again', errorFields(error)),
  )
}

async function provideClusterId(
  need: 'agree' | 'read',
  onMaster: boolean,
  options: BootstrapOptions,
  log: Log,
): Promise<void> {
  const file = join(options.stateDirectory, CLUSTER_ID_FILE)
  await using session = openSession({ ensemble: await zooKeeperAddress(onMaster, options) })
  try {
    await session.connected(options.zooKeeperTimeoutMs)
    const id = need === 'agree' ? await agreeOnClusterId(session) : await fetchClusterId(session)
    await keepClusterId(file, id, log)
  } catch (error) {
    // DEPARTURE (pkgpanda 5.5): an id never changes, so a node that has one need not wait for the masters to come back.
    const isAway = isFault(error, 'ZOOKEEPER_UNREACHABLE') || isFault(error, 'ZOOKEEPER_REQUEST_TIMEOUT')
    const known = need === 'read' && isAway ? await readClusterId(file).catch(() => undefined) : undefined
    if (known === undefined) throw error
    log.warning('ZooKeeper does not answer, keeping the cluster id of this node', { id: known, ...errorFields(error) })
  }
}

async function provideSecret(onMaster: boolean, options: BootstrapOptions, log: Log): Promise<void> {
  const uid = await (options.uidOf ?? uidOf)(SECRET_OWNER)
  await using session = openSession({ ensemble: await zooKeeperAddress(onMaster, options) })
  await session.connected(options.zooKeeperTimeoutMs)
  await keepSecret(join(options.stateDirectory, SECRET_FILE), await agreeOnSecret(session), uid, log)
}

/** Rejects with BOOTSTRAP_FILE_UNUSABLE when the configuration points to a list that is not there. */
async function zooKeeperAddress(onMaster: boolean, options: BootstrapOptions): Promise<string> {
  // DEPARTURE (pkgpanda 5.5): not every unit reads dns_config; without it 1.9 fell back to names that need a running DNS.
  const environment = { ...(await loadDnsConfig(options.root)), ...options.environment }
  const needsList = options.zooKeeper === undefined && !onMaster && environment.MASTER_SOURCE === 'master_list'
  const masterList = needsList ? await loadMasterList(options.root) : []
  return chooseZooKeeper({ given: options.zooKeeper, isMaster: onMaster, environment, masterList })
}
