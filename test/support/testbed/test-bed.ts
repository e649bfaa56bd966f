/**
 * Booted and installed nodes for the system tests. All files share one bed, since booting and installing takes longer
 * than most tests: the first file makes it, and `npm test` removes it after the last. A test that changes a bed for
 * good asks for one of its own by another name.
 */
import { existsSync } from 'node:fs'
import { mkdir, readdir, rmdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Test } from 'tap'
import { allDone } from '../../testbed/all-done.ts'
import { type Bed, openBed } from '../../testbed/bed.ts'
import { bringUpToDate, buildPackages, configureCluster, serveRepository, settle } from '../../testbed/cluster.ts'
import { faults } from '../../testbed/errors.ts'
import { type BedNode, parseNodes } from '../../testbed/nodes.ts'
import { openProcesses, type Processes } from '../../testbed/processes.ts'
import { removeBed } from '../../testbed/remove-bed.ts'
import { type BedSettings, cacheDirectory, processDirectory, STATE_DIRECTORY } from '../../testbed/settings.ts'

export interface TestBedOptions {
  /** `NAME:ROLE`; an agent without a role. Default: m1:master a1:agent p1:public-agent. */
  nodes?: readonly string[]
  /** Beds of one name are one bed. At most 8 letters. Default: shared. */
  name?: string
  /** Debian release, default bookworm. */
  suite?: string
  /** Debian packages that its nodes have beside the usual ones; an image of their own is built for them once. */
  packages?: readonly string[]
  /** `installed`: dcos-* units running. `served`: bare nodes, and the repository answers. `booted`: bare nodes only. */
  state?: 'installed' | 'served' | 'booted'
}

export interface TestBed {
  readonly bed: Bed
  readonly nodes: readonly BedNode[]
  readonly processes: Processes
  /** Runs a command in a node; standard output, trimmed. Throws BED_COMMAND_FAILED with what it printed. */
  run(node: string, ...command: string[]): Promise<string>
  /** The same through a shell. */
  sh(node: string, script: string): Promise<string>
  /** `systemctl show --property`, as an object. */
  show(node: string, unit: string, ...properties: string[]): Promise<Record<string, string>>
  /** Polls until `check` gives something true, then gives that. Throws with `what` after `timeoutMs` (default 30 s). */
  until<T>(what: string, check: () => Promise<T | undefined | false>, timeoutMs?: number): Promise<T>
  /** Resolves when the node has booted again and every unit is well. `force`: at once, nothing is stopped before. */
  reboot(node: string, options?: { force?: boolean }): Promise<void>
}

/** A folder for each run, named by the process that leads it: two runs on one machine never touch each other's beds. */
const RUNS = join(STATE_DIRECTORY, 'test-beds')
/** Set by npm test for the processes of its test files; a test file run by hand leads a run of its own. */
const RUN = process.env.DCOS_TEST_RUN ?? String(process.pid)
const NET = '172.31.1'
const DEFAULT_NODES = ['m1:master', 'a1:agent', 'p1:public-agent']
/** In the bed's directory once it has reached that state, so that the next file need not wait for it again. */
const READY = (state: string) => `ready-${state}`

/** Why this machine cannot have a bed, for `t.test(name, { skip })`; false when it can. */
export function noBed(): string | false {
  if (process.platform !== 'linux' || process.arch !== 'x64') return 'nodes need Linux on x64'
  return process.getuid?.() === 0 ? false : 'booting nodes needs root'
}

/** Gives a bed in the wanted state and removes it when `t` ends, unless npm test keeps it for the next file. */
export async function testBed(t: Test, options: TestBedOptions = {}): Promise<TestBed> {
  const { name = 'shared', state = 'installed', suite = 'bookworm', packages = [] } = options
  const settings = bedSettings(name, RUN, suite)
  const nodes = parseNodes(options.nodes ?? DEFAULT_NODES, NET)
  const bed = openBed(settings, {
    ...process.env,
    ...(packages.length > 0 && { TESTBED_PACKAGES: packages.join(' ') }),
  })
  const processes = openProcesses(processDirectory(settings))
  if (!(name === 'shared' && process.env.DCOS_TEST_BED === 'keep')) {
    t.teardown(async () => void (await removeBed(bed)))
  }
  await reach(bed, processes, nodes, state)
  return { bed, nodes, processes, ...handles(bed, nodes) }
}

/** Removes the beds of this run, and of runs whose leader is gone without having done so. */
export async function removeTestBeds(): Promise<void> {
  for (const run of await readdir(RUNS).catch(() => [])) {
    if (run !== RUN && existsSync(`/proc/${run}`)) continue
    for (const name of await readdir(join(RUNS, run))) await removeBed(openBed(bedSettings(name, run)))
    await rmdir(join(RUNS, run)).catch(() => {})
  }
  // And the directories above, unless other beds are beside.
  for (const directory of [RUNS, dirname(RUNS)]) await rmdir(directory).catch(() => {})
}

function bedSettings(name: string, run = RUN, suite = 'bookworm'): BedSettings {
  return {
    name: `t${run}-${name}`,
    directory: join(RUNS, run, name),
    net: NET,
    suite,
    cacheDirectory: cacheDirectory(process.env),
  }
}

async function reach(bed: Bed, processes: Processes, nodes: readonly BedNode[], state: string): Promise<void> {
  const { directory } = bed.settings
  const marks = await readdir(directory).catch((): string[] => [])
  if (marks.includes(READY(state))) return
  await mkdir(directory, { recursive: true })
  const masters = nodes.some(({ role }) => role === 'master')
  const there = (await bed.nodes()).map(({ name }) => name)
  await allDone([bed.image(masters ? ['zookeeper'] : []), state === 'booted' ? Promise.resolve() : buildPackages()])
  await bed.up(nodes.filter(({ name }) => !there.includes(name)))
  if (state !== 'booted') {
    await configureCluster(bed, nodes)
    await serveRepository(bed, processes)
  }
  if (state === 'installed') {
    await allDone(nodes.map(node => bringUpToDate(bed, node)))
    await allDone(nodes.map(node => settle(bed, node)))
  }
  await writeFile(join(directory, READY(state)), '')
}

function handles(bed: Bed, nodes: readonly BedNode[]): Pick<TestBed, 'run' | 'sh' | 'show' | 'until' | 'reboot'> {
  const run = async (node: string, ...command: string[]) => (await bed.must(node, command)).trim()
  const until: TestBed['until'] = async (what, check, timeoutMs = UNTIL_TIMEOUT_MS) => {
    const deadline = performance.now() + timeoutMs
    while (true) {
      const found = await check()
      if (found) return found
      if (performance.now() > deadline) throw faults.WAITED_IN_VAIN(what, timeoutMs / 1000)
      await new Promise(resolve => setTimeout(resolve, UNTIL_POLL_MS))
    }
  }
  // Not the number of boots in the journal: the present one may not have come to disk yet, and would be taken for the next.
  const bootId = async (node: string) => {
    const { status, stdout } = await bed.run(node, ['cat', '/proc/sys/kernel/random/boot_id'])
    return status === 0 ? stdout.trim() : undefined
  }
  return {
    run,
    sh: (node, script) => run(node, 'sh', '-c', script),
    async show(node, unit, ...properties) {
      const text = await run(node, 'systemctl', 'show', `--property=${properties.join(',')}`, '--', unit)
      return Object.fromEntries(
        text.split('\n').map(line => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
      )
    },
    until,
    async reboot(node, { force = false } = {}) {
      const before = await bootId(node)
      await bed.run(node, ['systemctl', 'reboot', ...(force ? ['--force', '--force'] : [])])
      await until(`the next boot of ${node}`, async () => {
        const now = await bootId(node)
        return now !== undefined && now !== before
      })
      await settle(bed, nodes.find(({ name }) => name === node)!)
    },
  }
}

const UNTIL_TIMEOUT_MS = 30_000
const UNTIL_POLL_MS = 200
