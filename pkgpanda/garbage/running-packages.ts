/** Packages that processes of this node use, by proc(5): their program, what they have mapped or opened, what their command line names. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { compareIds, isPackageId } from '../package/package-id.ts'

/** A process with more is looked at in part; a daemon of the suite has some 30. */
const OPEN_FILES_MAX = 4_096

/** Ids, sorted. Processes that end meanwhile, or that this user may not look into, are passed over. */
export function readRunningPackages(repository: string, procfs = '/proc'): string[] {
  const found = new Set<string>()
  for (const pid of names(procfs).filter(name => /^\d+$/.test(name))) {
    // This very process runs from a package as well, and is counted like any other.
    const at = join(procfs, pid)
    const texts = [link(join(at, 'exe')), link(join(at, 'cwd')), read(join(at, 'cmdline')), read(join(at, 'maps'))]
    for (const fd of names(join(at, 'fd')).slice(0, OPEN_FILES_MAX)) texts.push(link(join(at, 'fd', fd)))
    for (const text of texts) for (const id of packagesNamed(text, repository)) found.add(id)
  }
  return [...found].sort(compareIds)
}

/** Every id that a path below the repository has in a text, whatever is around it. Pure. */
export function packagesNamed(text: string, repository: string): string[] {
  const ids: string[] = []
  const prefix = `${repository}/`
  for (let at = text.indexOf(prefix); at !== -1; at = text.indexOf(prefix, at + 1)) {
    const id = /^[a-zA-Z0-9@._+:-]+/.exec(text.slice(at + prefix.length, at + prefix.length + 512))?.[0]
    if (id !== undefined && isPackageId(id)) ids.push(id)
  }
  return ids
}

function names(directory: string): string[] {
  try {
    return readdirSync(directory)
  } catch {
    return []
  }
}

function link(path: string): string {
  try {
    return readlinkSync(path)
  } catch {
    return ''
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return ''
  }
}
