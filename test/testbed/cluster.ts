/**
 * What turns booted machines into a cluster: packages built, configuration generated, repository served, each node
 * installed as an operator would, then waited for. Both npm start and the system tests' beds go this way.
 */
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Bed } from './bed.ts'
import { clusterConfig } from './cluster-config.ts'
import { readNode } from './cluster-status.ts'
import { mustRun, outcomeOf, tail } from './command.ts'
import { faults } from './errors.ts'
import { type BedNode, installerRole } from './nodes.ts'
import type { Processes } from './processes.ts'
import { PROJECT, REPOSITORY_PORT, repositoryUrl, switchAddress, switchNamespace } from './settings.ts'
import { judgeUnit, summarize } from './unit-state.ts'

/** Packages of the beds, the stand-in among them; never in build/repository, which is for real hosts. */
export const BED_BUILD = join(PROJECT, 'build/testbed')
const REPOSITORY = join(BED_BUILD, 'repository')
const STANDIN = join(PROJECT, 'test/support/mesos/package')

const INSTALL_TIMEOUT_MS = 300_000
const SETTLE_TIMEOUT_MS = 180_000
const SETTLE_POLL_MS = 1000
const SERVER_TIMEOUT_MS = 10_000
const SERVER_POLL_MS = 100

/** Builds what has changed. Throws BED_COMMAND_FAILED. */
export async function buildPackages(): Promise<void> {
  await script('building the packages', 'pkgpanda/build/main.ts', [
    ...['--output', BED_BUILD],
    ...['--package', `mesos-standin=${STANDIN}`],
  ])
}

/** config.yaml → the cluster's own packages in the repository, and dcos_install.sh where the server looks first. */
export async function configureCluster(bed: Bed, nodes: readonly BedNode[]): Promise<void> {
  const { directory, name } = bed.settings
  const output = join(directory, 'cluster')
  await mkdir(output, { recursive: true })
  await mkdir(join(directory, 'serve'), { recursive: true })
  const file = join(output, 'config.yaml')
  const resolver = switchAddress(bed.settings)
  await writeFile(file, clusterConfig({ name, nodes, repositoryUrl: repositoryUrl(bed.settings), resolver }))
  await script('generating the configuration', 'pkgpanda/genconf/main.ts', [
    ...['--config', file],
    ...['--repository', REPOSITORY],
    ...['--output', output],
  ])
  await copyFile(join(output, 'dcos_install.sh'), join(directory, 'serve/dcos_install.sh'))
}

/** The command line that runs a program of this machine on the nodes' network. */
export function onBedNetwork(bed: Bed, command: readonly string[]): string[] {
  return ['nsenter', `--net=${switchNamespace(bed.settings)}`, ...command]
}

/** Serves the repository to the nodes; resolves when it answers. Throws BED_PROCESS_DIED. */
export async function serveRepository(bed: Bed, processes: Processes): Promise<void> {
  const main = join(PROJECT, 'test/support/repository-server/main.ts')
  const roots = [join(bed.settings.directory, 'serve'), REPOSITORY]
  const command = [process.execPath, main, switchAddress(bed.settings), String(REPOSITORY_PORT), ...roots]
  await processes.ensure('repository', onBedNetwork(bed, command))
  await untilAnswering(bed, processes, 'repository', `${repositoryUrl(bed.settings)}/index.json`)
}

/** Waits until a URL on the nodes' network answers. Throws BED_PROCESS_DIED when its process ends before. */
export async function untilAnswering(bed: Bed, processes: Processes, name: string, url: string): Promise<void> {
  for (let waitedMs = 0; waitedMs < SERVER_TIMEOUT_MS; waitedMs += SERVER_POLL_MS) {
    const { status } = await bed.net(['curl', '--fail', '--silent', '--max-time', '2', '--output', '/dev/null', url])
    if (status === 0) return
    await processes.check(name)
    await sleep(SERVER_POLL_MS)
  }
  throw faults.PROCESS_DIED(name, processes.logFile(name), `  it runs, but ${url} does not answer`)
}

/** Installs a bare node as an operator would. Throws BED_INSTALL_FAILED with the end of the journal. */
export async function installNode(bed: Bed, node: BedNode): Promise<void> {
  const url = `${repositoryUrl(bed.settings)}/dcos_install.sh`
  const line = `curl -fsS ${url} | bash -s ${installerRole(node.role)}`
  const result = await bed.run(node.name, ['bash', '-o', 'pipefail', '-c', line], { timeoutMs: INSTALL_TIMEOUT_MS })
  if (result.status === 0) return
  const journal = await bed.run(node.name, [
    'journalctl',
    '-o',
    'cat',
    '-n',
    '20',
    '-u',
    'dcos-download',
    '-u',
    'dcos-setup',
  ])
  throw faults.INSTALL_FAILED(
    node.name,
    tail(`${result.stdout}${result.stderr}${outcomeOf(result)}\n${journal.stdout}`, 40),
  )
}

/** The ids that a node of this cluster should have active, sorted. */
export async function wantedPackages(bed: Bed): Promise<string[]> {
  const ids = async (file: string) => JSON.parse(await readFile(file, 'utf8')) as string[]
  const bootstrap = (await readFile(join(REPOSITORY, 'bootstrap.latest'), 'utf8')).trim()
  const [base, cluster] = await Promise.all([
    ids(join(REPOSITORY, `bootstrap/${bootstrap}.active.json`)),
    ids(join(bed.settings.directory, 'cluster/cluster-packages.json')),
  ])
  return [...new Set([...base, ...cluster])].sort()
}

/** What a node has active, sorted; nothing when it was never installed. */
export async function activePackages(bed: Bed, node: BedNode): Promise<string[]> {
  const { status, stdout } = await bed.run(node.name, ['/opt/mesosphere/bin/pkgpanda', 'active'])
  return status === 0 ? stdout.split(/\s+/).filter(Boolean).sort() : []
}

/**
 * Brings a node to the wanted set: installs a bare one, fetches and activates what changed on another. Says which it was.
 * Throws BED_INSTALL_FAILED, BED_COMMAND_FAILED.
 */
export async function bringUpToDate(bed: Bed, node: BedNode): Promise<'installed' | 'updated' | 'unchanged'> {
  const [wanted, active] = await Promise.all([wantedPackages(bed), activePackages(bed, node)])
  if (active.length === 0) {
    await installNode(bed, node)
    return 'installed'
  }
  const missing = wanted.filter(id => !active.includes(id))
  if (missing.length === 0 && active.length === wanted.length) return 'unchanged'
  const pkgpanda = (...args: string[]) =>
    bed.must(node.name, ['/opt/mesosphere/bin/pkgpanda', ...args], { timeoutMs: INSTALL_TIMEOUT_MS })
  if (missing.length > 0) await pkgpanda('fetch', `--repository-url=${repositoryUrl(bed.settings)}`, ...missing)
  await pkgpanda('activate', ...wanted)
  return 'updated'
}

/** Waits until every shipped unit of a node is well. Throws BED_NODE_UNSETTLED with those that are not. */
export async function settle(bed: Bed, node: BedNode, timeoutMs = SETTLE_TIMEOUT_MS): Promise<void> {
  const deadline = performance.now() + timeoutMs
  while (true) {
    const { state, units } = await readNode(bed, node)
    if (state === 'running' && units.length > 0 && units.every(unit => judgeUnit(unit) === 'well')) return
    if (performance.now() > deadline) {
      throw faults.NODE_UNSETTLED(node.name, timeoutMs / 1000, `${summarize(units)} (systemd says ${state})`)
    }
    await sleep(SETTLE_POLL_MS)
  }
}

/** Runs a script of the project under this very Node.js. */
function script(what: string, path: string, args: readonly string[]): Promise<string> {
  return mustRun(what, process.execPath, ['--disable-warning=ExperimentalWarning', join(PROJECT, path), ...args], {
    cwd: PROJECT,
  })
}
