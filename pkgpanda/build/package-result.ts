/** What a build script left behind, checked before it becomes a package: nothing that a node would refuse or that only works here. */
import { readFile } from 'node:fs/promises'
import { basename, posix } from 'node:path'
import { RESERVED_UNITS } from '../units/unit-links.ts'
import { faults } from './errors.ts'
import { listFolder, type TarEntry } from './tar-entries.ts'

const WANTS = /^dcos\.target\.wants(_[^/]+)?\//

/** Written by the builder, never by a script. */
export const PKGINFO_FILE = 'pkginfo.json'
export const BUILDINFO_FULL_FILE = 'buildinfo.full.json'

/**
 * The entries of `folder`. `scratch` are paths of the build machine that may stand in no file; nor may `inside`, what a script
 * with a root of its own sees instead: what builds with one shall build without. Rejects with BUILD_RESULT_*.
 */
export async function loadResult(
  name: string,
  folder: string,
  scratch: readonly string[],
  inside: readonly string[],
): Promise<TarEntry[]> {
  const { entries, unfit } = await listFolder(folder)
  for (const { path, what } of unfit) throw faults.RESULT_FILE_KIND(name, path, what)
  for (const entry of entries) {
    checkEntry(name, entry)
    const leak = await leakOf(entry, scratch, inside)
    if (leak) throw faults.RESULT_LEAKS_PATH(name, entry.path, leak)
  }
  return entries
}

/** The rules that need no file's content. Throws BUILD_RESULT_*. */
export function checkEntry(name: string, entry: TarEntry): void {
  const { path } = entry
  if (path === PKGINFO_FILE || path === BUILDINFO_FULL_FILE) throw faults.RESULT_FILE_RESERVED(name, path)
  if (WANTS.test(path) && RESERVED_UNITS.includes(basename(path))) throw faults.RESULT_UNIT_RESERVED(name, path)
  if (entry.type === 'link' && leavesPackage(path, entry.target))
    throw faults.RESULT_FILE_KIND(name, path, `a link to ${entry.target}, outside the package`)
}

function leavesPackage(path: string, target: string): boolean {
  const resolved = posix.normalize(posix.join(posix.dirname(path), target))
  return posix.isAbsolute(target) || resolved === '..' || resolved.startsWith('../')
}

async function leakOf(
  entry: TarEntry,
  scratch: readonly string[],
  inside: readonly string[],
): Promise<string | undefined> {
  if (entry.type !== 'file') return undefined
  const content = Buffer.from(typeof entry.content === 'string' ? await readFile(entry.content) : entry.content)
  return scratch.find(path => content.includes(path)) ?? inside.find(path => holdsPath(content, path))
}

/** `/pkg/src` as a path, but not in `vendor/pkg/src/x` or `/pkg/srcs`: short as it is, it may be part of another one. */
export function holdsPath(content: Buffer, path: string): boolean {
  for (let at = content.indexOf(path); at >= 0; at = content.indexOf(path, at + 1)) {
    const before = content.toString('latin1', Math.max(0, at - 3), at)
    const after = content.toString('latin1', at + path.length, at + path.length + 1)
    // -I/pkg/src and -L/pkg/src, as compilers take them.
    if ((!/[\w.@~+-]$/.test(before) || /(^|\W)-[IL]$/.test(before)) && !/^[\w.@~+-]/.test(after)) return true
  }
  return false
}
