/** The DNS codec against packets written down by hand from the RFCs, its limits, and whatever a generator can think of. */
import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import t from 'tap'
import { formatIpv6, ipv4Bytes, ipv6Bytes } from '../../../src/shared/dns/address.ts'
import { decodeHead, decodeMessage, encodeMessage } from '../../../src/shared/dns/codec.ts'
import { createQuery, createResponse, type DnsMessage, RCODE } from '../../../src/shared/dns/message.ts'
import { canonicalName, isWithin, labelsOf } from '../../../src/shared/dns/name.ts'
import { CLASS, type DnsRecord, type RecordData, TYPE, typeName } from '../../../src/shared/dns/record.ts'
import { isFault } from '../../../src/shared/errors/fault.ts'

const MALFORMED = 'DNS_WIRE_MESSAGE_MALFORMED'
const NAME_INVALID = 'DNS_WIRE_NAME_INVALID'
const VALUE_INVALID = 'DNS_WIRE_VALUE_INVALID'

/** Hex digits with blanks and `'text'` as one writes a packet on paper. */
function packet(...parts: string[]): Buffer {
  const tokens = parts.join(' ').match(/'[^']*'|\S+/g) ?? []
  return Buffer.concat(
    tokens.map(token =>
      token.startsWith("'") ? Buffer.from(token.slice(1, -1), 'latin1') : Buffer.from(token, 'hex'),
    ),
  )
}

function inet(name: string, ttlSeconds: number, data: RecordData): DnsRecord {
  return { name, class: CLASS.IN, ttlSeconds, data }
}

function response(fields: Partial<DnsMessage>): DnsMessage {
  return { ...createResponse(createQuery(0x1234, '.', 0)), questions: [], recursionDesired: false, ...fields }
}

/** Name at byte 12 in every packet below that has a question. */
const QUESTION_READY_ANY = `05 'ready' 07 'spartan' 00 00ff 0001`

const packets: { what: string; bytes: Buffer; message: DnsMessage }[] = [
  {
    what: 'a query for ready.spartan ANY, RD',
    bytes: packet('1234 0100 0001 0000 0000 0000', QUESTION_READY_ANY),
    message: createQuery(0x1234, 'ready.spartan.', TYPE.ANY),
  },
  {
    what: 'its authoritative answer, owner compressed to the question',
    bytes: packet('1234 8500 0001 0001 0000 0000', QUESTION_READY_ANY, 'c00c 0001 0001 00000005 0004 7f000001'),
    message: {
      ...createResponse(createQuery(0x1234, 'ready.spartan.', TYPE.ANY)),
      authoritative: true,
      answers: [inet('ready.spartan.', 5, { kind: 'A', address: '127.0.0.1' })],
    },
  },
  {
    what: 'NXDOMAIN with SOA: names end in pointers to parts of earlier names',
    bytes: packet(
      '1234 8583 0001 0000 0001 0000',
      `02 'no' 05 'mesos' 00 0001 0001`, // no at 12, mesos at 15
      `c00f 0006 0001 0000003c 0021 03 'ns1' c00f 04 'root' c026 00000001 0000003c 00000258 00015180 0000003c`,
    ),
    message: {
      ...createResponse(createQuery(0x1234, 'no.mesos.', TYPE.A), RCODE.NXDOMAIN),
      authoritative: true,
      recursionAvailable: true,
      authorities: [
        inet('mesos.', 60, {
          kind: 'SOA',
          primary: 'ns1.mesos.',
          mailbox: 'root.ns1.mesos.',
          serial: 1,
          refreshSeconds: 60,
          retrySeconds: 600,
          expireSeconds: 86400,
          minimumSeconds: 60,
        }),
      ],
    },
  },
  {
    what: 'CNAME, NS, PTR and MX, compressed',
    bytes: packet(
      '1234 8000 0000 0004 0000 0000',
      `01 'a' 00 0005 0001 00000000 0004 01 'b' c00c`,
      `c00c 0002 0001 00000000 0002 c019`, // b.a, at 12 + 3 + 10
      `c00c 000c 0001 00000000 0002 c00c`,
      `c00c 000f 0001 00000000 0004 000a c019`,
    ),
    message: response({
      answers: [
        inet('a.', 0, { kind: 'CNAME', target: 'b.a.' }),
        inet('a.', 0, { kind: 'NS', target: 'b.a.' }),
        inet('a.', 0, { kind: 'PTR', target: 'a.' }),
        inet('a.', 0, { kind: 'MX', preference: 10, exchange: 'b.a.' }),
      ],
    }),
  },
  {
    what: 'SRV, whose target is not compressed (RFC 2782), with the A of its target in additional',
    bytes: packet(
      '1234 8000 0000 0001 0000 0001',
      `04 '_tcp' 05 'mesos' 00 0021 0001 0000003c 0014 0000 0001 13ba 06 'leader' 05 'mesos' 00`,
      'c028 0001 0001 0000003c 0004 0a000001',
    ),
    message: response({
      answers: [inet('_tcp.mesos.', 60, { kind: 'SRV', priority: 0, weight: 1, port: 5050, target: 'leader.mesos.' })],
      additionals: [inet('leader.mesos.', 60, { kind: 'A', address: '10.0.0.1' })],
    }),
  },
  {
    what: 'TXT with two texts (one empty), AAAA, a type of our grandchildren',
    bytes: packet(
      '1234 8000 0000 0003 0000 0000',
      `00 0010 0001 ffffffff 0004 02 'hi' 00`,
      '00 001c 0001 00000000 0010 fd01000d000000000000 0000c6336401',
      '00 fe00 0001 00000000 0002 c00c',
    ),
    message: response({
      answers: [
        inet('.', 0xffff_ffff, { kind: 'TXT', texts: [Buffer.from('hi'), Buffer.alloc(0)] }),
        inet('.', 0, { kind: 'AAAA', address: 'fd01:d::c633:6401' }),
        inet('.', 0, { kind: 'other', type: 0xfe00, bytes: Buffer.from([0xc0, 0x0c]) }),
      ],
    }),
  },
  {
    what: 'EDNS: 1232 bytes, DO, a cookie, BADVERS out of the upper bits',
    bytes: packet('1234 8000 0000 0000 0000 0001', '00 0029 04d0 01008000 000c 000a 0008 0102030405060708'),
    message: response({
      rcode: RCODE.BADVERS,
      edns: {
        udpPayloadBytes: 1232,
        version: 0,
        dnssecOk: true,
        options: [{ code: 10, bytes: Buffer.from('0102030405060708', 'hex') }],
      },
    }),
  },
  {
    what: 'every flag, opcode NOTIFY',
    bytes: packet('ffff a7b5 0000 0000 0000 0000'),
    message: response({
      id: 0xffff,
      opcode: 4,
      authoritative: true,
      truncated: true,
      recursionDesired: true,
      recursionAvailable: true,
      authenticData: true,
      checkingDisabled: true,
      rcode: 5,
    }),
  },
  {
    what: 'a CHAOS answer: an A record of another class stays bytes',
    bytes: packet('1234 8000 0000 0001 0000 0000', '00 0001 0003 00000000 0003 010203'),
    message: response({
      answers: [
        {
          name: '.',
          class: CLASS.CHAOS,
          ttlSeconds: 0,
          data: { kind: 'other', type: TYPE.A, bytes: Buffer.from([1, 2, 3]) },
        },
      ],
    }),
  },
  {
    what: 'labels with a dot, a backslash, a blank and a byte above ASCII',
    bytes: packet('1234 0100 0001 0000 0000 0000', `07 'a.b\\c d' 02 ff41 00 0001 0001`),
    message: createQuery(0x1234, 'a\\.b\\\\c\\032d.\\255A.', TYPE.A),
  },
]

for (const { what, bytes, message } of packets) {
  t.test(`by hand, both ways: ${what}`, async t => {
    t.same(decodeMessage(bytes), message)
    t.equal(encodeMessage(message).toString('hex'), bytes.toString('hex'))
    t.same(decodeHead(bytes).questions, message.questions)
  })
}

const HEAD_ONE_QUESTION = '1234 0100 0001 0000 0000 0000'
const HEAD_ONE_ANSWER = '1234 8000 0000 0001 0000 0000'
const HEAD_ONE_ADDITIONAL = '1234 8000 0000 0000 0000 0001'
const label63 = `3f '${'x'.repeat(63)}'`

const malformed = [
  { what: 'nothing', bytes: packet('') },
  { what: 'half a header', bytes: packet('1234 0100 0001') },
  { what: 'a question announced, none there', bytes: packet(HEAD_ONE_QUESTION) },
  { what: '65535 answers announced, none there', bytes: packet('1234 8000 0000 ffff 0000 0000') },
  { what: 'a name without end', bytes: packet(HEAD_ONE_QUESTION, "01 'a'") },
  { what: 'a label longer than the message', bytes: packet(HEAD_ONE_QUESTION, "09 'a'") },
  { what: 'a question without class', bytes: packet(HEAD_ONE_QUESTION, '00 0001') },
  { what: 'a label of form 01', bytes: packet(HEAD_ONE_QUESTION, '41 00 0001 0001') },
  { what: 'a label of form 10', bytes: packet(HEAD_ONE_QUESTION, '81 00 0001 0001') },
  { what: 'half a pointer', bytes: packet(HEAD_ONE_QUESTION, 'c0') },
  { what: 'a pointer to itself', bytes: packet(HEAD_ONE_QUESTION, 'c00c 0001 0001') },
  { what: 'a pointer to its own label run', bytes: packet(HEAD_ONE_QUESTION, "01 'a' c00c 0001 0001") },
  { what: 'a pointer forwards', bytes: packet(HEAD_ONE_QUESTION, 'c012 0001 0001 00') },
  { what: 'a pointer behind the message', bytes: packet(HEAD_ONE_QUESTION, 'ffff 0001 0001') },
  {
    what: 'a name of 256 bytes',
    bytes: packet(HEAD_ONE_QUESTION, label63, label63, label63, `3e '${'x'.repeat(62)}'`, '00 0001 0001'),
    accepted: packet(HEAD_ONE_QUESTION, label63, label63, label63, `3d '${'x'.repeat(61)}'`, '00 0001 0001'),
  },
  { what: 'an A record of 3 bytes', bytes: packet(HEAD_ONE_ANSWER, '00 0001 0001 00000000 0003 010203') },
  { what: 'an A record of 5 bytes', bytes: packet(HEAD_ONE_ANSWER, '00 0001 0001 00000000 0005 0102030405') },
  { what: 'an AAAA record of 4 bytes', bytes: packet(HEAD_ONE_ANSWER, '00 001c 0001 00000000 0004 01020304') },
  { what: 'data longer than the message', bytes: packet(HEAD_ONE_ANSWER, '00 fe00 0001 00000000 0005 0102') },
  {
    what: 'a target that runs out of its data',
    bytes: packet(HEAD_ONE_ANSWER, "00 0005 0001 00000000 0002 01 'a' 00"),
  },
  { what: 'a target shorter than its data', bytes: packet(HEAD_ONE_ANSWER, '00 0005 0001 00000000 0002 00 00') },
  { what: 'a text that runs out of its data', bytes: packet(HEAD_ONE_ANSWER, "00 0010 0001 00000000 0002 02 'ab'") },
  { what: 'TXT without a text', bytes: packet(HEAD_ONE_ANSWER, '00 0010 0001 00000000 0000') },
  { what: 'SOA cut off', bytes: packet(HEAD_ONE_ANSWER, '00 0006 0001 00000000 0006 00 00 00000001') },
  { what: 'bytes too many', bytes: packet('1234 8000 0000 0000 0000 0000 00') },
  { what: 'OPT among the answers', bytes: packet(HEAD_ONE_ANSWER, '00 0029 04d0 00000000 0000') },
  { what: 'OPT with a name', bytes: packet(HEAD_ONE_ADDITIONAL, "01 'a' 00 0029 04d0 00000000 0000") },
  {
    what: 'two OPTs',
    bytes: packet('1234 8000 0000 0000 0000 0002', '00 0029 04d0 00000000 0000', '00 0029 04d0 00000000 0000'),
  },
  { what: 'an EDNS option cut off', bytes: packet(HEAD_ONE_ADDITIONAL, '00 0029 04d0 00000000 0004 000a 0008') },
]

for (const { what, bytes, accepted } of malformed) {
  t.test(`refused: ${what}`, async t => {
    t.throws(() => decodeMessage(bytes), { code: MALFORMED, status: 400 })
    if (accepted) t.doesNotThrow(() => decodeMessage(accepted))
  })
}

t.test('a chain of pointers is followed 127 times and no further', async t => {
  // An unknown record whose data is the chain: a root name at 23, then pointers each to the one before.
  const chain = (length: number) => {
    const data = Buffer.alloc(1 + 2 * length)
    for (let i = 0; i < length; i++) data.writeUInt16BE(0xc000 | (i === 0 ? 23 : 22 + 2 * i), 1 + 2 * i)
    const dataLength = data.length.toString(16).padStart(4, '0')
    const last = (0xc000 | (22 + 2 * length)).toString(16)
    return packet(
      '1234 8000 0000 0002 0000 0000',
      `00 fe00 0001 00000000 ${dataLength}`,
      data.toString('hex'),
      `${last} 0001 0001 00000000 0004 01020304`,
    )
  }
  t.equal(decodeMessage(chain(126)).answers[1]?.name, '.', 'the owner is the 127th pointer')
  t.throws(() => decodeMessage(chain(127)), { code: MALFORMED, message: /too many pointers/ })
})

t.test('the worst message of its size is refused in milliseconds', async t => {
  // A 16 KiB chain of pointers, and records whose owners all start at its end.
  const chainLength = 8000
  const chain = Buffer.alloc(1 + 2 * chainLength)
  for (let i = 0; i < chainLength; i++) chain.writeUInt16BE(0xc000 | (i === 0 ? 23 : 22 + 2 * i), 1 + 2 * i)
  const head = packet('1234 8000 0000 0fff 0000 0000', `00 fe00 0001 00000000 ${chain.length.toString(16)}`)
  const owner = packet((0xc000 | (22 + 2 * chainLength)).toString(16), '0001 0001 00000000 0004 01020304')
  const bytes = Buffer.concat([head, chain, ...new Array<Buffer>(3000).fill(owner)])
  t.ok(bytes.length <= 65_535)
  const startedMs = performance.now()
  t.throws(() => decodeMessage(bytes), { code: MALFORMED })
  t.ok(performance.now() - startedMs < 50)
})

const names = [
  { name: 'Ready.Spartan', canonical: 'ready.spartan.', labels: ['Ready', 'Spartan'] },
  { name: '.', canonical: '.', labels: [] },
  { name: '', canonical: '.', labels: [] },
  { name: 'a\\.b.mesos.', canonical: 'a\\.b.mesos.', labels: ['a.b', 'mesos'] },
  { name: '\\097\\.', canonical: 'a\\..', labels: ['a.'] },
  { name: 'a..b', fault: 'an empty label' },
  { name: '..', fault: 'an empty label' },
  { name: '.a', fault: 'an empty label' },
  { name: `${'x'.repeat(64)}.`, fault: 'a label longer than 63 bytes' },
  { name: 'a\\', fault: 'an unfinished escape' },
  { name: 'a\\25', fault: 'an unfinished escape' },
  { name: 'a\\256', fault: 'no byte has the value 256' },
  { name: 'bücher.de', fault: 'a character outside printable ASCII' },
  { name: 'a b', fault: 'a character outside printable ASCII' },
]

for (const { name, canonical, labels, fault } of names) {
  t.test(`name '${name.slice(0, 20)}'`, async t => {
    if (fault) return void t.throws(() => canonicalName(name), { code: NAME_INVALID, message: new RegExp(fault) })
    t.equal(canonicalName(name), canonical)
    t.same(labelsOf(name), labels)
  })
}

t.test('below a zone', async t => {
  for (const [name, zone, within] of [
    ['leader.mesos.', 'mesos.', true],
    ['mesos.', 'mesos.', true],
    ['anything.', '.', true],
    ['notmesos.', 'mesos.', false],
    ['aa.contoso.com.', 'a.contoso.com.', false],
    ['a\\.mesos.', 'mesos.', false],
    ['a\\\\.mesos.', 'mesos.', true],
  ] as const) {
    t.equal(isWithin(name, zone), within, `${name} in ${zone}`)
  }
})

t.test('what has no wire form is not encoded', async t => {
  const answer = (data: RecordData) => () => encodeMessage(response({ answers: [inet('a.', 0, data)] }))
  t.throws(answer({ kind: 'A', address: '1.2.3' }), { code: VALUE_INVALID })
  t.throws(answer({ kind: 'AAAA', address: '1.2.3.4' }), { code: VALUE_INVALID })
  t.throws(answer({ kind: 'AAAA', address: 'fe80::1%eth0' }), { code: VALUE_INVALID })
  t.throws(answer({ kind: 'SRV', priority: 0, weight: 0, port: 65_536, target: '.' }), { code: VALUE_INVALID })
  t.throws(answer({ kind: 'TXT', texts: [] }), { code: VALUE_INVALID })
  t.throws(answer({ kind: 'TXT', texts: [new Uint8Array(256)] }), { code: VALUE_INVALID })
  t.throws(answer({ kind: 'CNAME', target: 'x..y' }), { code: NAME_INVALID })
  t.throws(() => encodeMessage({ ...createQuery(1, 'a.', 1), rcode: 16 }), { code: VALUE_INVALID })
  t.throws(() => encodeMessage({ ...createQuery(1, 'a.', 1), opcode: 16 }), { code: VALUE_INVALID })
  t.throws(() => encodeMessage(createQuery(-1, 'a.', 1)), { code: VALUE_INVALID })
  t.throws(() => encodeMessage(createQuery(1, 'a.', 1), 18), { code: 'DNS_WIRE_MESSAGE_TOO_LARGE' })
  t.equal(encodeMessage(createQuery(1, 'a.', 1), 19).length, 19, 'the limit itself still fits')
})

t.test('a message grows to 65535 bytes, and names beyond the reach of a pointer are written out', async t => {
  const text = inet('filler.', 0, { kind: 'TXT', texts: new Array<Uint8Array>(64).fill(Buffer.alloc(255)) })
  const far = inet('far.filler.', 0, { kind: 'NS', target: 'far.filler.' })
  const message = response({ answers: [text, far, far] })
  const bytes = encodeMessage(message)
  // Not t.same: its report of 16,000 numbers takes minutes.
  t.ok(isDeepStrictEqual(decodeMessage(bytes), message))
  t.equal(bytes.toString('latin1').split('\x03far').length - 1, 4, 'each far name is written out')
  t.throws(() => encodeMessage(response({ answers: [text, text, text, text, text] })), {
    code: 'DNS_WIRE_MESSAGE_TOO_LARGE',
  })
})

t.test('IPv6 text (RFC 5952)', async t => {
  for (const [given, canonical] of [
    ['0:0:0:0:0:0:0:0', '::'],
    ['::1', '::1'],
    ['2001:DB8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['1:0:0:2:0:0:0:3', '1:0:0:2::3'],
    ['::ffff:198.51.100.1', '::ffff:198.51.100.1'],
    ['64:ff9b::10.0.0.1', '64:ff9b::a00:1'],
    ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
  ] as const) {
    t.equal(formatIpv6(ipv6Bytes(given)), canonical, given)
  }
  t.throws(() => ipv4Bytes('01.2.3.4'), { code: VALUE_INVALID })
  t.equal(typeName(33), 'SRV')
  t.equal(typeName(65), 'TYPE65')
})

// Generated messages: whatever has a wire form comes back as it was.
const recordOf = <T>(model: { [Key in keyof T]: fc.Arbitrary<T[Key]> }) =>
  fc.record<T>(model, { noNullPrototype: true })
const bytesOf = (maxLength: number) => fc.uint8Array({ maxLength }).map(bytes => Buffer.from(bytes))
const escaped = (bytes: Uint8Array) => [...bytes].map(byte => `\\${String(byte).padStart(3, '0')}`).join('')
const name = fc
  .array(
    fc.oneof(
      fc.constantFrom('mesos', 'Marathon', 'a', '_tcp'),
      fc.uint8Array({ minLength: 1, maxLength: 20 }).map(escaped),
    ),
    { maxLength: 6 },
  )
  .map(labels => decodedSpelling(`${labels.join('.')}.`))
/** The one spelling that decoding gives, capitals kept. */
function decodedSpelling(text: string): string {
  return decodeHead(encodeMessage(createQuery(0, text, 1))).questions[0]?.name ?? ''
}
const uint8 = fc.nat(0xff)
const uint16 = fc.nat(0xffff)
const uint32 = fc.integer({ min: 0, max: 0xffff_ffff })
const data: fc.Arbitrary<RecordData> = fc.oneof(
  fc.ipV4().map(address => ({ kind: 'A' as const, address })),
  fc.uint8Array({ minLength: 16, maxLength: 16 }).map(bytes => ({ kind: 'AAAA' as const, address: formatIpv6(bytes) })),
  recordOf({ kind: fc.constantFrom('NS', 'CNAME', 'PTR'), target: name }),
  recordOf({ kind: fc.constant('MX' as const), preference: uint16, exchange: name }),
  recordOf({ kind: fc.constant('SRV' as const), priority: uint16, weight: uint16, port: uint16, target: name }),
  recordOf({ kind: fc.constant('TXT' as const), texts: fc.array(bytesOf(255), { minLength: 1, maxLength: 3 }) }),
  recordOf({
    kind: fc.constant('SOA' as const),
    primary: name,
    mailbox: name,
    serial: uint32,
    refreshSeconds: uint32,
    retrySeconds: uint32,
    expireSeconds: uint32,
    minimumSeconds: uint32,
  }),
  recordOf({ kind: fc.constant('other' as const), type: fc.integer({ min: 256, max: 0xffff }), bytes: bytesOf(40) }),
)
const records = fc.array(recordOf({ name, class: fc.constant(CLASS.IN), ttlSeconds: uint32, data }), { maxLength: 4 })
const options = fc.array(recordOf({ code: uint16, bytes: bytesOf(20) }), { maxLength: 3 })
const edns = recordOf({ udpPayloadBytes: uint16, version: uint8, dnssecOk: fc.boolean(), options })
const plain = {
  id: uint16,
  isResponse: fc.boolean(),
  opcode: fc.nat(15),
  authoritative: fc.boolean(),
  truncated: fc.boolean(),
  recursionDesired: fc.boolean(),
  recursionAvailable: fc.boolean(),
  authenticData: fc.boolean(),
  checkingDisabled: fc.boolean(),
  questions: fc.array(recordOf({ name, type: uint16, class: uint16 }), { maxLength: 2 }),
  answers: records,
  authorities: records,
  additionals: records,
}
const message: fc.Arbitrary<DnsMessage> = fc.oneof(
  recordOf({ ...plain, rcode: fc.nat(15) }),
  recordOf({ ...plain, rcode: fc.nat(0xfff), edns }),
)
const SEED = 20_261_123

t.test('round trip of 300 generated messages', async t => {
  const { failed, counterexample } = fc.check(
    fc.property(message, given => isDeepStrictEqual(decodeMessage(encodeMessage(given)), given)),
    { numRuns: 300, seed: SEED },
  )
  t.notOk(failed, JSON.stringify(counterexample))
})

t.test('2000 mutated messages decode or are refused, never anything else', async t => {
  const base = fc.oneof(
    message.map(given => encodeMessage(given)),
    fc.constantFrom(...packets.map(each => each.bytes)),
  )
  const edits = fc.array(recordOf({ at: fc.nat(), byte: fc.oneof(uint8, fc.constantFrom(0xc0, 0xff, 0)) }), {
    minLength: 1,
    maxLength: 4,
  })
  let refused = 0
  fc.assert(
    fc.property(base, edits, fc.option(fc.nat()), (whole, changes, cut) => {
      const bytes = Buffer.from(cut === null ? whole : whole.subarray(0, cut % (whole.length + 1)))
      for (const { at, byte } of changes) if (bytes.length > 0) bytes[at % bytes.length] = byte
      let decoded: DnsMessage
      try {
        decoded = decodeMessage(bytes)
      } catch (error) {
        refused++
        return isFault(error, MALFORMED)
      }
      // What was accepted has a wire form again, with the same meaning.
      const again = decodeMessage(encodeMessage(decoded))
      return JSON.stringify(again) === JSON.stringify(decoded)
    }),
    { numRuns: 2000, seed: SEED },
  )
  t.ok(refused > 200, `${refused} refused`)
})
