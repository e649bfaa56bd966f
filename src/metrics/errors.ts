/** Every fault dcos-metrics can meet. Codes are never renamed or reused; docs/ERRORS.md lists them. */
import { defineFaults } from '../shared/errors/fault.ts'

export const faults = defineFaults('METRICS', {
  ROLE_INVALID: {
    status: 500,
    message: (found: string) => `flag -role: found '${found}', allowed 'master' or 'agent'`,
    remedy: 'Start with -role master on masters, -role agent on private and public agents.',
    contract: 'metrics 1.2',
  },
  ADDRESS_UNKNOWN: {
    status: 500,
    message: (command: string, why: string) => `${command} does not tell this node's address: ${why}`,
    remedy: 'Run the script by hand: it must print one IPv4 or IPv6 address and exit 0 within 10 seconds.',
    contract: 'metrics 1.3',
  },
  MESOS_ID_UNKNOWN: {
    status: 502,
    message: (url: string, why: string) => `no Mesos id from ${url}: ${why}`,
    remedy: 'Check that Mesos runs on this node and, on masters, that a leader is elected.',
    contract: 'metrics 1.3',
  },
  PROC_FILE_UNEXPECTED: {
    status: 500,
    message: (file: string, found: string) => `${file} is not of the form expected: found '${found}'`,
    remedy: 'Report the kernel version and the file; the other collectors are not affected.',
    contract: 'metrics 3',
  },
  FILESYSTEM_STUCK: {
    status: 500,
    message: (path: string, timeoutMs: number) => `the filesystem at '${path}' did not answer within ${timeoutMs} ms`,
    remedy: 'Check the device or server behind this mount point; it is asked again once it has answered.',
    contract: 'metrics 3',
  },
  RELAY_FILE_MALFORMED: {
    status: 500,
    message: (file: string, line: number, why: string) => `metrics file '${file}', line ${line}: ${why}`,
    remedy: 'Find the daemon that writes the file; it is left out of /metrics until it is well-formed.',
    contract: 'metrics 6.4',
  },
  RELAY_FILE_REFUSED: {
    status: 500,
    message: (file: string, why: string) => `metrics file '${file}' is left out: ${why}`,
    remedy: 'Put regular files of the text format below the limits there, named <daemon>.prom, or remove it.',
    contract: 'metrics 6.4',
  },
})
