/**
 * Puts the text in the file's place: by rename, so that no program ever reads a part of it; in place where the file is itself a
 * mount, as in containers, and can't be renamed over (dns 4.3).
 */
import { lstat, readFile, stat, writeFile } from 'node:fs/promises'
import { writeFileAtomic } from '../shared/fs/atomic-write.ts'
import { faults } from './errors.ts'

export type Outcome = 'unchanged' | 'replaced' | 'written in place'

/** Every user's programs read it. */
const MODE = 0o644

/** More is no resolv.conf; what stands there is not read whole to compare it. */
const SIZE_MAX_BYTES = 64 * 1024

/** The file's text, through a symbolic link too; '' when there is none, it cannot be read or is too large to be one. */
export async function readCurrent(path: string): Promise<string> {
  try {
    const found = await stat(path)
    // A pipe would hold the run up until it is killed, a device may never end.
    if (!found.isFile() || found.size > SIZE_MAX_BYTES) return ''
    return await readFile(path, 'utf8')
  } catch {
    return ''
  }
}

/**
 * A symbolic link (systemd-resolved's) is replaced by a plain file, its target left alone. An equal file of mode 0644 is not touched.
 * Rejects with RESOLVCONF_FILE_UNWRITABLE, or _FILE_INCOMPLETE when a mounted file could not be written to its end.
 *
 * DEPARTURE (dns 4.3): the temporary file has a random name in the same directory, not `<path>.tmp`.
 */
export async function replaceFile(path: string, text: string): Promise<Outcome> {
  const plain = await isPlain(path)
  const equal = (await readCurrent(path)) === text
  if (plain && equal) return 'unchanged'
  try {
    await writeFileAtomic(path, text, { mode: MODE })
    return 'replaced'
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code !== 'EBUSY') throw faults.FILE_UNWRITABLE(path, message).because(error)
  }
  if (equal) return 'unchanged'
  try {
    await writeFile(path, text)
    return 'written in place'
  } catch (error) {
    throw faults.FILE_INCOMPLETE(path, (error as Error).message).because(error)
  }
}

async function isPlain(path: string): Promise<boolean> {
  try {
    const found = await lstat(path)
    return found.isFile() && (found.mode & 0o7777) === MODE
  } catch {
    return false
  }
}
