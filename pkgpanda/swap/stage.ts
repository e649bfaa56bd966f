/** Writes a generation under the nine `.new` names and its units beside their final ones, durable when it returns. */
import { dirname, join } from 'node:path'
import type { EnvironmentFiles } from '../activation/environment-file.ts'
import type { MergePlan } from '../activation/merge-plan.ts'
import { SERVICE_CONFIGURATION_FILE, type ServiceConfigurationJson } from '../activation/sysctl.ts'
import type { Disk } from '../disk/disk.ts'
import { formatJson } from '../disk/json-form.ts'
import { parsePackageId } from '../package/package-id.ts'
import { WANTS_DIRECTORY, WELL_KNOWN_DIRECTORIES } from '../package/roles.ts'
import { stagedUnitPath } from '../units/unit-links.ts'
import { type InstallPaths, NEW, type SwappedName, swapDirectories, swappedPath } from './install-paths.ts'

export interface Generation {
  readonly ids: readonly string[]
  readonly plan: MergePlan
  readonly environmentFiles: EnvironmentFiles
  readonly serviceConfiguration: ServiceConfigurationJson
  /** Package name → its buildinfo.full.json or null. */
  readonly buildinfo: Readonly<Record<string, unknown>>
  /** Files of the systemd directory, by path relative to it. */
  readonly unitTexts: ReadonlyMap<string, string>
}

/** Throws the system's errors; what was staged by then is the caller's to drop. Nothing staged may be there before. */
export function stageGeneration(disk: Disk, paths: InstallPaths, generation: Generation): void {
  const { ids, plan, environmentFiles, serviceConfiguration, buildinfo, unitTexts } = generation
  const directories = plan.directories.map(path => stagedPath(paths, path))
  const active = swappedPath(paths, 'active') + NEW
  directories.push(active)
  for (const directory of directories) disk.makeDirectory(directory)

  for (const { path, packageId, source } of plan.links) {
    const target = path.startsWith(`${WANTS_DIRECTORY}/`)
      ? join(paths.systemdDirectory, path.slice(WANTS_DIRECTORY.length + 1))
      : join(paths.repository, packageId, source)
    disk.makeLink(target, stagedPath(paths, path))
  }
  for (const id of ids) disk.makeLink(join(paths.repository, id), join(active, parsePackageId(id).name))

  disk.writeFile(stagedPath(paths, `etc/${SERVICE_CONFIGURATION_FILE}`), formatJson(serviceConfiguration))
  disk.writeFile(swappedPath(paths, 'environment') + NEW, environmentFiles.environment)
  disk.writeFile(swappedPath(paths, 'environment.export') + NEW, environmentFiles.environmentExport)
  disk.writeFile(swappedPath(paths, 'active.buildinfo.full.json') + NEW, formatJson(buildinfo))
  for (const [path, text] of unitTexts) {
    const file = stagedUnitPath(paths, path)
    if (path.includes('/') && !directories.includes(dirname(file))) {
      disk.makeDirectory(dirname(file))
      directories.push(dirname(file))
    }
    disk.writeFile(file, text)
  }

  for (const directory of [...directories, ...swapDirectories(paths)]) disk.syncDirectory(directory)
}

/** Inodes and bytes that stageGeneration takes, rounded up: each entry may need a block of its own. */
export function stagingNeed(generation: Generation): { inodes: number; bytes: number } {
  const texts = [...generation.unitTexts.values(), ...Object.values(generation.environmentFiles)]
  const inodes =
    generation.plan.directories.length + generation.plan.links.length + generation.ids.length + texts.length + 8
  const json = JSON.stringify(generation.buildinfo).length * 2
  return {
    inodes,
    bytes: generation.plan.directories.length * BLOCK_BYTES + texts.join('').length + json + inodes * 256,
  }
}

const BLOCK_BYTES = 4096

/** `etc/ssl/x` → ROOT/etc.new/ssl/x. */
function stagedPath(paths: InstallPaths, path: string): string {
  const [base = path, ...rest] = path.split('/')
  const name: SwappedName = WELL_KNOWN_DIRECTORIES.find(known => known === base) ?? 'etc'
  return join(swappedPath(paths, name) + NEW, ...rest)
}
