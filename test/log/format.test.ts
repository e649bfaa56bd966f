// Accept → format, and every format byte by byte (log 4.1 to 4.4).
process.env.TZ = 'UTC'

import t from 'tap'
import { createOutput } from '../../src/log/encode/output.ts'
import { formatFor } from '../../src/log/format.ts'
import type { JournalEntry } from '../../src/shared/journal/entry.ts'

const accepts: [string | undefined, string][] = [
  [undefined, 'text/plain'],
  ['', 'text/plain'],
  ['*/*', 'text/plain'],
  ['text/plain', 'text/plain'],
  ['text/html', 'text/plain'],
  ['application/json', 'application/json'],
  ['APPLICATION/JSON', 'text/plain'],
  ['text/event-stream', 'text/event-stream'],
  ['application/json, text/plain', 'application/json'],
  ['text/plain, application/json', 'text/plain'],
  ['text/event-stream, */*', 'text/event-stream'],
  ['application/json;q=0, text/event-stream;q=0.5', 'text/event-stream'],
  ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', 'text/plain'],
  [`${'a/b,'.repeat(10_000)}application/json`, 'text/plain'],
]
for (const [accept, wanted] of accepts) {
  t.test(`log 4.1: Accept ${accept?.slice(0, 70)} → ${wanted}`, async t => {
    t.equal(formatFor(accept).contentType, wanted)
  })
}

function entry(...fields: [string, string | Buffer][]): JournalEntry {
  return {
    cursor: 's=a;i=1',
    realtimeUs: 1488970247999999,
    monotonicUs: 29993006955,
    fields: fields.map(([name, value]) => ({ name, value: Buffer.from(value) })),
  }
}

function encoded(accept: string, given: JournalEntry): string {
  const out = createOutput()
  formatFor(accept).write(given, out)
  return out.take().toString('latin1')
}

const texts: { what: string; given: JournalEntry; wanted: string }[] = [
  { what: 'a message', given: entry(['MESSAGE', 'hello']), wanted: '2017-03-08 10:50:47: hello\n' },
  { what: 'no message: no bytes', given: entry(['_PID', '1']), wanted: '' },
  { what: 'an empty message', given: entry(['MESSAGE', '']), wanted: '2017-03-08 10:50:47: \n' },
  { what: 'several lines, raw', given: entry(['MESSAGE', 'a\nb\r\n']), wanted: '2017-03-08 10:50:47: a\nb\r\n\n' },
  { what: 'the last message', given: entry(['MESSAGE', '1'], ['MESSAGE', '2']), wanted: '2017-03-08 10:50:47: 2\n' },
  {
    what: 'any bytes',
    given: entry(['MESSAGE', Buffer.from([0xff, 0, 0xe2, 0x82])]),
    wanted: '2017-03-08 10:50:47: \xff\0\xe2\x82\n',
  },
]
for (const { what, given, wanted } of texts) {
  t.test(`log 4.2, text: ${what}`, async t => {
    t.equal(encoded('text/plain', given), wanted)
  })
}

const R = '\\ufffd'
const values: { what: string; given: string | Buffer; wanted: string }[] = [
  { what: 'plain', given: 'a b', wanted: 'a b' },
  { what: 'quote and backslash', given: '"\\b', wanted: '\\"\\\\b' },
  { what: 'newline, return, tab', given: '\n\r\t', wanted: '\\n\\r\\t' },
  { what: 'other controls', given: '\0\b\f\x1b\x7f', wanted: '\\u0000\\u0008\\u000c\\u001b\x7f' },
  { what: 'what HTML would mind', given: '<a&b>', wanted: '\\u003ca\\u0026b\\u003e' },
  { what: 'line separators', given: '\u2028\u2029', wanted: '\\u2028\\u2029' },
  { what: 'other scripts stay', given: 'é中😀', wanted: Buffer.from('é中😀').toString('latin1') },
  {
    what: 'a replacement character of the text stays',
    given: '\ufffd',
    wanted: Buffer.from('\ufffd').toString('latin1'),
  },
  { what: 'a cut sequence: one a byte', given: Buffer.from([0xe2, 0x82]), wanted: R + R },
  { what: 'a cut sequence, then text', given: Buffer.from([0xe2, 0x82, 0x41]), wanted: `${R}${R}A` },
  { what: 'Latin-1', given: Buffer.from([0x63, 0xe9]), wanted: `c${R}` },
  { what: 'a surrogate', given: Buffer.from([0xed, 0xa0, 0x80]), wanted: R.repeat(3) },
  { what: 'overlong', given: Buffer.from([0xc0, 0xaf, 0xe0, 0x80, 0xaf]), wanted: R.repeat(5) },
  { what: 'beyond U+10FFFF', given: Buffer.from([0xf4, 0x90, 0x80, 0x80]), wanted: R.repeat(4) },
  { what: 'the last code point', given: Buffer.from([0xf4, 0x8f, 0xbf, 0xbf, 0xff]), wanted: `\xf4\x8f\xbf\xbf${R}` },
  {
    what: 'broken beside text and escapes',
    given: Buffer.from([0x3c, 0xff, 0xc3, 0xa9]),
    wanted: `\\u003c${R}\xc3\xa9`,
  },
]
for (const { what, given, wanted } of values) {
  t.test(`log 4.3, JSON value: ${what}`, async t => {
    const end = '"},"cursor":"s=a;i=1","monotonic_timestamp":29993006955,"realtime_timestamp":1488970247999999}\n'
    t.equal(encoded('application/json', entry(['M', given])), `{"fields":{"M":"${wanted}${end}`)
  })
}

/** As `encoded`, of a large entry. */
function encodedInParts(accept: string, given: JournalEntry, withId = false): string {
  const out = createOutput()
  const parts: Buffer[] = []
  for (const _ of formatFor(accept).parts(given, out, withId)) parts.push(out.take())
  return Buffer.concat([...parts, out.take()]).toString('latin1')
}

for (const accept of ['text/plain', 'application/json', 'text/event-stream']) {
  t.test(`log 4.2 to 4.4: ${accept} in parts is what it is as a whole`, async t => {
    const all = Buffer.concat(values.map(({ given }) => Buffer.from(given)))
    // So long and so shifted that parts end within what is escaped.
    for (let shift = 0; shift < 4; shift++) {
      const value = Buffer.alloc(70_000 + shift, all).subarray(shift)
      const given = entry(['MESSAGE', 'first'], ['Z', ''], ['A', value], ['MESSAGE', value], ['_PID', '1'])
      t.ok(encodedInParts(accept, given) === encoded(accept, given), `from byte ${shift}`)
    }
    t.equal(encodedInParts(accept, entry(['_PID', '1'])), encoded(accept, entry(['_PID', '1'])))
  })
}

t.test('log 4.4: an event in parts has its id line on a stream', async t => {
  const given = entry(['MESSAGE', 'a'])
  const event = encoded('text/event-stream', given)
  t.equal(encodedInParts('text/event-stream', given, true), `id: ${given.cursor}\n${event}`)
})

t.test('a part of a value full of escapes is no larger than six times what it is of', async t => {
  const out = createOutput()
  const sizes: number[] = []
  for (const _ of formatFor('application/json').parts(entry(['M', Buffer.alloc(1024 * 1024, 1)]), out, false))
    sizes.push(out.take().length)
  t.ok(sizes.length >= 16 && Math.max(...sizes) < 6 * 64 * 1024 + 1024, `${sizes}`)
})

t.test('log 4.3: names sorted bytewise, last value of each', async t => {
  const given = entry(['_PID', '1'], ['MESSAGE', 'a'], ['A_B', '1'], ['A1', '2'], ['MESSAGE', 'b'], ['__PROTO', 'x'])
  t.match(
    encoded('application/json', given),
    /^\{"fields":\{"A1":"2","A_B":"1","MESSAGE":"b","_PID":"1","__PROTO":"x"\},"cursor"/,
  )
})

t.test("log 4.3: a field named as an object's own property is a field", async t => {
  t.match(encoded('application/json', entry(['constructor', 'x'])), /^\{"fields":\{"constructor":"x"\}/)
})

t.test('log 4.4: an event of a range has no id line', async t => {
  const given = entry(['MESSAGE', 'a'])
  t.equal(encoded('text/event-stream', given), `data: ${encoded('application/json', given)}\n`)
})
