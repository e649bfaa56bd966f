/** STATE/<package name> for packages that ask for it, owned by the package's user (pkgpanda 1.8). */
import {
  closeSync,
  constants,
  fchownSync,
  fstatSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
} from 'node:fs'
import { join } from 'node:path'

/**
 * Makes the directory and gives it and what lies below to `uid`, the group left as it is. Links are not followed, and
 * only owners that differ are changed: 1.9 chowned everything at every activation, through links.
 */
export function ensureStateDirectory(directory: string, uid: number | undefined): void {
  mkdirSync(directory, { recursive: true, mode: 0o755 })
  if (uid !== undefined) own(directory, uid)
}

function own(path: string, uid: number): void {
  try {
    if (lstatSync(path).isDirectory()) ownDirectory(path, uid)
    else ownFile(path, uid)
  } catch (error) {
    // The daemon may run meanwhile: what it removes or replaces between two of our steps is no failure.
    const { code = '' } = error as NodeJS.ErrnoException
    if (!['ENOENT', 'ENOTDIR', 'ELOOP'].includes(code)) throw error
  }
}

/**
 * Entries are reached through the open directory. By its name the daemon could have put a link in its place, and /etc would
 * become its own.
 */
function ownDirectory(path: string, uid: number): void {
  const directory = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW)
  try {
    const stat = fstatSync(directory)
    if (stat.uid !== uid) fchownSync(directory, uid, stat.gid)
    const opened = `/proc/self/fd/${directory}`
    for (const name of readdirSync(opened)) own(join(opened, name), uid)
  } finally {
    closeSync(directory)
  }
}

/**
 * A file of several names is left alone: where the kernel lets users link what is not theirs (fs.protected_hardlinks=0), one of the
 * others may be /etc/shadow. Looked at and changed through the open file, so that no other takes its place in between.
 */
function ownFile(path: string, uid: number): void {
  const found = lstatSync(path)
  if (found.uid === uid) return
  if (!found.isFile()) {
    lchownSync(path, uid, found.gid)
    return
  }
  const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  try {
    const stat = fstatSync(file)
    if (stat.isFile() && stat.nlink === 1) fchownSync(file, uid, stat.gid)
  } finally {
    closeSync(file)
  }
}
