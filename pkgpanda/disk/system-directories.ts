/** Directories of the machine itself (hier(7)): an install root there would be moved aside at an activation, and deleted at an uninstall. */
import { realpathSync } from 'node:fs'
import { dirname } from 'node:path'

const SYSTEM_DIRECTORIES = new Set([
  '/',
  ...names('/', 'bin boot dev etc home lib lib32 lib64 libx32 media mnt opt proc root run sbin srv sys tmp usr var'),
  ...names('/etc/', 'pam.d profile.d security ssh ssl systemd systemd/system'),
  ...names('/usr/', 'bin include lib lib32 lib64 lib/systemd lib/systemd/system libexec sbin share src'),
  ...names('/usr/', 'local local/bin local/etc local/lib local/sbin local/share'),
  ...names('/var/', 'cache lib lib/docker lib/systemd local lock log mail opt run spool tmp'),
  ...names('/run/', 'lock systemd systemd/system user'),
])

/** Whether the path, or what it leads to by links, is one of them. */
export function isSystemDirectory(path: string): boolean {
  return SYSTEM_DIRECTORIES.has(path) || SYSTEM_DIRECTORIES.has(realPath(path))
}

/** Whether `path` lies in `directory` or is the same, links followed. */
export function contains(directory: string, path: string): boolean {
  const [outer, inner] = [realPath(directory), realPath(path)]
  return inner === outer || inner.startsWith(outer === '/' ? outer : `${outer}/`)
}

/** Of what is not there: that of its parent, and the rest as it is written. */
function realPath(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    const parent = dirname(path)
    return parent === path
      ? path
      : `${realPath(parent).replace(/\/$/, '')}${path.slice(parent === '/' ? 0 : parent.length)}`
  }
}

function names(prefix: string, list: string): string[] {
  return list.split(' ').map(name => prefix + name)
}
