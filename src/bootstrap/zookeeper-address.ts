/** Where a node finds ZooKeeper (pkgpanda 5.5). Pure. */

export interface AddressFacts {
  /** What --zk says. */
  given: string | undefined
  isMaster: boolean
  /** MASTER_SOURCE and EXHIBITOR_ADDRESS. */
  environment: Readonly<Record<string, string | undefined>>
  /** Addresses in etc/master_list; asked for only when MASTER_SOURCE is master_list. */
  masterList: readonly string[]
}

const PORT = 2181
/** The names that the DNS forwarder gives the masters, of which there are at most five in its zone. */
const NAMES = [1, 2, 3, 4, 5].map(number => `zk-${number}.zk`)

/**
 * `host:port,…`, of which the client asks one after the other in random order.
 *
 * DEPARTURE (pkgpanda 5.5): 1.9 took one master of the list at random and failed when that one was down.
 */
export function chooseZooKeeper({ given, isMaster, environment, masterList }: AddressFacts): string {
  if (given !== undefined) return given
  if (isMaster) return `127.0.0.1:${PORT}`
  if (environment.MASTER_SOURCE === 'master_list') return masterList.map(address => `${address}:${PORT}`).join(',')
  if (environment.EXHIBITOR_ADDRESS) return `${environment.EXHIBITOR_ADDRESS}:${PORT}`
  return NAMES.map(name => `${name}:${PORT}`).join(',')
}
