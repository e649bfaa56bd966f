/** Free bytes and inodes, asked for before work begins, so that a full disk is a refusal and not a half state. */
import { existsSync, statfsSync } from 'node:fs'
import { dirname } from 'node:path'
import { isFault } from '../src/shared/errors/fault.ts'
import { faults } from './errors.ts'

export interface SpaceNeed {
  readonly bytes: number
  readonly inodes: number
}

/** Left to others on the same file system: the journal, a daemon's state. */
const RESERVE: SpaceNeed = { bytes: 4 * 1024 * 1024, inodes: 64 }

/** Throws PKGPANDA_NO_SPACE when the file system of `path` (or of its nearest parent that exists) has not that much. */
export function requireSpace(path: string, need: SpaceNeed): void {
  const { bavail, bsize, ffree, files } = statfsSync(nearestExisting(path))
  const wantedBytes = need.bytes + RESERVE.bytes
  if (bavail * bsize < wantedBytes) throw faults.NO_SPACE(path, `${wantedBytes} bytes wanted, ${bavail * bsize} free`)
  // btrfs and others count no inodes: 0 of 0.
  const wantedInodes = need.inodes + RESERVE.inodes
  if (files > 0 && ffree < wantedInodes) throw faults.NO_SPACE(path, `${wantedInodes} inodes wanted, ${ffree} free`)
}

/** What the system says when space ran out after all, as our fault; any other error as it is. */
export function explainNoSpace(error: unknown, path: string): unknown {
  const { code } = error as NodeJS.ErrnoException
  if (isFault(error) || (code !== 'ENOSPC' && code !== 'EDQUOT')) return error
  return faults.NO_SPACE((error as NodeJS.ErrnoException).path ?? path, String(code)).because(error)
}

function nearestExisting(path: string): string {
  return existsSync(path) || path === dirname(path) ? path : nearestExisting(dirname(path))
}
