/**
 * Directories that stay what they were when they were opened: names are looked up below the open directory (openat(2), by way of
 * /proc/self/fd), so that whoever may rename things around it cannot lead a program of root elsewhere.
 */
import { constants } from 'node:fs'
import { type FileHandle, mkdir, open, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { faults } from './errors.ts'

export interface Directory extends AsyncDisposable {
  /** For messages. */
  readonly path: string
  /** What to give to system calls for a name in it. */
  at(name: string): string
  /** Makes renames in it survive a power cut. */
  sync(): Promise<void>
}

const { O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants

/** The directory of a log. A link to it is followed, as 1.9 did: root alone can make one beside it. Rejects as `openArchive` does. */
export function openLogDirectory(path: string): Promise<Directory> {
  return openSecure(path, path, 0)
}

/**
 * The directory of rotated files; looked up in that of the log when it is there. Made when it is missing. Rejects with
 * LOGROTATE_DIRECTORY_INSECURE for a symbolic link, and, as logrotate does, for a directory that everybody, or a group other than
 * root's, may write to.
 */
export function openArchive(logDirectory: Directory, path: string): Promise<Directory> {
  const lookUp = dirname(path) === logDirectory.path ? logDirectory.at(basename(path)) : path
  return openSecure(lookUp, path, O_NOFOLLOW)
}

/** A directory in one that is open; undefined when `name` is none, or is gone. */
export async function openBelow(parent: Directory, name: string): Promise<Directory | undefined> {
  try {
    return await openPinned(parent.at(name), join(parent.path, name), O_NOFOLLOW)
  } catch (error) {
    if (['ENOENT', 'LOGROTATE_DIRECTORY_INSECURE'].includes((error as NodeJS.ErrnoException).code ?? ''))
      return undefined
    throw error
  }
}

/**
 * A plain file, for reading, or with O_RDWR for truncating; undefined when it is missing. Rejects with LOGROTATE_FILE_INSECURE for a
 * link, a device or a pipe, which would lead us, or hold us up, elsewhere, and for truncating also for one that has a second name there.
 */
export async function openPlainFile(
  directory: Directory,
  name: string,
  flags = O_RDONLY,
): Promise<FileHandle | undefined> {
  const path = join(directory.path, name)
  let file: FileHandle
  try {
    file = await open(directory.at(name), flags | O_NOFOLLOW | O_NONBLOCK)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return undefined
    if (code === 'ELOOP') throw faults.FILE_INSECURE(path, 'is a symbolic link')
    if (code === 'EISDIR' || code === 'ENXIO') throw faults.FILE_INSECURE(path, 'is not a plain file')
    throw error
  }
  const found = await file.stat()
  if (found.isFile() && (found.nlink === 1 || flags === O_RDONLY)) return file
  await file.close()
  throw faults.FILE_INSECURE(path, found.isFile() ? `has ${found.nlink} names` : 'is not a plain file')
}

/** A new file of mode 0600, until it gets the mode and owner of the log. Rejects with EEXIST, also for a link. */
export function createFile(directory: Directory, name: string): Promise<FileHandle> {
  const { O_WRONLY, O_CREAT, O_EXCL } = constants
  return open(directory.at(name), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600)
}

/** Mode and owner of the file that a new one holds the content of. */
export async function takeOwner(file: FileHandle, from: FileHandle): Promise<void> {
  const { uid, gid, mode } = await from.stat()
  await file.chown(uid, gid)
  await file.chmod(mode & 0o777)
}

async function openSecure(lookUp: string, path: string, noFollow: number): Promise<Directory> {
  // What is wrong with a name that is taken, opening it tells better.
  await mkdir(lookUp, { recursive: true, mode: 0o755 }).catch(unlessThere)
  const directory = await openPinned(lookUp, path, noFollow)
  const { mode, gid } = await stat(directory.at('.'))
  const writers = mode & 0o002 ? 'everybody' : mode & 0o020 && gid !== 0 ? `group ${gid}` : undefined
  if (writers === undefined) return directory
  await directory[Symbol.asyncDispose]()
  throw faults.DIRECTORY_INSECURE(path, `can be written to by ${writers}`)
}

function unlessThere(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error
}

async function openPinned(lookUp: string, path: string, noFollow: number): Promise<Directory> {
  const handle = await open(lookUp, O_RDONLY | O_DIRECTORY | noFollow).catch((error: NodeJS.ErrnoException) => {
    // Linux says ENOTDIR for a link when both flags are given.
    if (error.code !== 'ENOTDIR' && error.code !== 'ELOOP') throw error
    throw faults.DIRECTORY_INSECURE(path, 'is a link or no directory')
  })
  return {
    path,
    at: name => `/proc/self/fd/${handle.fd}/${name}`,
    sync: () => handle.sync(),
    [Symbol.asyncDispose]: () => handle.close(),
  }
}
