/**
 * After a rotation: the oldest files in the directory of the log go when there are too many (log 11). 1.9's count leaves room for 25
 * files beside the rotated ones: those that Mesos itself begins at each start (glog).
 */
import { lstat, opendir, rm } from 'node:fs/promises'
import { basename } from 'node:path'
import type { Log } from '../shared/log/journald.ts'
import { errorFields } from '../shared/log/journald.ts'
import { type Directory, openBelow } from './directory.ts'

/** Deeper is nobody's log. */
const DEPTH_MAX = 16

export interface FoundFile {
  /** Names from the directory of the log down. */
  path: readonly string[]
  modifiedNs: bigint
}

export interface CleanOptions {
  directory: Directory
  /** The log itself, which is neither counted nor deleted. */
  log: string
  /** Files that stay. */
  keep: number
  logger: Log
}

/**
 * Plain files only, at any depth to 16; links are not followed, directories stay. What cannot be deleted is a warning. Resolves to how
 * many were deleted.
 *
 * DEPARTURE (log 11): 1.9 failed when the log was missing.
 */
export async function deleteOldest({ directory, log, keep, logger }: CleanOptions): Promise<number> {
  const newest = keepNewest(keep)
  let deleted = 0
  const consider = async (file: FoundFile) => {
    const oldest = newest.add(file)
    if (!oldest) return
    try {
      await deleteFile(directory, oldest.path)
      deleted++
    } catch (error) {
      logger.warning('an old file cannot be deleted, going on', { file: oldest.path.join('/'), ...errorFields(error) })
    }
  }
  await walk(directory, [], basename(log), consider)
  return deleted
}

/** Keeps the newest `limit` of what it is given, so that a directory of any size costs no more memory. Equally old ones go by name. */
export function keepNewest(limit: number): { add(file: FoundFile): FoundFile | undefined } {
  /** Oldest first. */
  const kept: FoundFile[] = []
  return {
    add(file) {
      let [low, high] = [0, kept.length]
      while (low < high) {
        const middle = (low + high) >>> 1
        // middle is below kept.length
        if (isOlder(kept[middle]!, file)) low = middle + 1
        else high = middle
      }
      kept.splice(low, 0, file)
      return kept.length > limit ? kept.shift() : undefined
    },
  }
}

function isOlder(a: FoundFile, b: FoundFile): boolean {
  if (a.modifiedNs !== b.modifiedNs) return a.modifiedNs < b.modifiedNs
  return a.path.join('/') < b.path.join('/')
}

async function walk(
  directory: Directory,
  above: readonly string[],
  skip: string | undefined,
  consider: (file: FoundFile) => Promise<void>,
): Promise<void> {
  for await (const entry of await opendir(directory.at('.'))) {
    const path = [...above, entry.name]
    if (entry.isDirectory() && path.length < DEPTH_MAX) {
      await using below = await openBelow(directory, entry.name)
      if (below) await walk(below, path, undefined, consider)
    } else if (entry.isFile() && entry.name !== skip) {
      const found = await lstat(directory.at(entry.name), { bigint: true }).catch(() => undefined)
      if (found?.isFile()) await consider({ path, modifiedNs: found.mtimeNs })
    }
  }
}

async function deleteFile(directory: Directory, [name = '', ...rest]: readonly string[]): Promise<void> {
  if (rest.length === 0) return rm(directory.at(name), { force: true })
  await using below = await openBelow(directory, name)
  if (below) await deleteFile(below, rest)
}
