/** Rotation without logrotate, for hosts that do not ship it: the same names and contents as logrotate leaves (log 11). */
import { readdir, rename, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { isFault } from '../shared/errors/fault.ts'
import { compressNewest } from './compress.ts'
import { copyAndTruncate } from './copy-truncate.ts'
import type { Rotation } from './directives.ts'
import { type Directory, openPlainFile } from './directory.ts'
import { faults } from './errors.ts'
import { compressed, copying, newest, shifts } from './names.ts'
import { isBeginningOf } from './same-content.ts'
import type { Reached } from './steps.ts'

export interface Place {
  rotation: Rotation
  /** Directory of the log. */
  directory: Directory
  archive: Directory
  nowMs: number
  reached?: Reached
}

/**
 * Rotates the log when it is due. Resolves to the bytes rotated, undefined when nothing was to be done. Rejects with LOGROTATE_*.
 *
 * In this order: compress the last one (a full disk gets space first), copy, truncate, shift the numbers, give the copy number 1. A run
 * that fails up to the truncation has changed no number, however often it is repeated; one that is killed after it has the copy, which
 * `continueRotation` puts in its place.
 */
export async function rotate(place: Place): Promise<number | undefined> {
  const { rotation, directory, archive, nowMs, reached = () => {} } = place
  const log = basename(rotation.log)
  if (!(await isDue(place))) return undefined
  await attempt('compress', join(archive.path, newest(log)), () => compressNewest({ archive, log, nowMs, reached }))
  const copy = { directory, log, archive, reached }
  const bytes = await attempt('copy and truncate', rotation.log, () => copyAndTruncate(copy))
  if (bytes !== undefined) await placeCopy(place, rotation.count)
  return bytes
}

/**
 * Finishes what a killed run began; called before each run, whoever rotates then. A copy that the log still begins with was not
 * followed by a truncation, and is dropped; any other copy holds lines that are nowhere else. Resolves to true when there was one of these.
 */
export async function continueRotation(place: Place): Promise<boolean> {
  const { rotation, directory, archive, nowMs, reached = () => {} } = place
  const log = basename(rotation.log)
  return attempt('continue the rotation of', rotation.log, async () => {
    const copy = await openPlainFile(archive, copying(log))
    if (!copy) return false
    await using source = await openPlainFile(directory, log)
    await using opened = copy
    if ((source && (await isBeginningOf(opened, source))) || (await opened.stat()).size === 0) {
      await rm(archive.at(copying(log)))
      return false
    }
    await compressNewest({ archive, log, nowMs, reached })
    // Where the shift was stopped there is a gap: what is above it has moved already.
    const names = new Set(await readdir(archive.at('.')))
    let last = 0
    while (last < rotation.count && names.has(compressed(log, last + 1))) last++
    await placeCopy(place, last)
    return true
  })
}

async function isDue({ rotation, directory }: Place): Promise<boolean> {
  await using file = await attempt('open', rotation.log, () => openPlainFile(directory, basename(rotation.log)))
  // notifempty needs no word of its own: the size is above 0.
  return file !== undefined && (await file.stat()).size >= rotation.sizeBytes
}

/** `last`: the highest number that moves. */
async function placeCopy({ rotation, archive, reached = () => {} }: Place, last: number): Promise<void> {
  const log = basename(rotation.log)
  await attempt('rename files in', archive.path, async () => {
    for (const { from, to } of shifts(log, last)) {
      reached('shift')
      await rename(archive.at(from), archive.at(to)).catch(unlessMissing)
    }
    await rm(archive.at(compressed(log, rotation.count + 1)), { force: true })
    reached('place')
    await rename(archive.at(copying(log)), archive.at(newest(log)))
    await archive.sync()
  })
}

function unlessMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error
}

/** The system's errors become a fault that names step and file; everything else passes. */
async function attempt<T>(step: string, path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (isFault(error) || (error as NodeJS.ErrnoException).syscall === undefined) throw error
    throw faults.STEP_FAILED(step, path, (error as Error).message).because(error)
  }
}
