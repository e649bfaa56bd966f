/** Addresses of a ZooKeeper ensemble, as ZooKeeper and Mesos write them. Pure. */
import { faults } from './errors.ts'

export interface Ensemble {
  /** `host:port,host:port` */
  readonly servers: string
  /** The path after the servers, without a slash at its end; `` for none. */
  readonly path: string
}

const DEFAULT_PORT = 2181

/**
 * `h1:2181,h2/mesos` or `zk://h1:2181,h2:2181/mesos` → servers and path. IPv4 and names; the client knows no IPv6, and
 * credentials are not supported. Throws ZOOKEEPER_ADDRESS_MALFORMED.
 */
export function parseEnsemble(text: string): Ensemble {
  const [, hosts = '', path = ''] = /^(?:zk:\/\/)?([^/@]+)((?:\/[^/\s]+)*)\/?$/.exec(text) ?? []
  const servers = hosts.split(',').map(host => {
    const [, name, port = String(DEFAULT_PORT)] = /^([A-Za-z0-9._-]+)(?::(\d{1,5}))?$/.exec(host) ?? []
    if (name === undefined || Number(port) < 1 || Number(port) > 65535) throw faults.ADDRESS_MALFORMED(text)
    return `${name}:${Number(port)}`
  })
  return { servers: servers.join(','), path }
}
