/**
 * From a list of ids to everything that an activation will write (pkgpanda 2.3, steps 1 to 6): whatever can be wrong is found here,
 * and nothing on the node has changed yet.
 */
import { lstatSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { unlessAbsent } from '../disk/unless-absent.ts'
import { faults } from '../errors.ts'
import { compareIds } from '../package/package-id.ts'
import {
  HARDENING_FILE,
  mayProvideUnitFile,
  readHardeningFiles,
  readMergedEntries,
  readServiceFiles,
} from '../package/package-tree.ts'
import { type LoadedPackage, loadPackage, readActiveDirectory } from '../repository/repository.ts'
import { DCOS_TARGET, type InstallPaths, journalPath, NEW, OLD, swappedPath } from '../swap/install-paths.ts'
import { type Generation, stagingNeed } from '../swap/stage.ts'
import type { SwapSurroundings } from '../swap/swap.ts'
import { changedUnits, type UnitText } from '../units/changed-units.ts'
import { acceptedHardening, type HardeningCache, type UnitVerifier } from '../units/hardening.ts'
import {
  planUnits,
  readInstalledFiles,
  readInstalledText,
  readWantedUnits,
  refuseVendorUnits,
} from '../units/unit-links.ts'
import { type ActivationPlan, planActivation } from './activation-plan.ts'
import { formatEnvironment } from './environment-file.ts'
import { type MergePlan, planMerge } from './merge-plan.ts'
import { SERVICE_CONFIGURATION_FILE, serviceConfiguration } from './sysctl.ts'
import { planUsers, type UserDatabase, type WantedUser } from './users.ts'
import { validateSet } from './validate-set.ts'

export interface PreparationSurroundings extends SwapSurroundings {
  readonly roles: readonly string[]
  readonly users: UserDatabase
  /** `manual_host_users`: never create any. */
  readonly manualUsers: boolean
  readonly verifier: () => UnitVerifier
  readonly warn: (line: string) => void
}

export interface PreparedActivation {
  readonly plan: ActivationPlan
  readonly packages: readonly LoadedPackage[]
  readonly generation: Generation
  readonly missingUsers: readonly WantedUser[]
  /** Units to stop, files of the systemd directory to install and to remove. */
  readonly stop: readonly string[]
  readonly install: readonly string[]
  readonly remove: readonly string[]
  /** What was learnt about this host's systemd; undefined when nothing new was. */
  readonly learnt: HardeningCache | undefined
}

/** `all`: stop every unit, changed or not. Rejects with any fault of the groups in errors.ts. */
export function prepareActivation(
  surroundings: PreparationSurroundings,
  ids: readonly string[],
  { all = false }: { all?: boolean },
): PreparedActivation {
  const { paths, users } = surroundings
  refuseForeignRoot(paths)
  const oldIds = readActiveDirectory(swappedPath(paths, 'active'))
  const packages = [...ids].sort(compareIds).map(id => loadPackage(paths.repository, id))
  validateSet(packages)
  const missingUsers = planUsers(packages, users, surroundings.manualUsers)
  const { generation, texts, learnt } = planGeneration(surroundings, packages)
  const oldUnits = readWantedUnits(paths)
  const install = [...generation.unitTexts.keys()]
  const oldDirectories = oldIds.map(id => join(paths.repository, id))
  const leaving = readInstalledFiles(paths).filter(path => !install.includes(path))
  const remove = leaving.filter(path => mayProvideUnitFile(oldDirectories, path))
  for (const path of leaving.filter(each => !remove.includes(each)))
    surroundings.warn(
      `WARNING: ${path} belongs to no package: the file stays, ${DCOS_TARGET} does not want it any more`,
    )
  const oldEnvironment = readText(swappedPath(paths, 'environment'))
  const { environment } = generation.environmentFiles
  const stop = all
    ? oldUnits
    : changedUnits({ oldIds, oldUnits, members: packages, texts, removed: remove, oldEnvironment, environment })
  const plan = planActivation({
    ...{ oldIds, ids: packages.map(({ id }) => id), oldUnits, stop, install, remove, oldEnvironment, environment },
    rewritten: texts
      .filter(({ text, installed }) => installed !== undefined && text !== installed)
      .map(({ path }) => path),
    users: missingUsers.map(({ user }) => user),
    stateDirectories: packages
      .filter(({ pkginfo }) => pkginfo.stateDirectory)
      .map(({ name }) => join(paths.stateRoot, name)),
    links: generation.plan.links.length,
    space: stagingNeed(generation),
  })
  return { plan, packages, generation, missingUsers, stop, install, remove, learnt }
}

/**
 * A directory that never held a set, but programs of somebody else: `bin` would be moved aside by the first activation and deleted by
 * the second. Throws PKGPANDA_ROOT_REFUSED.
 */
function refuseForeignRoot(paths: InstallPaths): void {
  const active = swappedPath(paths, 'active')
  if ([active, active + NEW, active + OLD, journalPath(paths)].some(path => isThere(path))) return
  for (const name of ['bin', 'etc', 'include', 'lib'] as const) {
    const path = swappedPath(paths, name)
    // Empty, or a link that leads nowhere: nothing is lost with it.
    if (
      statSync(path, { throwIfNoEntry: false })?.isDirectory() === false ||
      unlessAbsent(() => readdirSync(path), []).length > 0
    )
      throw faults.ROOT_REFUSED(paths.root)
  }
}

interface PlannedGeneration {
  readonly generation: Generation
  readonly texts: readonly UnitText[]
  readonly learnt: HardeningCache | undefined
}

/** Reads the packages' trees and computes everything that will be written. */
function planGeneration(surroundings: PreparationSurroundings, packages: readonly LoadedPackage[]): PlannedGeneration {
  const { paths, roles } = surroundings
  const plan = planMerge(
    packages.map(({ id, directory }) => ({ id, entries: readMergedEntries(directory, id, roles) })),
    roles,
  )
  refuseGenerated(plan)
  const units: UnitText[] = planUnits(plan).map(({ path, packageId, source }) => ({
    path,
    packageId,
    text: readFileSync(join(paths.repository, packageId, source), 'utf8'),
    installed: readInstalledText(paths, path),
  }))
  // Below a root of their own units take nobody's place.
  if (!paths.rootedSystemd) refuseVendorUnits(units, readWantedUnits(paths))
  const { texts: hardening, learnt } = hardeningTexts(surroundings, packages, units)
  const texts = [...units, ...hardening]
  const generation: Generation = {
    plan,
    ids: packages.map(({ id }) => id),
    environmentFiles: formatEnvironment(packages, paths.root),
    serviceConfiguration: serviceConfiguration(
      packages.map(({ id, pkginfo, directory }) => ({
        id,
        pkginfo,
        serviceFiles: Object.keys(pkginfo.sysctl).length === 0 ? [] : readServiceFiles(directory, id),
      })),
    ),
    buildinfo: Object.fromEntries(packages.map(({ id, name, directory }) => [name, readBuildinfo(directory, id)])),
    unitTexts: new Map(texts.map(({ path, text }) => [path, text])),
  }
  return { generation, texts, learnt }
}

/** Our own file among the merged ones would meet the package's link only while staging. */
function refuseGenerated(plan: MergePlan): void {
  const path = `etc/${SERVICE_CONFIGURATION_FILE}`
  const link = plan.links.find(link => link.path === path)
  if (link) throw faults.FILE_CONFLICT(path, link.packageId, 'pkgpanda itself')
}

/** Drop-ins for the units of the set that this host's systemd accepts, by package. */
function hardeningTexts(
  surroundings: PreparationSurroundings,
  packages: readonly LoadedPackage[],
  units: readonly UnitText[],
): { texts: UnitText[]; learnt: HardeningCache | undefined } {
  const { paths, warn } = surroundings
  const wanted = packages.flatMap(({ id, directory }) =>
    [...readHardeningFiles(directory)]
      .filter(([unit]) => units.some(({ path, packageId }) => path === unit && packageId === id))
      .map(([unit, source]) => ({ id, unit, text: readFileSync(join(directory, source), 'utf8') })),
  )
  if (wanted.length === 0) return { texts: [], learnt: undefined }

  const verifier = surroundings.verifier()
  if (verifier.version === undefined) {
    warn('WARNING: systemd-analyze is not installed, so units run without their hardening drop-ins')
    return { texts: [], learnt: undefined }
  }
  const cache = readCache(hardeningCachePath(paths.stateRoot))
  const known = Object.keys(cache).length
  const texts = wanted.flatMap(({ id, unit, text }) => {
    const path = `${unit}.d/${HARDENING_FILE}`
    const accepted = acceptedHardening(unit, text, verifier, cache)
    return accepted === undefined
      ? []
      : [{ path, packageId: id, text: accepted, installed: readInstalledText(paths, path) }]
  })
  return { texts, learnt: Object.keys(cache).length > known ? cache : undefined }
}

export function hardeningCachePath(stateRoot: string): string {
  return join(stateRoot, 'pkgpanda', 'hardening.json')
}

function readCache(file: string): HardeningCache {
  try {
    return { ...(JSON.parse(readFileSync(file, 'utf8')) as HardeningCache | null) }
  } catch {
    // Absent or damaged: everything is learnt again.
    return {}
  }
}

/** The parsed file; null when the package has none, as packages rendered from configuration do. */
function readBuildinfo(directory: string, id: string): unknown {
  const text = readText(join(directory, 'buildinfo.full.json'))
  if (text === '') return null
  try {
    return JSON.parse(text)
  } catch (error) {
    throw faults.PACKAGE_TREE_UNREADABLE(id, 'buildinfo.full.json', `is not JSON (${(error as Error).message})`)
  }
}

function readText(path: string): string {
  return unlessAbsent(() => readFileSync(path, 'utf8'), '')
}

function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined
}
