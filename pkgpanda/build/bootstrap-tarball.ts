/**
 * The bootstrap tarball (pkgpanda 3.4): an install root with the few packages that `pkgpanda setup` needs, activated without
 * roles and without systemd, for a node that has nothing yet.
 */
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { formatEnvironment } from '../activation/environment-file.ts'
import { planMerge } from '../activation/merge-plan.ts'
import { SERVICE_CONFIGURATION_FILE, serviceConfiguration } from '../activation/sysctl.ts'
import { validateSet } from '../activation/validate-set.ts'
import { formatJson } from '../disk/json-form.ts'
import { formatManifest, MANIFESTS_DIRECTORY, manifestPath } from '../package/manifest.ts'
import { parsePackageId } from '../package/package-id.ts'
import { readMergedEntries, readServiceFiles } from '../package/package-tree.ts'
import { parsePkginfo } from '../package/pkginfo.ts'
import { WANTS_DIRECTORY } from '../package/roles.ts'
import { bootstrapActivePath, bootstrapPath, tarballPath } from '../store/store-layout.ts'
import type { BuilderContext } from './builder.ts'
import { versionOf } from './canonical-hash.ts'
import { faults } from './errors.ts'
import { manifestOf } from './package-manifest.ts'
import { BUILDINFO_FULL_FILE, PKGINFO_FILE } from './package-result.ts'
import { INSTALL_ROOT } from './sources/launcher.ts'
import { fileEntry, listFolder, type TarEntry } from './tar-entries.ts'
import { makeTarball } from './tarball.ts'
import { exitOf, toolEnvironment } from './xz.ts'

/** H of the list of its packages. */
export function bootstrapIdOf(packageIds: readonly string[]): string {
  return versionOf(packageIds)
}

/**
 * Makes it out of the packages' tarballs in the repository and puts it there. Rejects with BUILD_ARTIFACT_DAMAGED, the rules
 * of an active set (PKGPANDA_*) and the faults of the tools.
 */
export async function buildBootstrap(packageIds: readonly string[], context: BuilderContext): Promise<void> {
  const bootstrapId = bootstrapIdOf(packageIds)
  const scratch = join(context.scratch, `bootstrap-${randomBytes(6).toString('hex')}`)
  try {
    for (const id of packageIds) {
      await mkdir(join(scratch, id), { recursive: true })
      await unpackTarball(join(context.repository.directory, tarballPath(id)), join(scratch, id))
    }
    const tarball = await makeTarball(await installRootEntries(packageIds, scratch), context.cache, context.signal)
    await context.repository.put(bootstrapPath(bootstrapId), tarball)
    await context.repository.put(bootstrapActivePath(bootstrapId), `${JSON.stringify(packageIds.toSorted())}\n`)
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}

/** What stands in the install root of a bare node, given the packages unpacked in `packages/<id>`. Links are absolute. */
export async function installRootEntries(packageIds: readonly string[], packages: string): Promise<TarEntry[]> {
  const entries: TarEntry[] = [
    fileEntry('bootstrap', ''),
    directory('active'),
    directory('packages'),
    directory(`packages/${MANIFESTS_DIRECTORY}`),
  ]
  const members = []
  const buildinfos: Record<string, unknown> = {}
  for (const id of packageIds) {
    const folder = join(packages, id)
    const pkginfo = parsePkginfo(await readFile(join(folder, PKGINFO_FILE), 'utf8'), id)
    members.push({
      id,
      pkginfo,
      entries: readMergedEntries(folder, id, []),
      serviceFiles: readServiceFiles(folder, id),
    })
    const { name } = parsePackageId(id)
    buildinfos[name] = JSON.parse(await readFile(join(folder, BUILDINFO_FULL_FILE), 'utf8'))
    const listed = await listFolder(folder)
    entries.push(
      link(`active/${name}`, `packages/${id}`),
      directory(`packages/${id}`),
      fileEntry(manifestPath('packages', id), formatManifest(id, await manifestOf(listed.entries))),
      ...listed.entries.map(entry => ({ ...entry, path: `packages/${id}/${entry.path}` })),
    )
  }
  validateSet(members)

  const plan = planMerge(members, [])
  for (const path of plan.directories) if (!isUnits(path)) entries.push(directory(path))
  for (const { path, packageId, source } of plan.links) {
    if (!isUnits(path)) entries.push(link(path, `packages/${packageId}/${source}`))
  }
  const { environment, environmentExport } = formatEnvironment(members, INSTALL_ROOT)
  entries.push(
    fileEntry('environment', environment),
    fileEntry('environment.export', environmentExport),
    fileEntry('active.buildinfo.full.json', formatJson(buildinfos)),
    fileEntry(`etc/${SERVICE_CONFIGURATION_FILE}`, formatJson(serviceConfiguration(members))),
  )
  return entries
}

function isUnits(path: string): boolean {
  return path === WANTS_DIRECTORY || path.startsWith(`${WANTS_DIRECTORY}/`)
}

function directory(path: string): TarEntry {
  return { type: 'directory', path }
}

function link(path: string, target: string): TarEntry {
  return { type: 'link', path, target: `${INSTALL_ROOT}/${target}` }
}

/** By the system's tar: what is unpacked was made here, and each build shows that tar reads it. Rejects with BUILD_ARTIFACT_DAMAGED. */
export async function unpackTarball(file: string, folder: string): Promise<void> {
  const child = spawn('tar', ['--extract', '--xz', '--file', file, '--directory', folder, '--no-same-owner'], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: toolEnvironment(),
  })
  const [outcome, errors] = await Promise.all([exitOf(child, 'tar'), text(child.stderr)])
  if (outcome !== 'status 0') throw faults.ARTIFACT_DAMAGED(file).because(new Error(errors))
}
