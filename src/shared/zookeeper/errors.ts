/** Faults of talking to ZooKeeper. Codes are never renamed or reused; docs/ERRORS.md lists them. */
import { defineFaults } from '../errors/fault.ts'

export const faults = defineFaults('ZOOKEEPER', {
  ADDRESS_MALFORMED: {
    status: 500,
    message: (text: string) => `'${text}' is not an address of a ZooKeeper ensemble`,
    remedy: 'Write host:port,host:port or zk://host:port,host:port/path.',
  },
  UNREACHABLE: {
    status: 503,
    message: (servers: string) => `no ZooKeeper of ${servers} answers`,
    remedy: 'Check that ZooKeeper runs on the masters (port 2181) and that a majority of them is up.',
  },
  REQUEST_TIMEOUT: {
    status: 504,
    message: (operation: string, path: string, ms: number) =>
      `ZooKeeper did not answer ${operation} of '${path}' within ${ms} ms`,
    remedy: 'Check the load of the masters and the network to them; the connection is made anew.',
  },
  REQUEST_FAILED: {
    status: 502,
    message: (operation: string, path: string, why: string) => `ZooKeeper refused ${operation} of '${path}': ${why}`,
    remedy: 'Check the node and its access rights with zkCli.sh.',
  },
  NODE_EXISTS: {
    status: 409,
    message: (path: string) => `ZooKeeper has a node '${path}' already`,
    remedy: 'Read the node that is there.',
  },
  CLOSED: {
    status: 503,
    message: () => 'the ZooKeeper session was closed',
    remedy: 'The program is stopping; start it again.',
  },
})
