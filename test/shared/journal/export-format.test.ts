import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import t from 'tap'
import {
  ENTRY_MAX_BYTES,
  ENTRY_MAX_FIELDS,
  FIELD_MAX_BYTES,
  type JournalEntry,
} from '../../../src/shared/journal/entry.ts'
import { createExportParser } from '../../../src/shared/journal/export-format.ts'

const HEAD = '__CURSOR=s=1;i=2\n__REALTIME_TIMESTAMP=1488967200000000\n__MONOTONIC_TIMESTAMP=3000000\n'

function binary(name: string, value: string | Buffer): Buffer {
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(value.length))
  return Buffer.concat([Buffer.from(`${name}\n`), length, Buffer.from(value), Buffer.from('\n')])
}

function parse(input: Buffer, chunkBytes: number): { entries: JournalEntry[]; cut: number } {
  const parser = createExportParser()
  const entries: JournalEntry[] = []
  for (let at = 0; at < input.length; at += chunkBytes)
    entries.push(...parser.push(input.subarray(at, at + chunkBytes)))
  return { entries, cut: parser.cut }
}

const shown = ({ fields }: JournalEntry) =>
  fields.map(({ name, value }) => `${name}=${Buffer.from(value).toString('latin1')}`)

const cases: { what: string; given: (string | Buffer)[]; wanted: string[][] }[] = [
  { what: 'text fields', given: [HEAD, 'MESSAGE=a=b\n_PID=1\n\n'], wanted: [['MESSAGE=a=b', '_PID=1']] },
  { what: 'an empty value', given: [HEAD, 'A=\n\n'], wanted: [['A=']] },
  { what: 'a repeated field', given: [HEAD, 'A=1\nA=2\n\n'], wanted: [['A=1', 'A=2']] },
  { what: 'a binary field with newlines', given: [HEAD, binary('M', 'x\n\ny\n'), '\n'], wanted: [['M=x\n\ny\n']] },
  { what: 'an empty binary field', given: [HEAD, binary('M', ''), 'A=1\n\n'], wanted: [['M=', 'A=1']] },
  { what: 'two entries', given: [HEAD, 'A=1\n\n', HEAD, 'A=2\n\n'], wanted: [['A=1'], ['A=2']] },
  { what: 'addresses that newer versions add', given: [HEAD, '__SEQNUM=1\n__SEQNUM_ID=2\n\n'], wanted: [[]] },
  { what: 'empty lines in a row', given: [HEAD, 'A=1\n\n\n\n', HEAD, '\n'], wanted: [['A=1'], []] },
  { what: 'an entry cut off by the end', given: [HEAD, 'A=1\n\n', HEAD, 'A=2\n'], wanted: [['A=1']] },
]

for (const { what, given, wanted } of cases) {
  t.test(what, async t => {
    const input = Buffer.concat(given.map(part => Buffer.from(part)))
    for (const chunkBytes of [input.length, 1, 7]) {
      const { entries, cut } = parse(input, chunkBytes)
      t.same(entries.map(shown), wanted, `in chunks of ${chunkBytes}`)
      t.match(entries[0], { cursor: 's=1;i=2', realtimeUs: 1488967200000000, monotonicUs: 3000000 })
      t.equal(cut, 0)
    }
  })
}

t.test('the recorded journal, whatever the chunks', async t => {
  const recorded = gunzipSync(readFileSync(join(import.meta.dirname, '../../fixtures/dcos-log/journal.export.gz')))
  // The file was made by hand, without cursors.
  const input = Buffer.from(recorded.toString('latin1').replaceAll('__REALTIME', '__CURSOR=c\n__REALTIME'), 'latin1')
  const whole = parse(input, input.length)
  t.equal(whole.entries.length, 2000)
  t.same(parse(input, 4093).entries.map(shown), whole.entries.map(shown))
})

t.test('values beyond the limit are cut while they pass by, and the next field is found again', async t => {
  const long = 'x'.repeat(FIELD_MAX_BYTES + 3)
  for (const [what, value] of [
    ['text', Buffer.from(`M=${long}\n`)],
    ['binary', binary('M', long)],
  ] as const) {
    for (const chunkBytes of [65_536, FIELD_MAX_BYTES + 64]) {
      const { entries, cut } = parse(Buffer.concat([Buffer.from(HEAD), value, Buffer.from('A=1\n\n')]), chunkBytes)
      t.same(
        entries[0]?.fields.map(({ name, value }) => [name, value.length]),
        [
          ['M', FIELD_MAX_BYTES],
          ['A', 1],
        ],
        what,
      )
      t.equal(cut, 1)
    }
  }
})

t.test('an entry has bounds, too', async t => {
  const fields = Array.from({ length: ENTRY_MAX_FIELDS + 5 }, (_, i) => `A${i}=1\n`).join('')
  const many = parse(Buffer.from(`${HEAD}${fields}\n`), 65_536)
  t.equal(many.entries[0]?.fields.length, ENTRY_MAX_FIELDS)
  t.equal(many.cut, 5)
  const part = 'x'.repeat(FIELD_MAX_BYTES)
  const large = parse(Buffer.from(`${HEAD}A=${part}\nB=${part}\nC=${part}\nD=1\n\n`), 65_536)
  t.same(
    large.entries[0]?.fields.map(({ name }) => name),
    ['A', 'B'],
  )
  t.equal(ENTRY_MAX_BYTES, 2 * FIELD_MAX_BYTES)
})

t.test('what is not this format is a bug, not an endless wait', async t => {
  t.throws(() => createExportParser().push(Buffer.from('no such format '.repeat(40))), TypeError)
})

t.test('a hostile length does not make it wait for more than the limit', async t => {
  const head = Buffer.concat([Buffer.from(`${HEAD}M\n`), Buffer.alloc(8, 0xff)])
  const parser = createExportParser()
  parser.push(head)
  const chunk = Buffer.alloc(65_536, 0x78)
  for (let i = 0; i < (4 * FIELD_MAX_BYTES) / chunk.length; i++) parser.push(chunk)
  t.equal(parser.cut, 1)
})
