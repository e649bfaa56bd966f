/**
 * Exchanges a package of the repository for another tree, also an active one, whose links lead through its id. Two renames, one
 * right after the other; Node.js has no renameat2(RENAME_EXCHANGE). What a crash leaves tells how to go on:
 *
 *     id   .replacing-id   .replaced-id
 *     old  new             –             before the first rename: the old one stays
 *     –    new             old           between the two: the new one, which is whole and on disk, moves in
 *     new  –               old           done; the old one goes
 */
import { existsSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { syncDirectory } from '../../src/shared/fs/atomic-write.ts'

/** Before an id; the leading dot can never begin one. dcos-setup's script knows both names too. */
export const REPLACING_PREFIX = '.replacing-'
export const REPLACED_PREFIX = '.replaced-'

/** `directory` lies in the repository, is whole and on disk; it is gone afterwards, the old tree too. */
export async function replacePackage(repository: string, id: string, directory: string): Promise<void> {
  const current = join(repository, id)
  const replacing = join(repository, REPLACING_PREFIX + id)
  const replaced = join(repository, REPLACED_PREFIX + id)
  renameSync(directory, replacing)
  renameSync(current, replaced)
  renameSync(replacing, current)
  await syncDirectory(repository)
  rmSync(replaced, { recursive: true, force: true })
}

/** Finishes an exchange of this package that was interrupted, if there was one. */
export function healReplacement(repository: string, id: string): void {
  const current = join(repository, id)
  const replacing = join(repository, REPLACING_PREFIX + id)
  const replaced = join(repository, REPLACED_PREFIX + id)
  if (!existsSync(current)) {
    if (existsSync(replacing)) renameSync(replacing, current)
    else if (existsSync(replaced)) renameSync(replaced, current)
  }
  rmSync(replacing, { recursive: true, force: true })
  rmSync(replaced, { recursive: true, force: true })
}

/** The same for all packages; nobody else may work in the repository. */
export function healReplacements(repository: string): void {
  for (const name of existsSync(repository) ? readdirSync(repository) : []) {
    const prefix = [REPLACING_PREFIX, REPLACED_PREFIX].find(each => name.startsWith(each))
    if (prefix !== undefined) healReplacement(repository, name.slice(prefix.length))
  }
}
