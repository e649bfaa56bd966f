/** Every fault of the test bed: npm start, status and stop, and the beds of the system tests. */
import { defineFaults } from '../../src/shared/errors/fault.ts'

export const faults = defineFaults('BED', {
  NOT_ROOT: {
    status: 500,
    message: () => 'booting nodes needs root, and this is another user',
    remedy: 'Run the command as root, e.g. with sudo: it makes namespaces, mounts and cgroups, and removes them again.',
  },
  MACHINE_UNSUITABLE: {
    status: 500,
    message: (found: string) => `this machine is ${found}, but the nodes need Linux on x64`,
    remedy: 'Use a Debian machine on x86-64, or a virtual machine with one.',
  },
  APT_MISSING: {
    status: 500,
    message: () => 'there is no apt-get on this machine to install the tools with',
    remedy: 'Use a Debian machine: the nodes themselves are Debian systems, built from the archive that its apt knows.',
  },
  SPACE_SHORT: {
    status: 500,
    message: (directory: string, freeMebibytes: number, wantedMebibytes: number) =>
      `${directory} has ${freeMebibytes} MiB free, but about ${wantedMebibytes} MiB are needed`,
    remedy: 'Make room there, or put the state elsewhere with TESTBED_DIR and the caches with DCOS_NODE_CACHE.',
  },
  OPTION_UNKNOWN: {
    status: 400,
    message: (found: string) => found,
    remedy: 'Give: npm start [-- --masters 1|3|5], npm run status [-- --json], npm run stop.',
  },
  MESOS_REFUSED: {
    status: 400,
    message: (url: string) =>
      `--mesos ${url} cannot be used: the nodes have no way out of their network, and need an agent of that Mesos on each of them`,
    remedy:
      'Leave the option out: a stand-in plays Mesos. Beside a real Mesos, install its hosts with dcos_install.sh.',
  },
  START_RUNNING: {
    status: 409,
    message: (pid: number) => `another npm start (process ${pid}) is at work on this bed`,
    remedy: 'Wait for it, or end it and everything it made with npm run stop.',
  },
  NODES_DIFFER: {
    status: 409,
    message: (running: string, wanted: string) =>
      `the running bed has the nodes ${running}, but ${wanted} are asked for`,
    remedy: 'Run npm run stop first: a ZooKeeper ensemble is made when its masters boot.',
  },
  COMMAND_FAILED: {
    status: 500,
    message: (what: string, outcome: string, output: string) => `${what} ${outcome}:\n${output}`,
    remedy: 'Remove the cause that the lines above name, then run the command again; npm run stop clears what is left.',
  },
  INSTALL_FAILED: {
    status: 500,
    message: (node: string, output: string) => `installing node ${node} failed:\n${output}`,
    remedy: 'Look at the node with: test/testbed/testbed.sh run NODE journalctl -u dcos-setup -u dcos-download.',
  },
  NODE_UNSETTLED: {
    status: 500,
    message: (node: string, seconds: number, units: string) =>
      `node ${node} has units that are not well after ${seconds} s: ${units}`,
    remedy: 'Look at a unit with: test/testbed/testbed.sh run NODE journalctl -u UNIT. The nodes are left as they are.',
  },
  PORT_BUSY: {
    status: 500,
    message: (wanted: string, first: number, last: number) =>
      `no port from ${first} to ${last} of 127.0.0.1 is free for ${wanted}`,
    remedy: 'End one of the programs that listen there (ss -ltnp shows them).',
  },
  PROCESS_DIED: {
    status: 500,
    message: (name: string, log: string, output: string) =>
      `${name} did not start, its log ${log} ends with:\n${output}`,
    remedy: 'Remove the cause that the log names, then run npm start again.',
  },
  PROMETHEUS_UNREACHABLE: {
    status: 500,
    message: (address: string) => `Prometheus does not answer on ${address}`,
    remedy: 'Look at processes/prometheus.log in the state directory, then run npm start again.',
  },
  WAITED_IN_VAIN: {
    status: 500,
    message: (what: string, seconds: number) => `${what} did not come about within ${seconds} s`,
    remedy: 'Look at the journal of the node; a slow machine may need a longer wait in the test.',
  },
  NOT_STARTED: {
    status: 404,
    message: (directory: string) => `there is no bed in ${directory}`,
    remedy: 'Boot the nodes with npm start.',
  },
})
