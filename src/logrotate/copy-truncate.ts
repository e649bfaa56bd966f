/**
 * Copies a log that its writer keeps open, then empties it (copytruncate of logrotate.conf(5)). A line that is written between the
 * last look and the truncation would be lost: no system call does both. So all is copied at leisure first, then again what came
 * meanwhile, and the last few bytes and the truncation follow each other without a pause: microseconds remain.
 */
import { constants, fstatSync, ftruncateSync, readSync, writeSync } from 'node:fs'
import { type FileHandle, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { createFile, type Directory, openPlainFile, takeOwner } from './directory.ts'
import { faults } from './errors.ts'
import { copying } from './names.ts'
import type { Reached } from './steps.ts'

const CHUNK_BYTES = 1024 * 1024
/** Rounds of catching up before the log counts as one that cannot be caught up with. */
const ROUNDS_MAX = 8
/** What may be left for the last moment, while nothing else of this process runs. */
const TAIL_MAX_BYTES = 64 * CHUNK_BYTES

export interface CopyOptions {
  directory: Directory
  log: string
  archive: Directory
  reached: Reached
}

/**
 * Leaves the content in the archive under its name of a copy, with mode and owner of the log. Resolves to its bytes, undefined when
 * there is no log. Rejects with LOGROTATE_LOG_BUSY, LOGROTATE_LOG_SHRANK or the system's error. Until the truncation a failure removes the
 * copy, which else would keep a full disk full; after it, ours or another program's, the copy stays: its lines are nowhere else.
 */
export async function copyAndTruncate({ directory, log, archive, reached }: CopyOptions): Promise<number | undefined> {
  await using source = await openPlainFile(directory, log, constants.O_RDWR)
  if (!source) return undefined
  await using copy = await createFile(archive, copying(log))
  const path = join(directory.path, log)
  let truncated = false
  try {
    await takeOwner(copy, source)
    const buffer = Buffer.allocUnsafe(CHUNK_BYTES)
    const position = await follow({ source, copy, buffer, position: 0 }, reached)

    // From here to the truncation nothing may wait.
    const end = copyTail({ source, copy, position, buffer })
    if (end === undefined) throw faults.LOG_BUSY(path)
    truncated = fstatSync(source.fd).size < end
    if (truncated) throw faults.LOG_SHRANK(path)
    reached('truncate')
    ftruncateSync(source.fd, 0)
    truncated = true

    reached('sync')
    await copy.sync()
    await archive.sync()
    return end
  } catch (error) {
    if (!truncated) await rm(archive.at(copying(log)), { force: true })
    throw error
  }
}

interface Copying {
  source: FileHandle
  copy: FileHandle
  position: number
  buffer: Buffer
}

/** Copies what is there, and then what came meanwhile, synced each time. Resolves to where it ended. */
async function follow(work: Copying, reached: Reached): Promise<number> {
  let { position } = work
  for (let round = 0; round < ROUNDS_MAX; round++) {
    const { size } = await work.source.stat()
    if (size <= position) break
    reached(round === 0 ? 'copy' : 'catch up')
    position = await copyUpTo(size, { ...work, position })
    await work.copy.sync()
  }
  return position
}

async function copyUpTo(size: number, { source, copy, position, buffer }: Copying): Promise<number> {
  let at = position
  while (at < size) {
    const { bytesRead } = await source.read(buffer, 0, Math.min(buffer.length, size - at), at)
    // Truncated by another: the last look will tell.
    if (bytesRead === 0) break
    await copy.writeFile(buffer.subarray(0, bytesRead))
    at += bytesRead
  }
  return at
}

/** The position of the end; undefined when too much was left. */
function copyTail({ source, copy, position, buffer }: Copying): number | undefined {
  for (let at = position; at - position < TAIL_MAX_BYTES; ) {
    const bytesRead = readSync(source.fd, buffer, 0, buffer.length, at)
    if (bytesRead === 0) return at
    for (let written = 0; written < bytesRead; ) {
      written += writeSync(copy.fd, buffer, written, bytesRead - written)
    }
    at += bytesRead
  }
  return undefined
}
