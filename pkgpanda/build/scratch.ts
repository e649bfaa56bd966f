/** Scratch folders of a build: empty at its beginning, gone at its end, whatever a build script has made of them. */
import { chmod, mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'

export interface Scratch extends AsyncDisposable {
  readonly directory: string
}

/** Removes what a killed build left there first. */
export async function openScratch(directory: string): Promise<Scratch> {
  await removeFolder(directory)
  // For everyone to pass: a script that root started does not run as root.
  await mkdir(directory, { recursive: true, mode: 0o755 })
  return { directory, [Symbol.asyncDispose]: () => removeFolder(directory) }
}

/** Also with folders that their owner may not write to, as some tools leave them in their caches. */
export async function removeFolder(directory: string): Promise<void> {
  try {
    await rm(directory, { recursive: true, force: true })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EACCES') throw error
    await openFolders(directory)
    await rm(directory, { recursive: true, force: true })
  }
}

async function openFolders(directory: string): Promise<void> {
  await chmod(directory, 0o700)
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    if (entry.isDirectory()) await openFolders(join(directory, entry.name))
  }
}
