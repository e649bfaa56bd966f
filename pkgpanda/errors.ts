/**
 * Every fault of the package manager. Codes are never renamed or used again; docs/ERRORS.md lists them.
 * Three groups, since 1.9 begins the line on stderr differently for each (pkgpanda 2.1).
 */
import { defineFaults, isFault } from '../src/shared/errors/fault.ts'

/** The set, or what was asked of it, breaks a rule: `Validation Error: `, HTTP 409. */
const validation = {
  ID_MALFORMED: {
    status: 400,
    message: (id: string) => `Invalid package id: ${JSON.stringify(id)} is not NAME--VERSION`,
    remedy:
      'Give an id such as dcos-log--5678: one -- between name and version, no - in the version; `pkgpanda list` has those of this node.',
    contract: 'pkgpanda 1.2',
  },
  NAME_REPEATED: {
    status: 409,
    message: (name: string, first: string, second: string) =>
      `Repeated name ${name} in set of packages: ${first}, ${second}`,
    remedy: 'Keep one version of the package in the list; a name is active at most once.',
    contract: 'pkgpanda 1.6',
  },
  GROUP_WITHOUT_USERNAME: {
    status: 409,
    message: (id: string) => `Package ${id} has a group but no username`,
    remedy: "Add `username` to the package's buildinfo.json or drop `group`, and build it again.",
    contract: 'pkgpanda 1.6',
  },
  REQUIREMENT_EXACT: {
    status: 409,
    message: (id: string, requirement: string) =>
      `Package ${id} requires the exact id ${requirement}; only names can be required`,
    remedy: 'Name the package without its version in `requires` and build the package again.',
    contract: 'pkgpanda 1.4',
  },
  REQUIREMENT_MISSING: {
    status: 409,
    message: (id: string, requirement: string) =>
      `Package ${id} requires ${requirement} but it is not in the set of packages`,
    remedy:
      'Name a version of the required package as well: what is activated is the whole set, not what comes to it; `pkgpanda list` has those of this node.',
    contract: 'pkgpanda 1.6',
  },
  ENVIRONMENT_RESERVED: {
    status: 409,
    message: (id: string, name: string) => `Package ${id} sets the environment variable ${name}, which is reserved`,
    remedy: 'LD_LIBRARY_PATH and PATH are written by pkgpanda itself: take the variable out of the package.',
    contract: 'pkgpanda 1.6',
  },
  ENVIRONMENT_REPEATED: {
    status: 409,
    message: (name: string, first: string, second: string) =>
      `Repeated environment variable ${name}: in ${first} and in ${second}`,
    remedy: 'Let one of the two packages set it, even when the values agree.',
    contract: 'pkgpanda 1.6',
  },
  ENVIRONMENT_MALFORMED: {
    status: 409,
    message: (id: string, name: string) =>
      `Package ${id} has an environment variable that cannot be written on one line: ${JSON.stringify(name)}`,
    remedy:
      'Names are letters, digits and _; values hold no newline and no zero byte: correct it in buildinfo.json and build the package again.',
    contract: 'pkgpanda 1.7',
  },
  SYSCTL_CONFLICT: {
    status: 409, // DEPARTURE (pkgpanda 1.6): 1.9 answered 500 and `ERROR:`, but it is the set that is wrong
    message: (key: string, first: string, second: string) => `Conflicting sysctl ${key}: ${first}, ${second}`,
    remedy: 'A kernel key has one value on a node: make the packages agree, or activate only one of them.',
    contract: 'pkgpanda 1.6',
  },
  SYSCTL_WITHOUT_SERVICE: {
    status: 409,
    message: (id: string) => `Package ${id} has sysctl settings but no .service file`,
    remedy: 'Settings are applied when a service of the package starts: ship the unit, or drop `sysctl`.',
    contract: 'pkgpanda 1.7',
  },
  FILE_CONFLICT: {
    status: 409,
    message: (path: string, first: string, second: string) =>
      `Repeated file ${path}: ${first} and ${second} both provide it`,
    remedy:
      'Two active packages (or a package and one of its role directories) may not provide the same path: drop one.',
    contract: 'pkgpanda 1.5',
  },
  UNIT_RESERVED: {
    status: 409,
    message: (id: string, unit: string) => `Package ${id} provides the unit ${unit}, whose name is reserved`,
    remedy:
      'dcos.target, dcos-download.service and dcos-setup.service belong to the installer, those in /usr/lib/systemd/system to the system: name the unit otherwise.',
    contract: 'pkgpanda 2.3',
  },
  UNIT_MALFORMED: {
    status: 409,
    message: (id: string, unit: string) =>
      `Package ${id} provides the unit ${JSON.stringify(unit)}, which systemctl would not take for the name of one unit`,
    remedy:
      'Name units by letters, digits and : _ . \\ @ -, not beginning with - or a dot, drop-ins as UNIT.d/FILE, and build the package again.',
    contract: 'pkgpanda 2.3',
  },
  USERNAME_MALFORMED: {
    status: 409,
    message: (id: string, username: string) =>
      `Package ${id} has the username ${JSON.stringify(username)}, which is not allowed`,
    remedy:
      'A username is dcos_ and then lower-case letters, digits and _: correct it in buildinfo.json and build the package again.',
    contract: 'pkgpanda 1.2',
  },
  GROUP_MALFORMED: {
    status: 409,
    message: (id: string, group: string) =>
      `Package ${id} has the group ${JSON.stringify(group)}, which is not allowed`,
    remedy:
      'A group is a lower-case letter or _ and then lower-case letters, digits, _ and -: correct it in buildinfo.json and build the package again.',
    contract: 'pkgpanda 1.2',
  },
  GROUP_MISSING: {
    status: 409,
    message: (id: string, group: string) => `Package ${id} needs the group ${group}, which does not exist on this host`,
    remedy: 'Create the group (groupadd --system NAME) or activate the package that brings it.',
    contract: 'pkgpanda 1.8',
  },
  USER_NOT_IN_GROUP: {
    status: 409,
    message: (id: string, user: string, group: string) =>
      `Package ${id}: the user ${user} exists but is not in the group ${group}`,
    remedy: 'Add the user to the group (usermod --append --groups GROUP USER) and try again.',
    contract: 'pkgpanda 1.8',
  },
  USER_MISSING: {
    status: 409,
    message: (id: string, user: string) =>
      `Package ${id} needs the user ${user}, and manual_host_users forbids to create it`,
    remedy: 'Create the system user by hand, or remove manual_host_users from the configuration directory.',
    contract: 'pkgpanda 1.8',
  },
  NOT_ACTIVE: {
    status: 409,
    message: (name: string) => `Package ${name} has no active version, so there is nothing to swap`,
    remedy: 'See `pkgpanda active`; use `pkgpanda activate` to change the whole set.',
    contract: 'pkgpanda 2.2',
  },
  NOTHING_TO_ROLL_BACK: {
    status: 409,
    message: (path: string) => `There is no earlier set to go back to: ${path} is missing or empty`,
    remedy: 'Activate the packages that are wanted by their ids; `pkgpanda list` has what is on this node.',
    contract: 'pkgpanda 2.5',
  },
  ROLLBACK_INCOMPLETE: {
    status: 409,
    message: (ids: string) => `The earlier set cannot be made active, packages of it are not in the repository: ${ids}`,
    remedy: 'Fetch them (pkgpanda fetch --repository-url=URL ID), then roll back again.',
    contract: 'pkgpanda 2.5',
  },
  PACKAGES_MISSING: {
    status: 409,
    message: (ids: readonly string[]) => `Packages not in the repository: ${ids.join(', ')}`,
    remedy: 'Fetch them first (POST /repository/ID, pkgpanda fetch), then ask again for the whole set.',
    contract: 'pkgpanda 4',
  },
  SETUP_PACKAGES_OBSOLETE: {
    status: 409,
    message: (path: string) => `${path} exists, but setup packages are no longer supported`,
    remedy: 'Remove the directory; packages of the cluster are listed in setup-flags/cluster-packages.json.',
    contract: 'pkgpanda 5.4',
  },
}

/** A package itself is missing or broken: `Package Error: `. */
const packages = {
  PACKAGE_MISSING: {
    status: 404,
    message: (id: string, repository: string) => `Package ${id} is not in the repository ${repository}`,
    remedy:
      'Check the id (`pkgpanda list` has those of this node), or fetch it first: pkgpanda fetch --repository-url=URL ID.',
    contract: 'pkgpanda 1.4',
  },
  PKGINFO_UNREADABLE: {
    status: 500,
    message: (id: string, why: string) => `Package ${id}: pkginfo.json ${why}`,
    remedy: 'The package is damaged: remove it (pkgpanda remove ID) and fetch it again.',
    contract: 'pkgpanda 1.4',
  },
  PACKAGE_TREE_UNREADABLE: {
    status: 500,
    message: (id: string, path: string, why: string) => `Package ${id}: ${path} ${why}`,
    remedy: 'The package is damaged or was built wrong: remove it and fetch it again, or build it anew.',
    contract: 'pkgpanda 1.5',
  },
}

/** Everything else: `ERROR: `. */
const others = {
  BROKEN_DEPLOY: {
    status: 500,
    message: (path: string) => `${path} is missing: broken past deploy`,
    remedy:
      'Run `pkgpanda setup`, which finishes an interrupted change; else look at the .new and .old names beside it.',
    contract: 'pkgpanda 2.2',
  },
  NOT_BOOTSTRAPPED: {
    status: 500,
    message: (path: string) => `${path} is missing: not bootstrapped`,
    remedy:
      'Install the node first (dcos_install.sh); if it is installed elsewhere, give the install root with --root.',
    contract: 'pkgpanda 2.2',
  },
  JOURNAL_MALFORMED: {
    status: 500,
    message: (path: string, why: string) => `${path} cannot be understood (${why}); nothing was moved`,
    remedy:
      'Of bin, etc, include, lib, dcos.target.wants, environment, environment.export, active and active.buildinfo.full.json: for each that is there as .new, rename the old one to .old and the new one to its name. Then remove the file and activate the set again.',
    contract: 'pkgpanda 2.5',
  },
  SWAP_INTERRUPTED: {
    status: 500,
    message: (journal: string, why: string) =>
      `The exchange of the active set stopped half way, the rest stands in ${journal}: ${why}`,
    remedy:
      'Mend what the system complains of and run pkgpanda setup, or ROOT/install_recover while bin/ is away: it is finished then.',
    contract: 'pkgpanda 2.5',
  },
  SWAP_BROKEN: {
    status: 500,
    message: (path: string, why: string) =>
      `The change of packages that ${path} describes cannot be finished: ${why}; nothing was moved`,
    remedy: 'Someone removed staged files: put the .old names back by hand or activate again after removing the file.',
    contract: 'pkgpanda 2.5',
  },
  STAGING_INCOMPLETE: {
    status: 500,
    message: (path: string) => `${path} vanished before the swap; nothing was moved`,
    remedy: 'Another program works in the install root: find it, then activate again.',
    contract: 'pkgpanda 2.3',
  },
  SYSTEMCTL_FAILED: {
    status: 500,
    message: (command: string, status: number, said: string) =>
      `systemctl ${command} ended with ${status}${said ? `: ${said}` : ''}`,
    remedy:
      'See `systemctl status UNIT` and `journalctl -u UNIT`, mend what they tell, then run the same pkgpanda command again.',
    contract: 'pkgpanda 2.3',
  },
  NO_SPACE: {
    status: 507,
    message: (path: string, why: string) => `No space left for ${path}: ${why}`,
    remedy:
      'Free space (`pkgpanda gc` removes packages that nothing needs, with --dry-run it only shows them) and try again; the node is as it was.',
    contract: 'pkgpanda 7',
  },
  LOCKED: {
    status: 423,
    message: (root: string, owner: string) => `${root} is being changed by ${owner}`,
    remedy:
      'Wait until it is done, which `pkgpanda status` tells, then try again; the lock goes away with its process.',
    contract: 'pkgpanda 7',
  },
  USER_NOT_CREATED: {
    status: 500,
    message: (user: string, why: string) => `The user ${user} cannot be created: ${why}`,
    remedy: 'Run pkgpanda as root; or create the user by hand and try again.',
    contract: 'pkgpanda 1.8',
  },
  PACKAGE_ACTIVE: {
    status: 409,
    message: (id: string) => `Package ${id} is active and cannot be removed`,
    remedy: 'Activate a set without it first; `pkgpanda swap ID` puts another version in its place.',
    contract: 'pkgpanda 2.2',
  },
  TARBALL_NAME: {
    status: 400,
    message: (name: string) => `${name} is not named <package id>.tar.xz`,
    remedy: 'Keep the name under which the package was built: it is its id.',
    contract: 'pkgpanda 2.2',
  },
  TARBALL_UNREADABLE: {
    status: 500,
    message: (what: string, why: string) => `${what} cannot be unpacked: ${why}`,
    remedy: 'The file is damaged or cut off: fetch it again, or build it anew when the store has it so.',
    contract: 'pkgpanda 7',
  },
  TARBALL_HOSTILE: {
    status: 422,
    message: (what: string, entry: string, why: string) => `${what} is refused: entry ${JSON.stringify(entry)} ${why}`,
    remedy: 'Do not use this file: packages never hold such entries. Find out where it comes from.',
    contract: 'pkgpanda 7',
  },
  REPOSITORY_URL_MISSING: {
    status: 400,
    message: (ids: string) => `No repository URL is known, but not all packages are on this node: ${ids}`,
    remedy: 'Write the URL to setup-flags/repository-url, or fetch the packages with --repository-url.',
    contract: 'pkgpanda 5.4',
  },
  REPOSITORY_URL_MALFORMED: {
    status: 400,
    message: (url: string) => `${JSON.stringify(url)} is not an http, https or file URL`,
    remedy: 'Give the URL of the package repository, e.g. http://bootstrap.example.com:8080.',
    contract: 'pkgpanda 3.1',
  },
  INDEX_MISSING: {
    status: 502,
    message: (url: string, why: string) => `The repository has no index of digests, ${url}: ${why}`,
    remedy: 'Publish index.json with the packages, or use --allow-unverified for stores that never had one.',
    contract: 'pkgpanda 7',
  },
  INDEX_MALFORMED: {
    status: 502,
    message: (url: string, why: string) => `The index of digests ${url} cannot be understood: ${why}`,
    remedy: 'Publish the repository again.',
    contract: 'pkgpanda 7',
  },
  NOT_IN_INDEX: {
    status: 502,
    message: (path: string, url: string) => `${path} is not in the index of the repository ${url}`,
    remedy: 'Check the id; publish the package together with the index; a file outside the index is never unpacked.',
    contract: 'pkgpanda 7',
  },
  DIGEST_DIFFERS: {
    status: 502,
    message: (url: string, expected: string, found: string) =>
      `${url} differs from the index: sha256 ${expected} expected, ${found} found`,
    remedy: 'Nothing was unpacked. A proxy or the store damaged the file: publish it again, then fetch again.',
    contract: 'pkgpanda 7',
  },
  DOWNLOAD_FAILED: {
    status: 502,
    message: (url: string, why: string) => `${url} cannot be fetched: ${why}`,
    remedy: 'Check the repository URL, the network between this node and it, and that the package was published.',
    contract: 'pkgpanda 3.1',
  },
  STORES_FAILED: {
    status: 502,
    message: (path: string, reasons: readonly string[]) =>
      `${path} could be had from none of ${reasons.length} repositories: ${reasons.join('; ')}`,
    remedy: 'Each repository is named with its reason; one that has the file and answers is enough.',
    contract: 'pkgpanda 7',
  },
  INDEX_UNSIGNED: {
    status: 502,
    message: (url: string, why: string) => `The index of digests ${url} is not signed by a trusted key: ${why}`,
    remedy:
      'Sign the repository (npm run build -- --sign-key FILE) with a key of CONFIG/trusted-keys; --allow-unsigned takes it as it is.',
    contract: 'pkgpanda 7',
  },
  KEY_UNUSABLE: {
    status: 500,
    message: (path: string, why: string) => `The key ${path} cannot be used: ${why}`,
    remedy: 'Keys are ed25519 in PEM, made by `openssl genpkey -algorithm ed25519`; see docs/signing.md.',
    contract: 'pkgpanda 7',
  },
  PROXY_MALFORMED: {
    status: 500,
    message: (path: string, name: string) => `${path}: ${name} is not the URL of a proxy`,
    remedy: 'Write it as http://[user:password@]host:port, or take the line out; it comes from config.yaml.',
    contract: 'pkgpanda 7',
  },
  MANIFEST_MALFORMED: {
    status: 500,
    message: (path: string, why: string) => `The manifest ${path} cannot be understood: ${why}`,
    remedy: 'Fetch the package again, which writes it anew: pkgpanda fetch --force --repository-url=URL ID.',
    contract: 'pkgpanda 7',
  },
  PACKAGES_DIFFER: {
    status: 409,
    message: (ids: string) => `Packages are not as they were unpacked: ${ids}`,
    remedy: 'Put each back in order with pkgpanda fetch --force --repository-url=URL ID, then find out who changed it.',
    contract: 'pkgpanda 7',
  },
  PACKAGE_UNVERIFIABLE: {
    status: 409,
    message: (ids: string) => `No manifest tells what these packages should hold: ${ids}`,
    remedy: 'Fetch them again, which writes one: pkgpanda fetch --force --repository-url=URL ID.',
    contract: 'pkgpanda 7',
  },
  DISK_FAILED: {
    status: 500,
    message: (path: string, why: string) => `${path} cannot be written: ${why}`,
    remedy: 'The disk or its file system is failing: see dmesg. Nothing was changed; try again when it is mended.',
    contract: 'pkgpanda 7',
  },
  FLAG_MALFORMED: {
    status: 500,
    message: (path: string, why: string) => `Setup flag ${path}: ${why}`,
    remedy: 'Run dcos_install.sh again, which writes the setup flags.',
    contract: 'pkgpanda 5.3',
  },
  LATE_PACKAGE_MALFORMED: {
    status: 500,
    message: (id: string, why: string) => `Late package ${id} cannot be rendered: ${why}`,
    remedy: 'Correct setup-flags/late-config.yaml or generate the package anew.',
    contract: 'pkgpanda 5.4',
  },
  ROOT_REFUSED: {
    status: 400,
    message: (path: string) => `${path} is refused: it holds what is not pkgpanda's own to move or to delete`,
    remedy:
      'Give a directory of its own with --root, --config-dir or --state-dir-root: never /, one of the system, or one that holds other things.',
    contract: 'pkgpanda 2.6',
  },
  TRIAL_FAILED: {
    status: 500,
    message: (trouble: readonly string[]) =>
      `The new set was not well in time, the old one is active again: ${trouble.join('; ')}`,
    remedy: 'Look at the named units (journalctl -u UNIT) and checks, mend the package, then activate it again.',
    contract: 'pkgpanda 7',
  },
  TRIAL_FAILED_KEPT: {
    status: 500,
    message: (trouble: readonly string[], why: string) =>
      `The new set was not well in time and stays active (${why}): ${trouble.join('; ')}`,
    remedy: 'Look at the named units (journalctl -u UNIT) and checks, then activate a set that works.',
    contract: 'pkgpanda 7',
  },
  TRIAL_MALFORMED: {
    status: 500,
    message: (path: string, why: string) => `${path} cannot be understood: ${why}`,
    remedy: 'See `pkgpanda active` for the set that is active; remove the file to keep it, then run `pkgpanda setup`.',
    contract: 'pkgpanda 7',
  },
  CHECKS_FAILED: {
    status: 500,
    message: (count: number) => `${count} checks failed`,
    remedy:
      'Run the named files by hand to see why: they are in check/ of their packages, and `pkgpanda check --list` says in which.',
    contract: 'pkgpanda 1.9',
  },
  PACKAGE_INACTIVE: {
    status: 404,
    message: (id: string) => `Package ${id} is not active`,
    remedy: 'GET /active/ has the active packages, GET /repository/ all that are unpacked.',
    contract: 'pkgpanda 4',
  },
  BODY_MALFORMED: {
    status: 400,
    message: (why: string) => `The body of the request is not what is expected: ${why}`,
    remedy:
      'Send JSON with Content-Type: application/json: a list of ids to PUT /active/, {"repository_url": URL} to POST /repository/ID.',
    contract: 'pkgpanda 4',
  },
  QUERY_MALFORMED: {
    status: 400,
    message: (name: string, value: string) => `${name}=${JSON.stringify(value)}: true or false expected`,
    remedy: 'Ask again with dry_run=true to see the plan, or without it to change the node.',
    contract: 'pkgpanda 4',
  },
  CHANGES_REFUSED: {
    status: 403,
    message: () => 'Changes through this API are switched off on agents (pkgpanda_api_agent_changes in config.yaml)',
    remedy:
      'Use pkgpanda on the node; or set the key to true, knowing that Admin Router serves 61001 of an agent without login.',
    contract: 'pkgpanda 4',
  },
  REPOSITORY_URL_REFUSED: {
    status: 403,
    message: (url: string, why: string) =>
      `${JSON.stringify(url)} is not a repository that packages may come from: ${why}`,
    remedy:
      "Use the cluster's repository (setup-flags/repository-url), or name this one under pkgpanda_repository_urls in config.yaml.",
    contract: 'pkgpanda 7',
  },
  JOB_UNKNOWN: {
    status: 404,
    message: (id: string) => `There is no job ${JSON.stringify(id)}`,
    remedy: 'GET /v1/jobs/ has the jobs that are kept: the last 32 since the node booted.',
    contract: 'pkgpanda 4',
  },
  SYSTEM_REFUSED: {
    status: 500,
    message: (why: string) => `The system refused: ${why}`,
    remedy: 'See the journal of dcos-pkgpanda-api; `pkgpanda status` says whether the change was interrupted.',
    contract: 'pkgpanda 4',
  },
  USAGE: {
    status: 400,
    message: (why: string) => why,
    remedy: 'See `pkgpanda --help`, `pkgpanda COMMAND --help` or the manual page pkgpanda(8).',
    contract: 'pkgpanda 2.1',
  },
}

export const faults = defineFaults('PKGPANDA', { ...validation, ...packages, ...others })

const VALIDATION_CODES = new Set(Object.keys(validation).map(name => `PKGPANDA_${name}`))
const PACKAGE_CODES = new Set(Object.keys(packages).map(name => `PKGPANDA_${name}`))

/** A second pkgpanda leaves with EX_TEMPFAIL of sysexits.h; every other failure is 1, as in 1.9. */
export function exitStatus(error: unknown): number {
  return isFault(error, 'PKGPANDA_LOCKED') ? 75 : 1
}

/** How the line on stderr begins: scripts written for 1.9 match on it. */
export function errorPrefix(error: unknown): string {
  if (isFault(error) && VALIDATION_CODES.has(error.code)) return 'Validation Error: '
  if (isFault(error) && PACKAGE_CODES.has(error.code)) return 'Package Error: '
  return 'ERROR: '
}
