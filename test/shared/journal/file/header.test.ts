// The header of a journal file: what is read of it, and what is refused.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import t from 'tap'
import { HEADER_BYTES, parseHeader } from '../../../../src/shared/journal/file/header.ts'
import { readMadeJournal } from '../reader-suite.ts'

const recorded = gunzipSync(readFileSync(join(import.meta.dirname, '../../../fixtures/dcos-log/journal.journal.gz')))

t.test('the recorded journal', async t => {
  t.match(parseHeader(recorded.subarray(0, HEADER_BYTES), recorded.length), {
    compact: true,
    keyedHash: true,
    numberedInCommon: false,
    machineId: '9f8d4c6b2a1e4f7098d3b5a6c7e8f901',
    seqnumId: '688b4afcfd4b464db09cbec6b53e07dc',
    headerBytes: 264,
    endBytes: 8 * 1024 * 1024,
    dataTable: { offset: 5624, buckets: 233_016 },
    entries: 2000,
    headSeqnum: 1,
    tailSeqnum: 2000,
    headRealtimeUs: 0x54a353109c800,
    tailRealtimeUs: 0x54a356a7b53bd,
  })
})

t.test('files of systemd 254 and newer are numbered in common', async t => {
  const made = readMadeJournal('zstd')
  t.equal(parseHeader(made.subarray(0, HEADER_BYTES), made.length).numberedInCommon, true)
})

const u8 = (at: number, value: number) => (bytes: Buffer) => void bytes.writeUInt8(value, at)
const u64 = (at: number, value: bigint) => (bytes: Buffer) => void bytes.writeBigUInt64LE(value, at)

const cases: { what: string; change(bytes: Buffer): void; error: RegExp; unsupported?: true }[] = [
  { what: 'another signature', change: u8(0, 0), error: /does not begin/ },
  { what: 'a flag of tomorrow', change: u8(13, 1), error: /flags 0x11c$/, unsupported: true },
  { what: 'a state that is none', change: u8(16, 3), error: /state is 3/ },
  { what: 'a header longer than the file', change: u64(88, 1n << 40n), error: /header is 1099511627776 bytes/ },
  { what: 'a header shorter than a header', change: u64(88, 200n), error: /header is 200 bytes/ },
  { what: 'a number of 64 bits', change: u64(96, (1n << 64n) - 1n), error: /too large/ },
  { what: 'more entries than fit', change: u64(152, 1_000_000n), error: /1000000 entries/ },
  { what: 'an entry array in the header', change: u64(176, 8n), error: /entry array is outside/ },
  { what: 'an entry array beyond the end', change: u64(176, 1n << 40n), error: /entry array is outside/ },
  { what: 'an entry array between words', change: u64(176, 3_735_441n), error: /entry array is outside/ },
  { what: 'a hash table beyond the end', change: u64(112, 8n * 1024n * 1024n), error: /hash table is outside/ },
  { what: 'half a bucket', change: u64(112, 24n), error: /hash table is outside/ },
]

for (const { what, change, error, unsupported } of cases) {
  t.test(`refused: ${what}`, async t => {
    const bytes = Buffer.from(recorded.subarray(0, HEADER_BYTES))
    change(bytes)
    const name = unsupported ? 'UnsupportedFile' : 'CorruptPart'
    t.throws(() => parseHeader(bytes, recorded.length), { name, message: error })
  })
}

t.test('a short file, and objects that end with the file', async t => {
  t.throws(() => parseHeader(recorded.subarray(0, 100), 100), { name: 'CorruptPart' })
  t.equal(parseHeader(recorded.subarray(0, HEADER_BYTES), 4_000_000).endBytes, 4_000_000)
})
