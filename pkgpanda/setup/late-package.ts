/**
 * Late packages: a `.dcos_config` YAML of the store becomes a package on the node, with values that only the node knows
 * (pkgpanda 5.4).
 */
import { createHash } from 'node:crypto'
import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parse as parseYaml } from 'yaml'
import { syncDirectory } from '../../src/shared/fs/atomic-write.ts'
import { confinedPath } from '../../src/shared/fs/confined-path.ts'
import { explainNoSpace } from '../disk/space.ts'
import { faults } from '../errors.ts'
import type { ManifestEntry } from '../package/manifest.ts'
import { compareIds, formatPackageId, parsePackageId } from '../package/package-id.ts'
import { readTree } from '../package/read-manifest.ts'
import { placePackage } from '../repository/place-package.ts'
import { hasPackage, TEMPORARY_PREFIX } from '../repository/repository.ts'

export interface LateFile {
  /** Relative to the package. */
  readonly path: string
  readonly content: string
  readonly mode: number
}

const START = 'LATE_BIND_PLACEHOLDER_START_'
const END = '_LATE_BIND_PLACEHOLDER_END'
const KEYS = ['path', 'content', 'permissions']

/** The YAML's text with its markers replaced → files. Throws PKGPANDA_LATE_PACKAGE_MALFORMED. Pure. */
export function renderLatePackage(text: string, id: string, values: Readonly<Record<string, string>>): LateFile[] {
  const malformed = (why: string) => faults.LATE_PACKAGE_MALFORMED(id, why)
  let yaml: { package?: unknown } | null
  try {
    yaml = parseYaml(text)
  } catch (error) {
    throw malformed((error as Error).message)
  }
  if (!Array.isArray(yaml?.package)) throw malformed('a list named package expected')
  return yaml.package.map((entry: Record<string, unknown> | null) => {
    const { path, content = '', permissions = '0644' } = entry ?? {}
    if (typeof path !== 'string' || typeof content !== 'string') throw malformed('each file needs a path and a content')
    const unknown = Object.keys(entry ?? {}).find(key => !KEYS.includes(key))
    if (unknown !== undefined) throw malformed(`${path} has the unknown key ${unknown}`)
    if (typeof permissions !== 'string' || !/^0?[0-7]{3}$/.test(permissions)) {
      throw malformed(`permissions of ${path}: an octal string such as "0644" expected`)
    }
    const inside = path.replace(/^\/+/, '')
    if (inside === '' || inside.split('/').includes('..')) throw malformed(`${path} is not a path in the package`)
    return { path: inside, content: bind(content, values, malformed), mode: Number.parseInt(permissions, 8) }
  })
}

function bind(content: string, values: Readonly<Record<string, string>>, malformed: (why: string) => Error): string {
  const [head = '', ...pieces] = content.split(START)
  if (head.includes(END)) throw malformed('a placeholder ends that never began')
  return pieces.reduce((text, piece) => {
    const [name = '', ...rest] = piece.split(END)
    if (rest.length !== 1)
      throw malformed(`the placeholder at ${JSON.stringify(piece.slice(0, 40))} is nested or does not end`)
    const value = Object.hasOwn(values, name) ? values[name] : undefined
    if (value === undefined) throw malformed(`no value is bound to ${name}`)
    return text + value + rest[0]
  }, head)
}

/**
 * `dcos-provider--setup_0123456789abcdef`: other contents get another id, so that activation sees the change. The prefix
 * `setup` marks a configuration, whose change restarts every service (changed-units.ts).
 */
export function renderedId(name: string, files: readonly LateFile[]): string {
  const sorted = files.toSorted((left, right) => compareIds(left.path, right.path))
  const text = JSON.stringify(sorted.map(({ path, mode, content }) => [path, mode, content]))
  return formatPackageId(name, `setup_${createHash('sha256').update(text).digest('hex').slice(0, 16)}`)
}

/** Whether `id` came from the late package `lateId`: rendered here, or, as `NAME--setup`, by 1.9. */
export function isRenderingOf(id: string, lateId: string): boolean {
  const { name } = parsePackageId(lateId)
  return id === lateId || (id.startsWith(`${name}--setup_`) && /--setup_[0-9a-f]{16}$/.test(id))
}

/**
 * Writes the files as a package of the repository, by one rename; one that is there stays. Rejects with PKGPANDA_NO_SPACE,
 * PKGPANDA_DISK_FAILED; nothing is left then.
 */
export async function addLatePackage(
  repository: string,
  id: string,
  files: readonly LateFile[],
  random: string,
): Promise<void> {
  if (hasPackage(repository, id)) return
  const directory = join(repository, `${TEMPORARY_PREFIX}${random}`)
  try {
    mkdirSync(directory, { recursive: true })
    const all = files.some(({ path }) => path === 'pkginfo.json')
      ? files
      : [...files, { path: 'pkginfo.json', content: '{}\n', mode: 0o644 }]
    const directories = new Set<string>()
    for (const { path, content, mode } of all) {
      const file = confinedPath(directory, path)
      mkdirSync(dirname(file), { recursive: true })
      writeFileSync(file, content, { flag: 'wx', flush: true })
      chmodSync(file, mode)
      for (let at = dirname(file); at.length >= directory.length; at = dirname(at)) directories.add(at)
    }
    for (const each of directories) {
      // The umask of a caller (the API) may be narrower than the command line's 022.
      chmodSync(each, 0o755)
      await syncDirectory(each)
    }
    const manifest = new Map<string, ManifestEntry>()
    for await (const [path, entry] of readTree(directory)) if (entry.type !== 'unfit') manifest.set(path, entry)
    await placePackage(repository, id, directory, manifest, { replace: false })
  } catch (error) {
    rmSync(directory, { recursive: true, force: true })
    throw explainNoSpace(error, repository)
  }
}
