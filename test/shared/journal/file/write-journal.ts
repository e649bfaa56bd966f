// Journal files for tests: made-up entries in export format, written by systemd-journal-remote in whatever form it knows.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { JOURNAL_REMOTE } from '../../../support/journal-remote.ts'

/** The reason to skip, or false. */
export function journalRemoteMissing(): string | false {
  return existsSync(JOURNAL_REMOTE) ? false : 'systemd-journal-remote is not installed'
}

/** How a file is written. */
export interface JournalForm {
  readonly compact: boolean
  readonly keyedHash: boolean
  readonly compressed: boolean
  /** systemd 252 has no choice but ZSTD. */
  readonly compression?: 'XZ' | 'LZ4' | 'ZSTD'
}

/** Writes the entries of `exportText` into the new file `path`. `program`: another systemd-journal-remote, with arguments before its own. */
export function writeJournal(
  path: string,
  exportText: Buffer,
  { compact, keyedHash, compressed, compression = 'ZSTD' }: JournalForm,
  [program, ...args]: readonly string[] = [JOURNAL_REMOTE],
): void {
  const { status, stderr } = spawnSync(program!, [...args, `--compress=${compressed}`, '-o', path, '-'], {
    input: exportText,
    env: {
      ...process.env,
      SYSTEMD_JOURNAL_COMPACT: compact ? '1' : '0',
      SYSTEMD_JOURNAL_KEYED_HASH: keyedHash ? '1' : '0',
      SYSTEMD_JOURNAL_COMPRESS: compression,
    },
  })
  if (status !== 0) throw new Error(`${program}: ${status} ${stderr}`)
}

/** The same numbers for the same seed (mulberry32): below `limit`. */
export type Random = (limit: number) => number

export function createRandom(seed: number): Random {
  let state = seed
  return limit => {
    state = (state + 0x6d2b79f5) | 0
    let value = Math.imul(state ^ (state >>> 15), 1 | state)
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value
    return Math.floor((((value ^ (value >>> 14)) >>> 0) / 2 ** 32) * limit)
  }
}

/**
 * `count` entries of two boots: repeated, binary, long and seldom fields, and times that only grow within a boot. Some share their time,
 * unless they must not.
 */
export function madeUpEntries(random: Random, count: number, sharedTimes = true): Buffer[] {
  const boots = ['1'.repeat(32), '2'.repeat(32)]
  let realtimeUs = 1_500_000_000_000_000
  let monotonicUs = 1_000_000
  return Array.from({ length: count }, (_, i) => {
    if (i === Math.floor(count / 2)) monotonicUs = 500_000
    const stepUs = sharedTimes && random(5) === 0 ? 0 : 1 + random(2000)
    realtimeUs += stepUs
    monotonicUs += stepUs
    const unit = random(8)
    const parts = [
      text('__REALTIME_TIMESTAMP', realtimeUs),
      text('__MONOTONIC_TIMESTAMP', monotonicUs),
      text('_BOOT_ID', boots[i < count / 2 ? 0 : 1]!),
      text('MESSAGE', `entry ${i}`),
      text('PRIORITY', random(8)),
      text('_SYSTEMD_UNIT', `unit-${unit}.service`),
      text('_PID', 100 + unit),
    ]
    if (random(20) === 0) parts.push(text('TAG', `tag-${random(4)}`), text('TAG', `tag-${random(4)}`))
    if (random(25) === 0) parts.push(text('LONG', `${unit} ${'compressible '.repeat(100 + random(400))}`))
    if (random(25) === 0) parts.push(binary('BINARY', Buffer.from([random(256), 0, 10, random(256)])))
    if (i % 301 === 7) parts.push(text('SELDOM', 'yes'))
    return Buffer.concat([...parts, Buffer.from('\n')])
  })
}

function text(name: string, value: string | number): Buffer {
  return Buffer.from(`${name}=${value}\n`)
}

/** A field of any bytes in export format. */
export function binary(name: string, value: Buffer): Buffer {
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(value.length))
  return Buffer.concat([Buffer.from(`${name}\n`), length, value, Buffer.from('\n')])
}
