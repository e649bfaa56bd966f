/**
 * One activation from a list of ids to a running set (pkgpanda 2.3): everything that can fail is found before the first
 * change, and nothing stops before the new generation is staged and durable.
 */
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { changedUnits, type UnitText } from './changed-units.ts'
import type { Disk } from './disk.ts'
import { formatEnvironment } from './environment-file.ts'
import { faults } from './errors.ts'
import { acceptedHardening, type HardeningCache, type UnitVerifier } from './hardening.ts'
import { swappedPath } from './install-paths.ts'
import { formatJson } from './json-form.ts'
import { type MergePlan, planMerge } from './merge-plan.ts'
import { compareIds, parsePackageId } from './package-id.ts'
import { HARDENING_FILE, readHardeningFiles, readMergedEntries, readServiceFiles } from './package-tree.ts'
import { type LoadedPackage, loadPackage, readActiveDirectory } from './repository.ts'
import { writeScrapeTargets } from './scrape-targets.ts'
import { explainNoSpace, requireSpace } from './space.ts'
import { type Generation, stageGeneration, stagingNeed } from './stage.ts'
import { ensureStateDirectory } from './state-directories.ts'
import { dropStaging, type SwapSurroundings, swapGenerations } from './swap.ts'
import { SERVICE_CONFIGURATION_FILE, serviceConfiguration } from './sysctl.ts'
import { planUnits, readInstalledFiles, readInstalledText, readWantedUnits } from './unit-links.ts'
import { planUsers, type UserDatabase } from './users.ts'
import { validateSet } from './validate-set.ts'

export interface ActivationSurroundings extends SwapSurroundings {
  readonly roles: readonly string[]
  readonly users: UserDatabase
  /** `manual_host_users`: never create any. */
  readonly manualUsers: boolean
  readonly verifier: () => UnitVerifier
  /** Unique per activation. */
  readonly nonce: string
  readonly warn: (line: string) => void
}

export interface ActivationOptions {
  /** Stop and start every unit, changed or not, as 1.9 did. */
  all?: boolean
}

/** Makes exactly `ids` the active set. Rejects with any fault of the groups in errors.ts; the old set stands then. */
export async function activate(
  surroundings: ActivationSurroundings,
  ids: readonly string[],
  { all = false }: ActivationOptions = {},
): Promise<void> {
  const { paths, disk, users } = surroundings
  const oldIds = readActiveDirectory(swappedPath(paths, 'active'))

  // 1. what is asked for, and whether it can be
  const packages = [...ids].sort(compareIds).map(id => loadPackage(paths.repository, id))
  validateSet(packages)
  const missingUsers = planUsers(packages, users, surroundings.manualUsers)
  const { generation, texts } = planGeneration(surroundings, packages)
  const oldUnits = readWantedUnits(paths)
  const install = [...generation.unitTexts.keys()]
  const remove = readInstalledFiles(paths).filter(path => !install.includes(path))
  const stop = all
    ? oldUnits
    : changedUnits({
        oldIds,
        oldUnits,
        members: packages,
        texts,
        removed: remove,
        oldEnvironment: readText(swappedPath(paths, 'environment')),
        environment: generation.environmentFiles.environment,
      })

  mkdirSync(paths.root, { recursive: true })
  mkdirSync(paths.systemdDirectory, { recursive: true })

  // 2. what lies outside the nine names, and does no harm when the rest fails
  dropStaging(disk, paths)
  requireSpace(paths.root, stagingNeed(generation))
  for (const { user, group } of missingUsers) users.create(user, group)
  for (const { name, pkginfo } of packages) {
    if (!pkginfo.stateDirectory) continue
    ensureStateDirectory(join(paths.stateRoot, name), (pkginfo.username && users.uidOf(pkginfo.username)) || undefined)
  }

  // 3. staging; a full disk is found here at the latest
  try {
    stageGeneration(disk, paths, generation)
  } catch (error) {
    dropStaging(disk, paths)
    throw explainNoSpace(error, paths.root)
  }

  // 4. the swap
  const target = packages.map(({ id }) => id)
  await swapGenerations(surroundings, {
    stage: 'archive',
    version: 2,
    nonce: surroundings.nonce,
    target,
    stop,
    install,
    remove,
  })
  await writeScrapeTargets(surroundings, target)
}

/** Reads the packages' trees and computes everything that will be written. Changes only the hardening cache. */
function planGeneration(
  surroundings: ActivationSurroundings,
  packages: readonly LoadedPackage[],
): { generation: Generation; texts: UnitText[] } {
  const { paths, roles } = surroundings
  const plan = planMerge(
    packages.map(({ id, directory }) => ({ id, entries: readMergedEntries(directory, id, roles) })),
    roles,
  )
  refuseGenerated(plan)
  const texts: UnitText[] = planUnits(plan).map(({ path, packageId, source }) => ({
    path,
    packageId,
    text: readFileSync(join(paths.repository, packageId, source), 'utf8'),
    installed: readInstalledText(paths, path),
  }))
  texts.push(...hardeningTexts(surroundings, packages, texts))
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
  return { generation, texts }
}

/** Our own file among the merged ones would meet the package's link only while staging. */
function refuseGenerated(plan: MergePlan): void {
  const path = `etc/${SERVICE_CONFIGURATION_FILE}`
  const link = plan.links.find(link => link.path === path)
  if (link) throw faults.FILE_CONFLICT(path, link.packageId, 'pkgpanda itself')
}

/** Drop-ins for the units of the set that this host's systemd accepts, by package. */
function hardeningTexts(
  surroundings: ActivationSurroundings,
  packages: readonly LoadedPackage[],
  units: readonly UnitText[],
): UnitText[] {
  const { paths, warn, disk } = surroundings
  const wanted = packages.flatMap(({ id, directory }) =>
    [...readHardeningFiles(directory)]
      .filter(([unit]) => units.some(({ path, packageId }) => path === unit && packageId === id))
      .map(([unit, source]) => ({ id, unit, text: readFileSync(join(directory, source), 'utf8') })),
  )
  if (wanted.length === 0) return []

  const verifier = surroundings.verifier()
  if (verifier.version === undefined) {
    warn('WARNING: systemd-analyze is not installed, so units run without their hardening drop-ins')
    return []
  }
  const cacheFile = join(paths.stateRoot, 'pkgpanda', 'hardening.json')
  const cache = readCache(cacheFile)
  const known = Object.keys(cache).length
  const texts = wanted.flatMap(({ id, unit, text }) => {
    const path = `${unit}.d/${HARDENING_FILE}`
    const accepted = acceptedHardening(unit, text, verifier, cache)
    return accepted === undefined
      ? []
      : [{ path, packageId: id, text: accepted, installed: readInstalledText(paths, path) }]
  })
  if (Object.keys(cache).length > known) writeCache(disk, cacheFile, cache)
  return texts
}

function readCache(file: string): HardeningCache {
  try {
    return { ...(JSON.parse(readFileSync(file, 'utf8')) as HardeningCache | null) }
  } catch {
    // Absent or damaged: everything is learnt again.
    return {}
  }
}

function writeCache(disk: Disk, file: string, cache: HardeningCache): void {
  ensureStateDirectory(join(file, '..'), undefined)
  disk.remove(`${file}.tmp`)
  disk.writeFile(`${file}.tmp`, formatJson(cache))
  disk.rename(`${file}.tmp`, file)
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
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

/** The active ids with one replaced by another version of the same package. Throws PKGPANDA_NOT_ACTIVE. Pure. */
export function swappedSet(active: readonly string[], id: string): string[] {
  const { name } = parsePackageId(id)
  if (!active.some(entry => entry.split('--')[0] === name)) throw faults.NOT_ACTIVE(name)
  return active.map(entry => (entry.split('--')[0] === name ? id : entry)).sort(compareIds)
}
