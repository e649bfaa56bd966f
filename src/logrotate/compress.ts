/** Compresses the newest file of the archive when the next one comes (compress and delaycompress of logrotate.conf(5)). */
import { rename, rm } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { createFile, type Directory, openPlainFile, takeOwner } from './directory.ts'
import { backup, compressed, compressing, newest } from './names.ts'
import { contentOf, gunzipEquals } from './same-content.ts'
import type { Reached } from './steps.ts'

export interface CompressOptions {
  archive: Directory
  log: string
  nowMs: number
  reached: Reached
}

/**
 * `x.1` → `x.1.gz`, which appears whole or not at all, with mode, owner and time of `x.1`. A kill before `x.1` is removed leaves
 * both: the next run compares them. What is in the way and is something else is moved to logrotate's name for a backup.
 */
export async function compressNewest({ archive, log, nowMs, reached }: CompressOptions): Promise<void> {
  const [plainName, finalName, temporary] = [newest(log), compressed(log, 1), compressing(log)]
  await using plain = await openPlainFile(archive, plainName)
  // What a kill has left; of this name is nobody else's.
  await rm(archive.at(temporary), { force: true })
  if (!plain) return

  const existing = await openPlainFile(archive, finalName)
  if (existing) {
    await using gzip = existing
    if (!(await gunzipEquals(gzip, plain))) {
      await rename(archive.at(finalName), archive.at(backup(finalName, nowMs)))
      await writeCompressed()
    }
  } else {
    await writeCompressed()
  }
  reached('remove uncompressed')
  await rm(archive.at(plainName))

  async function writeCompressed(): Promise<void> {
    reached('compress')
    // Opened above, or this would not run.
    const source = plain!
    const { atime, mtime } = await source.stat()
    try {
      await using target = await createFile(archive, temporary)
      await pipeline(contentOf(source), createGzip(), async chunks => {
        for await (const chunk of chunks) await target.writeFile(chunk)
      })
      await takeOwner(target, source)
      await target.utimes(atime, mtime)
      await target.sync()
      reached('replace by compressed')
      await rename(archive.at(temporary), archive.at(finalName))
    } catch (error) {
      // On a full disk it would be in the way of what frees space.
      await rm(archive.at(temporary), { force: true })
      throw error
    }
    await archive.sync()
  }
}
