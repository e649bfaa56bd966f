/** A tarball becomes a package of the repository: unpacked beside its final name, looked at, renamed (pkgpanda 2.2, 3.1). */
import { chmodSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { Fault } from '../../src/shared/errors/fault.ts'
import { explainNoSpace } from '../disk/space.ts'
import { unlessAbsent } from '../disk/unless-absent.ts'
import { faults } from '../errors.ts'
import { parsePackageId } from '../package/package-id.ts'
import { parsePkginfo } from '../package/pkginfo.ts'
import { type PlaceOptions, placePackage } from './place-package.ts'
import { healReplacement } from './replace-package.ts'
import { hasPackage, TEMPORARY_PREFIX } from './repository.ts'
import { extractTarball } from './unpack/extract.ts'

/** Where every package lies on a node; absolute links in packages are made for it. */
const FINAL_REPOSITORY = '/opt/mesosphere/packages'

const TARBALL_SUFFIX = '.tar.xz'

/** `/tmp/mesos--0.22.0.tar.xz` → the id. Throws PKGPANDA_TARBALL_NAME, PKGPANDA_ID_MALFORMED. */
export function idOfTarball(file: string): string {
  const name = basename(file)
  if (!name.endsWith(TARBALL_SUFFIX)) throw faults.TARBALL_NAME(name)
  return parsePackageId(name.slice(0, -TARBALL_SUFFIX.length)).id
}

/**
 * The package is in the repository, whole and durable, when it resolves, with its manifest; one that was there stays, unless it
 * is to be replaced. On failure everything is as before. Rejects with the faults of extractTarball,
 * PKGPANDA_PKGINFO_UNREADABLE, PKGPANDA_PACKAGE_TREE_UNREADABLE. `random` names the temporary directory.
 */
export async function addPackage(
  repository: string,
  id: string,
  tarball: string,
  random: string,
  { replace }: PlaceOptions = { replace: false },
): Promise<void> {
  healReplacement(repository, id)
  if (hasPackage(repository, id) && !replace) return
  const directory = join(repository, `${TEMPORARY_PREFIX}${random}`)
  try {
    mkdirSync(repository, { recursive: true })
    mkdirSync(directory)
    // The umask of a caller (the API) may be narrower than the command line's 022.
    chmodSync(directory, 0o755)
    const manifest = await extractTarball(tarball, directory, id, join(FINAL_REPOSITORY, id))
    verifyContents(directory, id)
    await placePackage(repository, id, directory, manifest, { replace })
  } catch (error) {
    rmSync(directory, { recursive: true, force: true })
    throw explainNoSpace(error, repository)
  }
}

/** It must say of itself what it is: a package under another's id would be activated in its place. */
function verifyContents(directory: string, id: string): void {
  const unreadable = (error: unknown) => `cannot be read (${(error as NodeJS.ErrnoException).code})`
  const info = read(join(directory, 'pkginfo.json'), error => faults.PKGINFO_UNREADABLE(id, unreadable(error)))
  if (info === undefined) throw faults.PKGINFO_UNREADABLE(id, 'is missing')
  parsePkginfo(info, id)
  const text = read(join(directory, 'buildinfo.full.json'), error =>
    faults.PACKAGE_TREE_UNREADABLE(id, 'buildinfo.full.json', unreadable(error)),
  )
  // Packages rendered from configuration have none.
  if (text === undefined) return
  let json: { name?: unknown; package_version?: unknown } | null
  try {
    json = JSON.parse(text)
  } catch (error) {
    throw faults.PACKAGE_TREE_UNREADABLE(id, 'buildinfo.full.json', `is not JSON (${(error as Error).message})`)
  }
  const { name, version } = parsePackageId(id)
  const claimed = { name: json?.name ?? name, version: json?.package_version ?? version }
  if (claimed.name !== name || claimed.version !== version) {
    throw faults.PACKAGE_TREE_UNREADABLE(
      id,
      'buildinfo.full.json',
      `says that it is ${claimed.name}--${claimed.version}`,
    )
  }
}

/** Undefined when it is not there. Throws what `fault` makes of any other error: a name that cannot be read proves nothing. */
function read(path: string, fault: (error: unknown) => Fault): string | undefined {
  try {
    return unlessAbsent(() => readFileSync(path, 'utf8'), undefined)
  } catch (error) {
    throw fault(error).because(error)
  }
}
