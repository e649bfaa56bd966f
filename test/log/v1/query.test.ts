// The query string of v1 → a request (log 3).
import fc from 'fast-check'
import t from 'tap'
import { FILTERS_MAX, parseRangeQuery } from '../../../src/log/v1/query.ts'
import { isFault } from '../../../src/shared/errors/fault.ts'

const CURSOR =
  's=688b4afcfd4b464db09cbec6b53e07dc;i=2bd;b=2c357020b6e54863a5ac9dee71d5872c;m=11b3e3b1;t=54a35428fe4f1;x=957e12ab2b79ad65'

/** What a test compares: clauses as text. */
function parsed(query: string) {
  const { matches, position, limit, postfix } = parseRangeQuery(query)
  return {
    matches: matches.map(clause =>
      clause.map(({ field, value }) => `${field}=${Buffer.from(value).toString('latin1')}`).join('|'),
    ),
    cursor: position.cursor?.text ?? '',
    skips: [position.skipNext, position.skipPrev],
    reverse: position.reverse,
    limit,
    postfix,
  }
}

const NOTHING = { matches: [] as string[], cursor: '', skips: [0n, 0n], reverse: false, limit: 0n, postfix: '' }

const good: { what: string; given: string; wanted: Partial<typeof NOTHING> }[] = [
  { what: 'nothing', given: '', wanted: {} },
  { what: 'other names', given: 'follow=1&since=x&LIMIT=3&&=4', wanted: {} },
  { what: 'empty values', given: 'limit=&cursor=&skip_next=&skip_prev=&read_reverse=&filter=', wanted: {} },
  { what: 'numbers', given: 'limit=10&skip_next=2&skip_prev=3', wanted: { limit: 10n, skips: [2n, 3n] } },
  { what: '64 bits', given: 'limit=18446744073709551615', wanted: { limit: 18446744073709551615n } },
  { what: 'leading zeros', given: 'limit=0000000000000000000000000007', wanted: { limit: 7n } },
  { what: 'the first of several', given: 'limit=1&limit=2', wanted: { limit: 1n } },
  { what: 'the first, though empty', given: 'limit=&limit=2', wanted: {} },
  { what: 'a name percent-encoded', given: 'li%6Dit=4', wanted: { limit: 4n } },
  { what: 'a part with a broken escape is left out', given: 'limit=%zz&skip_prev=1', wanted: { skips: [0n, 1n] } },
  { what: "true, in Go's spellings", given: 'read_reverse=T', wanted: { reverse: true } },
  { what: 'false', given: 'read_reverse=0', wanted: {} },
  { what: 'a cursor, encoded', given: `cursor=${encodeURIComponent(CURSOR)}`, wanted: { cursor: CURSOR } },
  {
    what: 'a cursor, encoded twice',
    given: `cursor=${encodeURIComponent(encodeURIComponent(CURSOR))}`,
    wanted: { cursor: CURSOR },
  },
  { what: 'a cursor with bare semicolons', given: `cursor=${CURSOR}&limit=1`, wanted: { cursor: CURSOR, limit: 1n } },
  { what: 'a filter', given: 'filter=_systemd_unit:x.service', wanted: { matches: ['_SYSTEMD_UNIT=x.service'] } },
  {
    what: 'filters of a field and of another',
    given: 'filter=A:1&filter=B:2&filter=A:3',
    wanted: { matches: ['A=1|A=3', 'B=2'] },
  },
  { what: 'colons in a value', given: 'filter=A:b:c', wanted: { matches: ['A=b:c'] } },
  { what: 'an empty value to look for', given: 'filter=A:', wanted: { matches: ['A='] } },
  { what: 'plus is a blank', given: 'filter=A:b+c%2B', wanted: { matches: ['A=b c+'] } },
  { what: 'any bytes', given: 'filter=A:%ff%00', wanted: { matches: ['A=\xff\0'] } },
  { what: 'a name that matches nothing', given: 'filter=1ABC:x', wanted: { matches: ['1ABC=x'] } },
  { what: 'a postfix', given: 'postfix=st%C3%A9', wanted: { postfix: 'sté' } },
]
for (const { what, given, wanted } of good) {
  t.test(`log 3: ${what}`, async t => {
    t.same(parsed(given), { ...NOTHING, ...wanted })
  })
}

const INVALID = 'invalid syntax'
const bad: { given: string; code: string; message?: string }[] = [
  {
    given: 'filter=bad',
    code: 'LOG_FILTER_MALFORMED',
    message: 'Incorrect filter parameter format, must be ?filer=key:value. Got bad',
  },
  { given: 'filter=my-field:x', code: 'LOG_FILTER_FIELD_INVALID' },
  { given: 'filter=:x', code: 'LOG_FILTER_FIELD_INVALID' },
  { given: 'filter=__CURSOR:x', code: 'LOG_FILTER_FIELD_INVALID' },
  { given: 'filter=A%00:x', code: 'LOG_FILTER_FIELD_INVALID' },
  { given: 'filter=%C3%9F:x', code: 'LOG_FILTER_FIELD_INVALID' },
  { given: 'filter=A=x:y', code: 'LOG_FILTER_FIELD_INVALID' },
  {
    given: Array(FILTERS_MAX + 1)
      .fill('filter=A:1')
      .join('&'),
    code: 'LOG_FILTERS_TOO_MANY',
  },
  {
    given: 'limit=-1',
    code: 'LOG_LIMIT_INVALID',
    message: `Error parsing paramter \`limit\`: strconv.ParseUint: parsing "-1": ${INVALID}`,
  },
  {
    given: 'limit=+1',
    code: 'LOG_LIMIT_INVALID',
    message: `Error parsing paramter \`limit\`: strconv.ParseUint: parsing " 1": ${INVALID}`,
  },
  { given: 'limit=1.5', code: 'LOG_LIMIT_INVALID' },
  { given: 'limit=0x10', code: 'LOG_LIMIT_INVALID' },
  {
    given: 'limit=18446744073709551616',
    code: 'LOG_LIMIT_INVALID',
    message: 'Error parsing paramter `limit`: strconv.ParseUint: parsing "18446744073709551616": value out of range',
  },
  { given: `limit=${'9'.repeat(10_000)}`, code: 'LOG_LIMIT_INVALID' },
  {
    given: 'skip_next=-1',
    code: 'LOG_SKIP_INVALID',
    message: `Error parsing parameter skip_next: strconv.ParseUint: parsing "-1": ${INVALID}`,
  },
  {
    given: 'skip_prev=1e3',
    code: 'LOG_SKIP_INVALID',
    message: `Error parsing parameter skip_prev: strconv.ParseUint: parsing "1e3": ${INVALID}`,
  },
  {
    given: 'read_reverse=yes',
    code: 'LOG_READ_REVERSE_INVALID',
    message: `strconv.ParseBool: parsing "yes": ${INVALID}`,
  },
  {
    given: 'cursor=%25zz',
    code: 'LOG_CURSOR_ESCAPE_INVALID',
    message: 'Unable to unescape cursor parameter: invalid URL escape "%zz"',
  },
  { given: 'cursor=END', code: 'JOURNAL_CURSOR_MALFORMED' },
  { given: 'cursor=%3B', code: 'JOURNAL_CURSOR_MALFORMED' },
  // Which error answers.
  { given: 'limit=bad&filter=bad', code: 'LOG_FILTER_MALFORMED' },
  { given: 'limit=bad&cursor=%25zz', code: 'LOG_CURSOR_ESCAPE_INVALID' },
  { given: 'cursor=bad&limit=bad', code: 'LOG_LIMIT_INVALID' },
  { given: 'read_reverse=bad&skip_next=bad', code: 'LOG_SKIP_INVALID' },
]
for (const { given, code, message } of bad) {
  t.test(`log 3: ${given.slice(0, 60)} → ${code}`, async t => {
    t.throws(() => parseRangeQuery(given), { code, status: 400, ...(message && { message }) })
  })
}

t.test('garbage is a request or a fault, never a bug', async t => {
  const name = fc.constantFrom(
    'filter',
    'cursor',
    'limit',
    'skip_next',
    'skip_prev',
    'read_reverse',
    'postfix',
    '%66ilter',
  )
  const value = fc.oneof(
    fc.string(),
    fc.string({ unit: 'binary' }),
    fc.constantFrom(CURSOR, '%', '%00', '%ff:', 'A:%ff'),
  )
  const queries = fc.array(
    fc.tuple(name, fc.constantFrom('=', '', '=='), value).map(parts => parts.join('')),
    { maxLength: 8 },
  )
  fc.assert(
    fc.property(queries, parts => {
      try {
        parseRangeQuery(parts.join('&'))
      } catch (error) {
        if (!isFault(error)) throw error
      }
    }),
    { numRuns: 2000, seed: 19 },
  )
  t.pass('2,000 queries')
})
