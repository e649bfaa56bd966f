/** Every fault of bootstrap beside those of ZooKeeper and the cluster id. Codes are never renamed or reused; docs/ERRORS.md lists them. */
import { defineFaults } from '../shared/errors/fault.ts'

export const faults = defineFaults('BOOTSTRAP', {
  SERVICE_UNKNOWN: {
    status: 400,
    message: (service: string, known: string) => `there is no service '${service}' (known: ${known})`,
    remedy: 'Correct the ExecStartPre= line of the unit.',
    contract: 'pkgpanda 5.5',
  },
  ROLE_UNKNOWN: {
    status: 500,
    message: (directory: string, why: string) => `cannot tell what this node is from '${directory}': ${why}`,
    remedy: 'Activate the package pkgpanda-role; without it run pkgpanda setup again.',
    contract: 'pkgpanda 5.5',
  },
  FILE_UNUSABLE: {
    status: 500,
    message: (file: string, why: string) => `cannot use '${file}': ${why}`,
    remedy: 'Generate the configuration again (genconf) and activate its packages.',
    contract: 'units 1.4',
  },
  EXHIBITOR_UNREACHABLE: {
    status: 503,
    message: (url: string, why: string) => `Exhibitor of this master does not tell about ZooKeeper at ${url}: ${why}`,
    remedy: 'See systemctl status dcos-exhibitor; systemd tries again by itself.',
    contract: 'pkgpanda 5.5',
  },
  ENSEMBLE_INCOMPLETE: {
    status: 503,
    message: (serving: number, wanted: number, leaders: number) =>
      `${serving} of ${wanted} ZooKeeper servers serve, with ${leaders} leaders`,
    remedy: 'Start the masters that are missing; systemd tries again by itself.',
    contract: 'pkgpanda 5.5',
  },
  SECRET_MALFORMED: {
    status: 500,
    message: (node: string) => `the ZooKeeper node '${node}' holds no secret for tokens`,
    remedy: 'Remove the node with zkCli.sh: the next master makes a new one, and everybody logs in again.',
    contract: 'pkgpanda 5.5',
  },
  USER_MISSING: {
    status: 500,
    message: (user: string) => `there is no user '${user}', who alone may read the secret`,
    remedy: 'Activate the package that brings the user, or create it by hand.',
    contract: 'pkgpanda 5.5',
  },
  STATE_NOT_WRITTEN: {
    status: 500,
    message: (file: string, why: string) => `cannot write '${file}': ${why}`,
    remedy: 'Run as root (ExecStartPre=+…), and check the space of the file system.',
  },
})
