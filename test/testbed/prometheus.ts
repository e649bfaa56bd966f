/** Prometheus on the nodes' network, with the targets that pkgpanda wrote on the nodes. */
import { mkdir, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { debianBinary } from '../support/debian-binary.ts'
import { joinTargets, prometheusArguments, prometheusConfiguration } from '../support/prometheus/configuration.ts'
import { readTargets, type Target } from '../support/prometheus/targets.ts'
import type { Bed } from './bed.ts'
import { onBedNetwork, untilAnswering } from './cluster.ts'
import { faults } from './errors.ts'
import type { Processes } from './processes.ts'
import { PROMETHEUS_PORT, switchAddress } from './settings.ts'

/** Written by pkgpanda from the active packages. */
const FRAGMENT = '/var/lib/dcos/prometheus/file_sd.json'

/** Two scrapes and a reading of the target list. */
const TARGETS_TIMEOUT_MS = 30_000
const POLL_MS = 500

/** Joins the nodes' fragments into the file that Prometheus watches. Says how many targets there are. */
export async function writeTargets(bed: Bed): Promise<number> {
  const directory = join(bed.settings.directory, 'prometheus')
  await mkdir(directory, { recursive: true })
  const fragments: { node: string; text: string }[] = []
  for (const { name } of await bed.nodes()) {
    const { status, stdout } = await bed.run(name, ['cat', FRAGMENT])
    if (status === 0) fragments.push({ node: name, text: stdout })
  }
  const groups = joinTargets(fragments)
  const file = join(directory, 'targets.json')
  // Prometheus may read at any moment.
  await writeFile(`${file}.new`, `${JSON.stringify(groups, null, 2)}\n`)
  await rename(`${file}.new`, file)
  return groups.reduce((count, { targets }) => count + targets.length, 0)
}

/** Starts it unless it runs; resolves when it answers. Throws BED_PROCESS_DIED, BED_COMMAND_FAILED. */
export async function servePrometheus(bed: Bed, processes: Processes): Promise<void> {
  const directory = join(bed.settings.directory, 'prometheus')
  const binary = await debianBinary('prometheus', 'usr/bin/prometheus', bed.settings.cacheDirectory)
  const configuration = join(directory, 'prometheus.yml')
  await mkdir(directory, { recursive: true })
  await writeFile(configuration, prometheusConfiguration(join(directory, 'targets.json')))
  const address = `${switchAddress(bed.settings)}:${PROMETHEUS_PORT}`
  const command = [binary, ...prometheusArguments(configuration, join(directory, 'data'), address)]
  await processes.ensure('prometheus', onBedNetwork(bed, command))
  await untilAnswering(bed, processes, 'prometheus', `http://${address}/-/ready`)
}

/** Waits until `count` targets are known and none is unscraped; what is down by then is reported, not waited for longer. */
export async function untilScraped(url: string, count: number): Promise<Target[]> {
  const deadline = performance.now() + TARGETS_TIMEOUT_MS
  let targets: Target[] | undefined
  while (performance.now() < deadline) {
    targets = await readTargets(url, AbortSignal.timeout(5000)).catch(() => targets)
    if (targets && targets.length >= count && targets.every(({ health }) => health === 'up')) return targets
    await sleep(POLL_MS)
  }
  if (!targets) throw faults.PROMETHEUS_UNREACHABLE(url)
  return targets
}
