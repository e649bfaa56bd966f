/** A node in a temporary directory, laid out like the original suite's fixtures (pkgpanda 6), and pkgpanda run on it in process. */
import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Test } from 'tap'
import type { ActivationSurroundings } from '../../pkgpanda/activation/activate.ts'
import type { UserDatabase } from '../../pkgpanda/activation/users.ts'
import { runCommandLine } from '../../pkgpanda/cli.ts'
import type { CommandWorld } from '../../pkgpanda/command.ts'
import { openDisk } from '../../pkgpanda/disk/disk.ts'
import type { InstallPaths } from '../../pkgpanda/swap/install-paths.ts'
import type { Systemctl, UnitState } from '../../pkgpanda/units/systemctl.ts'
import { systemClock } from '../../src/shared/time/clock.ts'

export const HASHED = 'mesos-config--ffddcfb53168d42f92e4771c6f8a8a9a818fd6b8'

/** Path in a package → content; a string is a plain file, `link` a symbolic link. */
export type Tree = Record<string, string | { content?: string; mode?: number; link?: string }>

export const UNIT = '[Unit]\nDescription=Mesos: a unit\n[Service]\nExecStart=/bin/true\n'

const MESOS_INFO = {
  environment: {},
  requires: [],
  sysctl: {
    'dcos-mesos-master': { 'vm.max_map_count': 262144 },
    'dcos-mesos-slave': { 'vm.max_map_count': 262144, 'vm.swappiness': 1 },
  },
}

const MESOS: Tree = {
  'pkginfo.json': JSON.stringify(MESOS_INFO),
  'bin/mesos': '#!/bin/sh\n',
  'bin/mesos-slave': '#!/bin/sh\n',
  'bin/mesos-dir/inner': 'x',
  'bin_master/mesos-master': '#!/bin/sh\n',
  'lib/libmesos.so': 'elf',
  'dcos.target.wants_master/dcos-mesos-master.service': UNIT,
  'dcos.target.wants_slave/dcos-mesos-slave.service': UNIT,
}

const CONFIG_INFO = {
  requires: ['mesos', { name: 'mesos-config', variant: null }],
  environment: { FOO: 'BAR', BAZ: 'TEST' },
}

/** The repository R of the specification. */
export const PACKAGES: Record<string, Tree> = {
  'mesos--0.22.0': MESOS,
  'mesos--0.23.0': {
    ...MESOS,
    'bin/mesos-new': '#!/bin/sh\n',
    'pkginfo.json': JSON.stringify({ ...MESOS_INFO, state_directory: true }),
  },
  [HASHED]: { 'pkginfo.json': JSON.stringify(CONFIG_INFO), 'etc/foobar': 'foo' },
  'mesos-config--justmesos': { 'pkginfo.json': JSON.stringify(CONFIG_INFO), 'etc/foobar': 'just mesos' },
}

export interface NodeFixture {
  readonly directory: string
  readonly paths: InstallPaths
  /** Runs `pkgpanda ARGV...` with this node's paths, `--rooted-systemd --no-systemd`. */
  run(...argv: string[]): Promise<{ status: number; out: string; err: string }>
  /** The same without those two options, systemctl calls recorded. */
  surroundings(more?: Partial<ActivationSurroundings>): ActivationSurroundings
  /** Every name below the root but the repository: `bin/mesos -> …`, files with their content. */
  snapshot(): Record<string, string>
}

/** An empty node: install root, repository R beside it, roles. */
export function makeNode(
  t: Test,
  { packages = PACKAGES, roles = ['master'] }: { packages?: Record<string, Tree>; roles?: string[] } = {},
): NodeFixture {
  const directory = scratchDirectory(t)
  const paths: InstallPaths = {
    root: join(directory, 'root'),
    repository: join(directory, 'packages'),
    configDirectory: join(directory, 'config'),
    stateRoot: join(directory, 'state'),
    systemdDirectory: join(directory, 'root'),
    rootedSystemd: true,
  }
  for (const path of [paths.root, paths.repository, join(paths.configDirectory, 'roles')])
    mkdirSync(path, { recursive: true })
  for (const role of roles) writeFileSync(join(paths.configDirectory, 'roles', role), '')
  for (const [id, tree] of Object.entries(packages)) writeTree(join(paths.repository, id), tree)
  return {
    directory,
    paths,
    run: (...argv) => runOn(paths, ['--rooted-systemd', '--no-systemd', ...argv]),
    surroundings: more => ({
      paths,
      roles,
      disk: openDisk(),
      systemctl: undefined,
      users: noUsers(),
      manualUsers: false,
      verifier: () => ({ version: undefined, verify: () => [] }),
      nonce: () => randomBytes(8).toString('hex'),
      clock: systemClock,
      warn: () => {},
      recoveryCommand: ['/bin/true'],
      ...more,
    }),
    snapshot: () => snapshot(paths.root),
  }
}

/** In memory where there is room for it: thousands of fsync calls would wait for the disk of the machine. */
export function scratchDirectory(t: Test): string {
  const directory = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'pkgpanda-test-'))
  t.teardown(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

export async function runOn(paths: InstallPaths, argv: readonly string[], world: Partial<CommandWorld> = {}) {
  let out = ''
  let err = ''
  const status = await runCommandLine(
    [
      `--root=${paths.root}`,
      `--repository=${paths.repository}`,
      `--config-dir=${paths.configDirectory}`,
      `--state-dir-root=${paths.stateRoot}`,
      ...argv,
    ],
    {
      out: text => {
        out += text
      },
      err: text => {
        err += text
      },
      users: noUsers(),
      systemctl: () => {
        throw new Error('no systemd in this test')
      },
      random: () => randomBytes(8).toString('hex'),
      self: ['/bin/true'],
      origin: () => ({ who: 'tester', from: 'a test' }),
      openAudit: async () => async () => {},
      isTerminal: false,
      ...world,
    },
  )
  return { status, out, err }
}

export function writeTree(directory: string, tree: Tree): void {
  mkdirSync(directory, { recursive: true })
  for (const [path, entry] of Object.entries(tree)) {
    const file = join(directory, path)
    mkdirSync(dirname(file), { recursive: true })
    if (typeof entry === 'string') writeFileSync(file, entry)
    else if (entry.link !== undefined) symlinkSync(entry.link, file)
    else {
      writeFileSync(file, entry.content ?? '')
      if (entry.mode !== undefined) chmodSync(file, entry.mode)
    }
  }
}

/** Nobody is there, nobody may be made: a test that needs users brings its own. */
export function noUsers(): UserDatabase {
  return {
    groupsOf: () => undefined,
    uidOf: () => undefined,
    hasGroup: () => false,
    create: user => {
      throw new Error(`${user} must not be created by a test`)
    },
  }
}

/** A unit that runs. */
export function wellUnit(unit: string): UnitState {
  return {
    ...{ unit, loadState: 'loaded', activeState: 'active', subState: 'running', result: 'success' },
    ...{ restarts: 0, pending: false },
  }
}

/** Calls as one line each: `stop a b`, `reload`, `start`. */
export function recordedSystemctl(calls: string[]): Systemctl {
  return {
    stop: async units => void calls.push(['stop', ...units].join(' ')),
    reload: async () => void calls.push('reload'),
    startTarget: async () => void calls.push('start'),
    disableTarget: async () => void calls.push('disable'),
    states: async units => units.map(wellUnit),
  }
}

export function snapshot(root: string, prefix = ''): Record<string, string> {
  const found: Record<string, string> = {}
  if (!existsSync(join(root, prefix))) return found
  for (const name of readdirSync(join(root, prefix)).sort()) {
    const path = join(prefix, name)
    const stat = lstatSync(join(root, path))
    if (stat.isSymbolicLink()) found[path] = `-> ${readlinkSync(join(root, path))}`
    else if (stat.isDirectory()) Object.assign(found, { [path]: 'directory' }, snapshot(root, path))
    else found[path] = readFileSync(join(root, path), 'utf8')
  }
  return found
}

export function names(directory: string): string[] {
  return readdirSync(directory).sort()
}
