/** Free bytes and inodes, asked for before work begins, so that a full disk is a refusal and not a half state. */
import { existsSync, statfsSync } from 'node:fs'
import { dirname } from 'node:path'
import { isFault } from '../../src/shared/errors/fault.ts'
import { faults } from '../errors.ts'

export interface SpaceNeed {
  readonly bytes: number
  readonly inodes: number
}

/** Left to others on the same file system: the journal, a daemon's state. */
const RESERVE: SpaceNeed = { bytes: 4 * 1024 * 1024, inodes: 64 }

const BLOCK_BYTES = 4_096
/** mke2fs.conf(5), inode_ratio. */
const BYTES_PER_INODE = 16_384

/** Throws PKGPANDA_NO_SPACE when the file system of `path` (or of its nearest parent that exists) has not that much. */
export function requireSpace(path: string, need: SpaceNeed): void {
  const { bavail, bsize, ffree, files } = statfsSync(nearestExisting(path))
  const wantedBytes = need.bytes + RESERVE.bytes
  if (bavail * bsize < wantedBytes) throw faults.NO_SPACE(path, `${wantedBytes} bytes wanted, ${bavail * bsize} free`)
  // btrfs and others count no inodes: 0 of 0.
  const wantedInodes = need.inodes + RESERVE.inodes
  if (files > 0 && ffree < wantedInodes) throw faults.NO_SPACE(path, `${wantedInodes} inodes wanted, ${ffree} free`)
}

/** What a tarball needs unpacked, over what `xz --list` says: each file fills its last block, and has an inode. */
export function unpackNeed(unpackedBytes: number): SpaceNeed {
  // How many files there are is not known before. As many as mkfs.ext4 makes inodes for that size: a file system that runs out
  // of inodes before that is full of small files already. (All could be empty, 512 bytes each: then ENOSPC ends in the same fault.)
  const inodes = Math.ceil(unpackedBytes / BYTES_PER_INODE)
  return { bytes: unpackedBytes + inodes * BLOCK_BYTES, inodes }
}

/** What the system says when space ran out after all, or the disk failed, as our fault; any other error as it is. */
export function explainNoSpace(error: unknown, path: string): unknown {
  const { code, path: culprit = path } = error as NodeJS.ErrnoException
  if (isFault(error)) return error
  if (code === 'ENOSPC' || code === 'EDQUOT') return faults.NO_SPACE(culprit, code).because(error)
  if (code === 'EIO' || code === 'EROFS') return faults.DISK_FAILED(culprit, code).because(error)
  return error
}

function nearestExisting(path: string): string {
  return existsSync(path) || path === dirname(path) ? path : nearestExisting(dirname(path))
}
