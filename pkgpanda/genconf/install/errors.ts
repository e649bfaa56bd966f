/**
 * Every failure of dcos_install.sh and of the download it sets up. The texts go into the generated shell scripts, so the
 * arguments are names of shell variables there (`$role`); docs/ERRORS.md lists them as it does those of the programs.
 */
import { defineFaults } from '../../../src/shared/errors/fault.ts'

export const faults = defineFaults('INSTALL', {
  ARGUMENTS: {
    status: 400,
    message: (found: string) => `wrong arguments: ${found}`,
    remedy: 'Give exactly one role (master, slave or slave_public); --help shows the options.',
    contract: 'pkgpanda 5.2',
  },
  NOT_ROOT: {
    status: 403,
    message: () => 'this script writes to /etc and /opt and must run as root',
    remedy: 'Run it again with sudo or as root.',
    contract: 'pkgpanda 5.2',
  },
  ALREADY_INSTALLED: {
    status: 409,
    message: (path: string) => `this node is installed already: ${path} exists`,
    remedy:
      'To change packages use pkgpanda activate; to install anew run pkgpanda uninstall and remove /opt/mesosphere and /etc/mesosphere.',
    contract: 'pkgpanda 5.2',
  },
  COMMAND_MISSING: {
    status: 500,
    message: (command: string) => `the command ${command} is missing`,
    remedy: 'Install the package of the distribution that has it.',
    contract: 'pkgpanda 5.2',
  },
  NO_SYSTEMD: {
    status: 500,
    message: () => 'this system was not booted with systemd',
    remedy: 'Install on a host that runs systemd 239 or newer.',
    contract: 'pkgpanda 5.2',
  },
  REPOSITORY_UNREACHABLE: {
    status: 502,
    message: (url: string) => `cannot reach ${url}`,
    remedy: 'Check the network of this node and that the package repository is served at bootstrap_url.',
  },
  PREFLIGHT_FAILED: {
    status: 500,
    message: (count: string) => `${count} checks failed; nothing was changed on this node`,
    remedy: 'Correct what is marked FAIL above, or skip the checks with --disable-preflight.',
    contract: 'pkgpanda 5.2',
  },
  WRITE_FAILED: {
    status: 500,
    message: (path: string) => `cannot write below ${path}`,
    remedy: 'Check the space and the mount options of that file system, then run the script again.',
  },
  SETUP_FAILED: {
    status: 500,
    message: () => 'dcos-download.service or dcos-setup.service failed',
    remedy:
      'See journalctl -u dcos-download -u dcos-setup; correct the cause, then run systemctl start dcos-setup. Each step resumes where it stopped.',
  },
  WORK_DIRECTORY_UNSAFE: {
    status: 500,
    message: (path: string) => `${path} is not a directory of root alone`,
    remedy: 'Remove it, or set bootstrap_tmp_dir to a directory that only root may write to.',
  },
  DOWNLOAD_FAILED: {
    status: 502,
    message: (url: string, status: string, http: string) => `cannot download ${url} (curl: ${status}, HTTP: ${http})`,
    remedy: 'Check the network and the repository, then run systemctl start dcos-setup; the download resumes.',
  },
  DIGEST_MISMATCH: {
    status: 502,
    message: (url: string) => `${url} is not the file that dcos_install.sh was made for: its sha256 differs`,
    remedy:
      'Generate the configuration again from the repository that is served, and install with the new dcos_install.sh.',
  },
  UNPACK_FAILED: {
    status: 500,
    message: (path: string) => `cannot unpack the bootstrap tarball to ${path}`,
    remedy: 'See the lines above; usually the file system is full. Then run systemctl start dcos-setup.',
  },
  NO_PACKAGE_MANAGER: {
    status: 500,
    message: (path: string) => `no generation of the package manager is left below ${path}`,
    remedy: 'Remove /opt/mesosphere, then run systemctl start dcos-setup to install from the beginning.',
  },
})
