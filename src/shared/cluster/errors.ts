/** Faults of the cluster's id. Codes are never renamed or reused; docs/ERRORS.md lists them. */
import { defineFaults } from '../errors/fault.ts'

export const faults = defineFaults('CLUSTER', {
  ID_MALFORMED: {
    status: 500,
    message: (source: string, found: string) => `${source} holds '${found}', which is not a cluster id (a UUID)`,
    remedy: 'Remove the file or the node; bootstrap of a master service writes the right one.',
    contract: 'metrics 1.3',
  },
  ID_UNKNOWN: {
    status: 503,
    message: (path: string) => `the cluster has no id yet: ZooKeeper has no node '${path}'`,
    remedy: 'Wait until a master has made one: dcos-metrics-master does when it starts.',
    contract: 'pkgpanda 5.5',
  },
  ID_UNREADABLE: {
    status: 500,
    message: (file: string, why: string) => `cannot read the cluster id from '${file}': ${why}`,
    remedy: 'Run bootstrap for the service as root, or restart the unit, which does.',
    contract: 'metrics 1.3',
  },
})
