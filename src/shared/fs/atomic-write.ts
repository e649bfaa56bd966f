/**
 * Replaces a file so that a reader, a crash or a full disk sees the old content or the new, never a part: write a temporary
 * file in the same directory, fsync, rename, fsync the directory.
 */
import { open, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

export interface AtomicWriteOptions {
  /** Mode of the new file; the old file's mode, else 0644, when left out. */
  mode?: number
  /** Skip fsync, for files whose loss in a crash costs nothing (everything below /run). */
  volatile?: boolean
}

/** Rejects with the system's error (ENOSPC, EROFS …), the temporary file removed and the old file untouched. */
export async function writeFileAtomic(
  path: string,
  content: string | Uint8Array,
  { mode, volatile = false }: AtomicWriteOptions = {},
): Promise<void> {
  // Loaded here, since daemons that nobody has asked to write yet start faster without.
  const { randomBytes } = await import('node:crypto')
  // The leading dot keeps the temporary file out of globs such as *.prom and *.conf.
  const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}`)
  const wanted = mode ?? (await modeOf(path)) ?? 0o644
  try {
    const file = await open(temporary, 'wx', wanted)
    try {
      // The umask may have taken bits away at open.
      await file.chmod(wanted)
      await file.writeFile(content)
      if (!volatile) await file.sync()
    } finally {
      await file.close()
    }
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
  if (!volatile) await syncDirectory(dirname(path))
}

/** Makes renames and new names in `directory` survive a power cut. */
export async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

async function modeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).mode & 0o7777
  } catch {
    return undefined
  }
}
