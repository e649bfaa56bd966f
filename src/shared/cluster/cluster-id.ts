/**
 * The cluster's id: a UUID that the first master proposes in ZooKeeper and every node keeps in /var/lib/dcos/cluster-id
 * (pkgpanda 5.5, metrics 1.3).
 */
import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { isFault } from '../errors/fault.ts'
import type { ZooKeeperSession } from '../zookeeper/session.ts'
import { faults } from './errors.ts'

export const CLUSTER_ID_NODE = '/cluster-id'
/** Relative to the state directory of the node. */
export const CLUSTER_ID_FILE = 'cluster-id'

/** A file holds 36 characters and a newline; more than this is something else, and not read into a message. */
const SHOWN_MAX_CHARS = 64

/** A UUID of any version in lower or upper case, blanks around it passed over. Throws CLUSTER_ID_MALFORMED naming `source`. */
export function parseClusterId(text: string, source: string): string {
  const id = text.trim()
  if (!/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id)) {
    throw faults.ID_MALFORMED(source, id.slice(0, SHOWN_MAX_CHARS))
  }
  return id
}

/** Rejects with CLUSTER_ID_UNREADABLE (also when there is no file yet), CLUSTER_ID_MALFORMED. */
export async function readClusterId(file: string): Promise<string> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    throw faults.ID_UNREADABLE(file, (error as Error).message).because(error)
  }
  return parseClusterId(text, `'${file}'`)
}

/** What ZooKeeper says. Rejects with CLUSTER_ID_UNKNOWN, CLUSTER_ID_MALFORMED, ZOOKEEPER_*. */
export async function fetchClusterId(session: ZooKeeperSession): Promise<string> {
  const data = await session.get(CLUSTER_ID_NODE)
  if (data === undefined) throw faults.ID_UNKNOWN(CLUSTER_ID_NODE)
  return parseClusterId(data.toString('utf8'), `the ZooKeeper node '${CLUSTER_ID_NODE}'`)
}

/**
 * The same; proposes an id where there is none. Of several that propose at once one wins, and all get its id. Anybody may read the
 * node and nobody write it, since it names the cluster for life. Rejects with CLUSTER_ID_MALFORMED, ZOOKEEPER_*.
 */
export async function agreeOnClusterId(session: ZooKeeperSession, propose: () => string = randomUUID): Promise<string> {
  try {
    return await fetchClusterId(session)
  } catch (error) {
    if (!isFault(error, 'CLUSTER_ID_UNKNOWN')) throw error
  }
  try {
    await session.create(CLUSTER_ID_NODE, propose(), { readOnly: true })
  } catch (error) {
    if (!isFault(error, 'ZOOKEEPER_NODE_EXISTS')) throw error
  }
  return await fetchClusterId(session)
}
