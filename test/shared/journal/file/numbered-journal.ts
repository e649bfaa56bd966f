/** Journal files whose entries have the numbers that a test wants, as if journald had written them in turns with others. */
import { readFileSync, writeFileSync } from 'node:fs'
import { OBJECT_TYPE, walkObjects } from './walk-objects.ts'
import { writeJournal } from './write-journal.ts'

/** `_SYSTEMD_UNIT` of the entry with this index in its file. */
export const numberedUnit = (index: number) => `unit-${index % 5}.service`

/** Compatible flag of the header. */
const TAIL_ENTRY_BOOT_ID = 2

const START_US = 1_700_000_000_000_000

export interface NumberedFile {
  /** Of its entries, one behind the other; each is also its entry's time, in ms. */
  numbers: readonly number[]
  /** 32 hexadecimal digits. */
  seqnumId: string
  /** As systemd 254 and newer marks its files, which are numbered in common. */
  common: boolean
}

/** Writes the new file `path`, by systemd-journal-remote, which numbers from 1 on by itself. */
export function writeNumberedJournal(path: string, { numbers, seqnumId, common }: NumberedFile): void {
  const realtimeUs = (number: number) => START_US + number * 1000
  const lines = numbers.map(
    (number, i) =>
      `__REALTIME_TIMESTAMP=${realtimeUs(number)}\n__MONOTONIC_TIMESTAMP=${number * 1000}\n_BOOT_ID=${'e'.repeat(32)}\n` +
      `MESSAGE=${number}\n_SYSTEMD_UNIT=${numberedUnit(i)}\n\n`,
  )
  writeJournal(path, Buffer.from(lines.join('')), { compact: true, keyedHash: true, compressed: true })
  const bytes = readFileSync(path)
  const u64 = (value: number, at: number) => void bytes.writeBigUInt64LE(BigInt(value), at)
  bytes.writeUInt32LE(common ? TAIL_ENTRY_BOOT_ID : 0, 8)
  bytes.write(seqnumId, 72, 'hex')
  u64(numbers.at(-1)!, 160)
  u64(numbers[0]!, 168)
  const entries = walkObjects(bytes).filter(({ type }) => type === OBJECT_TYPE.entry)
  for (const [i, { offset }] of entries.entries()) u64(numbers[i]!, offset + 16)
  writeFileSync(path, bytes)
}
