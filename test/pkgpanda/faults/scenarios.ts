/** What is disturbed: one row a command, with the node it begins on. Adding a command is adding a row. */
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { tarballPath } from '../../../pkgpanda/store/store-layout.ts'
import { SWAPPED_NAMES } from '../../../pkgpanda/swap/install-paths.ts'
import { LATE_TEMPLATE_ID, LATE_VALUE, PACKAGES } from './packages.ts'
import { type Program, runProgram, traceProgram } from './program.ts'
import { writeTree } from './tree.ts'

export interface Workshop {
  readonly program: Program
  /** Directory of the store, and its URL on a loopback server. */
  readonly store: string
  readonly storeUrl: string
}

export interface Scenario {
  readonly name: string
  /** Brings an empty directory to the state in which the command begins. */
  readonly start: (workshop: Workshop, node: string) => Promise<void>
  /** The command without the options for paths. */
  readonly words: (workshop: Workshop) => readonly string[]
  /** What comes first after a fault: `setup`, as at boot, or the command again where only that leads on. */
  readonly next: 'setup' | 'again'
  /** `new`: whatever happens, `next` brings the new state, never the old one. */
  readonly ends: 'old-or-new' | 'new'
  /** True where the old set is an answer also after the exchange: nobody found the new one good. */
  readonly isTrial?: boolean
  /** False where nothing is left that could be read. */
  readonly isReadable?: boolean
}

const OLDER = ['base--1']
const OLD = ['base--1', 'dcos-metrics--1', 'gone--1']
const NEW_SET = ['base--2', 'came--1']

export const SCENARIOS: readonly Scenario[] = [
  {
    name: 'activate',
    start: upgradable,
    words: () => ['activate', ...NEW_SET],
    next: 'setup',
    ends: 'old-or-new',
  },
  { name: 'swap', start: upgradable, words: () => ['swap', 'base--2'], next: 'setup', ends: 'old-or-new' },
  { name: 'first setup', start: unbooted, words: () => ['setup'], next: 'setup', ends: 'new' },
  {
    name: 'add',
    start: withoutPackages,
    words: ({ store }) => ['add', join(store, tarballPath('base--2'))],
    next: 'setup',
    ends: 'old-or-new',
  },
  {
    name: 'fetch',
    start: withoutPackages,
    words: ({ storeUrl }) => ['fetch', `--repository-url=${storeUrl}`, 'base--2', 'came--1'],
    next: 'setup',
    ends: 'old-or-new',
  },
  {
    name: 'remove',
    start: upgradable,
    words: () => ['remove', 'base--2', 'came--1'],
    next: 'setup',
    ends: 'old-or-new',
  },
  {
    name: 'activate on trial',
    start: upgradable,
    words: () => ['activate', '--check-timeout=20s', ...NEW_SET],
    next: 'setup',
    ends: 'old-or-new',
    isTrial: true,
  },
  {
    name: 'fetch --force of an active package',
    start: upgradable,
    words: ({ storeUrl }) => ['fetch', '--force', `--repository-url=${storeUrl}`, 'base--1'],
    next: 'setup',
    ends: 'old-or-new',
  },
  { name: 'gc', start: upgradable, words: () => ['gc', '--keep=0'], next: 'setup', ends: 'old-or-new' },
  {
    name: 'uninstall',
    start: upgradable,
    words: () => ['uninstall'],
    next: 'again',
    ends: 'new',
    isReadable: false,
  },
]

export function scenarioNamed(name: string): Scenario {
  const found = SCENARIOS.find(row => row.name === name)
  if (found === undefined) throw new Error(`there is no scenario ${name}`)
  return found
}

/** Recovery of an activation that was killed after so many of its renames, the journal's being the first. */
export function recoveryScenario(renames: number): Scenario {
  return {
    name: `recovery after ${renames} renames`,
    start: (workshop, node) => interrupted(workshop, node, renames),
    words: () => ['setup'],
    next: 'setup',
    ends: 'new',
  }
}

/** So many renames there are in the activation, from the journal's on. */
export const SWAP_RENAMES = 3 * SWAPPED_NAMES.length + 1

/** Every path option of the original, all of them below `node`. */
export function pathOptions(node: string): string[] {
  const paths = [`--root=${node}/root`, `--repository=${node}/root/packages`]
  return [...paths, `--config-dir=${node}/config`, `--state-dir-root=${node}/state`, '--rooted-systemd', '--no-systemd']
}

export async function mustSucceed({ program }: Workshop, node: string, ...words: string[]): Promise<void> {
  const { status, err } = await runProgram(program, [...words, ...pathOptions(node)])
  if (status !== 0) throw new Error(`pkgpanda ${words.join(' ')} ended with ${status}: ${err}`)
}

function makeDirectories(node: string, packages: readonly string[]): void {
  for (const path of ['root/packages', 'config/roles', 'state']) mkdirSync(join(node, path), { recursive: true })
  writeFileSync(join(node, 'config/roles/master'), '')
  for (const id of packages) writeTree(join(node, 'root/packages', id), PACKAGES.get(id)!)
}

/** OLD is active after OLDER, NEW_SET in the repository, an operator's drop-in beside a unit. */
async function upgradable(workshop: Workshop, node: string): Promise<void> {
  makeDirectories(node, [...new Set([...OLDER, ...OLD, ...NEW_SET])])
  await mustSucceed(workshop, node, 'activate', ...OLDER)
  await mustSucceed(workshop, node, 'activate', ...OLD)
  mkdirSync(join(node, 'root/dcos-base.service.d'))
  writeFileSync(join(node, 'root/dcos-base.service.d/99-operator.conf'), '[Service]\nNice=4\n')
}

async function withoutPackages(workshop: Workshop, node: string): Promise<void> {
  await upgradable(workshop, node)
  for (const id of ['base--2', 'came--1']) rmSync(join(node, 'root/packages', id), { recursive: true })
}

/** A bootstrap tarball's set and marker; the flags name what is fetched, and a late package. */
async function unbooted(workshop: Workshop, node: string): Promise<void> {
  makeDirectories(node, OLDER)
  await mustSucceed(workshop, node, 'activate', ...OLDER)
  for (const name of ['dcos.target.wants', 'environment', 'environment.export', 'active.buildinfo.full.json']) {
    rmSync(join(node, 'root', name), { recursive: true })
  }
  rmSync(join(node, 'root/dcos-base.service'))
  writeFileSync(join(node, 'root/bootstrap'), '')
  const flags = join(node, 'config/setup-flags')
  mkdirSync(flags)
  writeFileSync(join(flags, 'repository-url'), `file://${workshop.store}\n`)
  writeFileSync(join(flags, 'cluster-packages.json'), JSON.stringify(['came--1', 'dcos-metrics--1']))
  const late = `late_bound_package_id: ${LATE_TEMPLATE_ID}\nbound_values:\n  value: ${LATE_VALUE}\n`
  writeFileSync(join(flags, 'late-config.yaml'), late)
}

async function interrupted(workshop: Workshop, node: string, renames: number): Promise<void> {
  await upgradable(workshop, node)
  const { signal } = await traceProgram(
    workshop.program,
    ['activate', ...NEW_SET, ...pathOptions(node)],
    join(node, 'trace'),
    { threads: false, inject: [`--inject=rename:signal=KILL:when=${renames + 1}`] },
  )
  if (signal !== 'SIGKILL' || !existsSync(join(node, 'root/install_progress')))
    throw new Error(`rename ${renames + 1} is none of the swap`)
}
