/**
 * Files to disk while the next ones are written: fsync(2) in the thread pool, then close(2). At the end of an unpacking nothing
 * waits but for the last of them.
 */
import { closeSync, fdatasync, fsync } from 'node:fs'
import { explainNoSpace } from '../../disk/space.ts'

/** So many files are open at most; the file system commits what comes together at once. */
const PENDING_MAX = 64
/** Of a large file so much is sent to disk ahead of its end. */
const AHEAD_BYTES = 16 * 1024 * 1024

export interface FileSync {
  /** Bytes more were written to the open file. */
  written(file: number, bytes: number): void
  /** The file is complete: it is closed when it is on disk. */
  finish(file: number, path: string): void
  /** Resolves when few enough are open to go on. Rejects with what failed: PKGPANDA_NO_SPACE, PKGPANDA_DISK_FAILED, the system's error. */
  room(): Promise<void>
  /** Resolves when all are closed. Rejects likewise, all of them closed. */
  settle(): Promise<void>
}

export function openFileSync(): FileSync {
  const pending = new Set<Promise<void>>()
  let failure: { error: unknown } | undefined
  let ahead: Promise<void> | undefined
  let aheadBytes = 0
  let wake = () => {}

  const check = () => {
    if (failure) throw failure.error
  }
  return {
    written(file, bytes) {
      aheadBytes += bytes
      if (aheadBytes < AHEAD_BYTES || ahead) return
      aheadBytes = 0
      // Whether it failed is told by the fsync at the end of the file.
      ahead = new Promise(resolve => {
        fdatasync(file, () => {
          ahead = undefined
          resolve()
        })
      })
    },
    finish(file, path) {
      aheadBytes = 0
      const before = ahead ?? Promise.resolve()
      const work: Promise<void> = before
        .then(() => new Promise<void>((resolve, reject) => fsync(file, error => (error ? reject(error) : resolve()))))
        .finally(() => closeSync(file))
        .catch(error => {
          failure ??= { error: explainNoSpace(error, path) }
        })
        .finally(() => {
          pending.delete(work)
          if (pending.size <= PENDING_MAX / 2) wake()
        })
      pending.add(work)
    },
    async room() {
      if (pending.size > PENDING_MAX) {
        await new Promise<void>(resolve => {
          wake = resolve
        })
      }
      check()
    },
    async settle() {
      await ahead
      while (pending.size > 0) await Promise.all(pending)
      check()
    },
  }
}
