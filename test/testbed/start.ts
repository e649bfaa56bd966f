/**
 * `npm start`: from a clean clone to running nodes. Every step looks first at what is there, so that a second run only
 * does what has changed. What it makes is recorded before it is used: npm run stop removes it, wherever this stopped.
 */
import { allDone } from './all-done.ts'
import { type Bed, openBed } from './bed.ts'
import { bringUpToDate, buildPackages, configureCluster, serveRepository, settle } from './cluster.ts'
import { faults } from './errors.ts'
import { type BedNode, planNodes } from './nodes.ts'
import { checkMachine, installTools } from './preflight.ts'
import { openProcesses } from './processes.ts'
import { type Progress, startProgress } from './progress.ts'
import { servePrometheus, untilScraped, writeTargets } from './prometheus.ts'
import { runBedCommand } from './run-command.ts'
import { processDirectory, startBed } from './settings.ts'
import { parseStartOptions } from './start-options.ts'
import { printStatus } from './status-report.ts'
import { openGateway, readUrls } from './urls.ts'

runBedCommand(async () => {
  const settings = startBed(process.env)
  const { masters } = parseStartOptions(process.argv.slice(2))
  const nodes = planNodes(masters, settings.net)
  await checkMachine(settings)
  const bed = openBed(settings)
  const processes = openProcesses(processDirectory(settings))
  await processes.claim('start')
  stopPolitely()
  const missing = await missingNodes(bed, nodes)

  using progress = startProgress(process.stderr)
  await progress.step('tools', installTools)
  await allDone([progress.step('packages', buildPackages), progress.step('images', () => bed.image(['zookeeper']))])
  await boot(bed, missing, progress)
  await progress.step('configuration', () => configureCluster(bed, nodes))
  await progress.step('repository', () => serveRepository(bed, processes))
  await allDone(nodes.map(node => bringNode(bed, node, progress)))
  await progress.step('units', () => allDone(nodes.map(node => settle(bed, node))))
  await progress.step('prometheus', async () => {
    const targets = await writeTargets(bed)
    await servePrometheus(bed, processes)
    await openGateway(bed, processes, nodes)
    await untilScraped((await readUrls(bed)).prometheus ?? '', targets)
  })
  await processes.stop('start')
  process.stdout.write('\n')
  await printStatus(bed, false)
})

/** The nodes that are to be booted. Throws BED_NODES_DIFFER when those that are there belong to another plan. */
async function missingNodes(bed: Bed, nodes: readonly BedNode[]): Promise<BedNode[]> {
  const there = (await bed.nodes()).map(({ name }) => name)
  const wanted = nodes.map(({ name }) => name)
  const missing = nodes.filter(({ name }) => !there.includes(name))
  const mastersMissing = missing.some(({ role }) => role === 'master')
  if (there.some(name => !wanted.includes(name)) || (there.length > 0 && mastersMissing)) {
    throw faults.NODES_DIFFER(there.join(' '), wanted.join(' '))
  }
  return missing
}

async function boot(bed: Bed, missing: readonly BedNode[], progress: Progress): Promise<void> {
  if (missing.length === 0) return
  await progress.step(`boot ${missing.map(({ name }) => name).join(' ')}`, () => bed.up(missing))
}

async function bringNode(bed: Bed, node: BedNode, progress: Progress): Promise<void> {
  await progress.step(
    `install ${node.name}`,
    () => bringUpToDate(bed, node),
    outcome => `${node.name} ${outcome}`,
  )
}

/** What runs on is no child of the terminal; the rest ends with it. */
function stopPolitely(): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      process.stderr.write('\ninterrupted: run npm start to go on, or npm run stop to remove what was made\n')
      process.exit(signal === 'SIGINT' ? 130 : 143)
    })
  }
}
