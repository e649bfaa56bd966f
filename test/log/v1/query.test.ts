// The query string of v1 → a request (log 3).
import fc from 'fast-check'
import t from 'tap'
import type { Boot } from '../../../src/log/boot.ts'
import { FILTERS_MAX, parseRangeQuery, parseStreamQuery, type StreamRequest } from '../../../src/log/v1/query.ts'
import { isFault } from '../../../src/shared/errors/fault.ts'

const CURSOR =
  's=688b4afcfd4b464db09cbec6b53e07dc;i=2bd;b=2c357020b6e54863a5ac9dee71d5872c;m=11b3e3b1;t=54a35428fe4f1;x=957e12ab2b79ad65'

const NOW_MS = Date.UTC(2017, 2, 8, 10, 15, 20)

/** What a test compares: clauses as text. */
function shown({ matches, regexes, position, boot }: StreamRequest) {
  return {
    regexes: regexes.map(({ field, pattern }) => `${field} ${pattern}`),
    matches: matches.map(clause =>
      clause.map(({ field, value }) => `${field}=${Buffer.from(value).toString('latin1')}`).join('|'),
    ),
    cursor: position.cursor?.text ?? '',
    skips: [position.skipNext, position.skipPrev],
    reverse: position.reverse,
    bounds: [position.sinceUs, position.untilUs],
    boot,
  }
}

function parsed(query: string) {
  const request = parseRangeQuery(query, NOW_MS)
  return { ...shown(request), limit: request.limit, postfix: request.postfix }
}

const NOWHERE = {
  regexes: [] as string[],
  matches: [] as string[],
  cursor: '',
  skips: [0n, 0n],
  reverse: false,
  bounds: [undefined, undefined] as (number | undefined)[],
  boot: undefined as Boot | undefined,
}
const NOTHING = { ...NOWHERE, limit: 0n, postfix: '' }

const good: { what: string; given: string; wanted: Partial<typeof NOTHING> }[] = [
  { what: 'nothing', given: '', wanted: {} },
  { what: 'other names', given: 'follow=1&before=x&LIMIT=3&&=4', wanted: {} },
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
  { what: 'a regular expression', given: 'filter=message~a:b%2B|%C3%9F~c', wanted: { regexes: ['MESSAGE a:b+|ß~c'] } },
  {
    what: 'several of them beside a filter',
    given: 'filter=A~1&filter=B:2&filter=A~3',
    wanted: { matches: ['B=2'], regexes: ['A 1', 'A 3'] },
  },
  { what: 'an empty one, found wherever the field is', given: 'filter=A~', wanted: { regexes: ['A '] } },
  { what: 'a tilde behind a colon', given: 'filter=A:b~c', wanted: { matches: ['A=b~c'] } },
  { what: 'since and until', given: 'since=-1h&until=1488968120', wanted: { bounds: [1488964520e6, 1488968120e6] } },
  {
    what: 'an offset whose plus came bare',
    given: 'since=2017-03-08T11:15:20+01:00',
    wanted: { bounds: [1488968120e6, undefined] },
  },
  {
    what: 'a priority',
    given: 'priority=crit&filter=A:1',
    wanted: { matches: ['A=1', 'PRIORITY=0|PRIORITY=1|PRIORITY=2'] },
  },
  {
    what: 'a priority beside a filter of the same field',
    given: 'filter=PRIORITY:3&priority=0',
    wanted: { matches: ['PRIORITY=3', 'PRIORITY=0'] },
  },
  { what: 'a boot by its id', given: `boot=${'A1'.repeat(16)}`, wanted: { boot: { id: 'a1'.repeat(16) } } },
  { what: 'a boot counted back', given: 'boot=-1', wanted: { boot: { back: 1 } } },
  {
    what: 'a unit, beside a filter',
    given: 'unit=x&filter=A:1',
    wanted: {
      matches: [
        'A=1',
        '_SYSTEMD_UNIT=x.service|UNIT=x.service|OBJECT_SYSTEMD_UNIT=x.service|COREDUMP_UNIT=x.service',
        '_SYSTEMD_UNIT=x.service|UNIT=x.service|OBJECT_SYSTEMD_UNIT=x.service|MESSAGE_ID=fc2e22bc6ee647b6b90729ab34a250b1',
        '_SYSTEMD_UNIT=x.service|UNIT=x.service|_UID=0',
        '_SYSTEMD_UNIT=x.service|_PID=1|OBJECT_SYSTEMD_UNIT=x.service|COREDUMP_UNIT=x.service',
        '_SYSTEMD_UNIT=x.service|_PID=1|OBJECT_SYSTEMD_UNIT=x.service|MESSAGE_ID=fc2e22bc6ee647b6b90729ab34a250b1',
        '_SYSTEMD_UNIT=x.service|_PID=1|_UID=0',
      ],
    },
  },
  { what: 'added names without a value', given: 'since=&until=&priority=&boot=&unit=', wanted: {} },
  { what: 'a postfix', given: 'postfix=st%C3%A9', wanted: { postfix: 'sté' } },
]
for (const { what, given, wanted } of good) {
  t.test(`log 3: ${what}`, async t => {
    t.same(parsed(given), { ...NOTHING, ...wanted })
  })
}

const INVALID = 'invalid syntax'
const bad: { given: string; code: string; message?: string | RegExp }[] = [
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
  { given: 'filter=~x', code: 'LOG_FILTER_FIELD_INVALID' },
  { given: 'filter=my-field~x', code: 'LOG_FILTER_FIELD_INVALID', message: /my-field is not/ },
  { given: `filter=A~${'x'.repeat(513)}`, code: 'LOG_FILTER_REGEX_TOO_LONG' },
  { given: 'filter=A~((x{99}){99}){99}', code: 'LOG_FILTER_REGEX_TOO_LARGE' },
  { given: `${'filter=A~x&'.repeat(5)}limit=x`, code: 'LOG_FILTER_REGEXES_TOO_MANY' },
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
  {
    given: 'since=yesterday',
    code: 'LOG_TIME_INVALID',
    message: 'Error parsing parameter since: "yesterday" is not a time',
  },
  { given: 'until=15m', code: 'LOG_TIME_INVALID' },
  {
    given: 'priority=8',
    code: 'LOG_PRIORITY_INVALID',
    message: 'Error parsing parameter priority: "8" is not a priority',
  },
  {
    given: 'boot=1',
    code: 'LOG_BOOT_INVALID',
    message: 'Error parsing parameter boot: "1" is neither a boot id nor a number from -20 to 0',
  },
  // Which error answers.
  { given: 'limit=bad&filter=bad', code: 'LOG_FILTER_MALFORMED' },
  { given: 'limit=bad&cursor=%25zz', code: 'LOG_CURSOR_ESCAPE_INVALID' },
  { given: 'cursor=bad&limit=bad', code: 'LOG_LIMIT_INVALID' },
  { given: 'read_reverse=bad&skip_next=bad', code: 'LOG_SKIP_INVALID' },
  { given: 'since=bad&read_reverse=bad', code: 'LOG_READ_REVERSE_INVALID' },
  { given: 'cursor=bad&boot=bad&priority=bad', code: 'LOG_PRIORITY_INVALID' },
  { given: 'cursor=bad&unit=a*b&boot=bad', code: 'LOG_BOOT_INVALID' },
  { given: 'cursor=bad&unit=a*b', code: 'LOG_UNIT_INVALID' },
]
for (const { given, code, message } of bad) {
  t.test(`log 3: ${given.slice(0, 60)} → ${code}`, async t => {
    t.throws(() => parseRangeQuery(given, NOW_MS), { code, status: 400, ...(message && { message }) })
  })
}

const OTHER = CURSOR.replace('i=2bd', 'i=2be')

const streams: { what: string; given: string; id?: string; wanted: Partial<typeof NOWHERE> }[] = [
  { what: 'nothing', given: '', wanted: {} },
  { what: 'limit=0, which dcos-ui sends', given: 'limit=0&skip_prev=1', wanted: { skips: [0n, 1n] } },
  { what: 'read_reverse without a value', given: 'read_reverse=', wanted: {} },
  {
    what: 'cursor, skips, filter',
    given: `cursor=${CURSOR}&skip_next=2&filter=A:1`,
    wanted: { cursor: CURSOR, skips: [2n, 0n], matches: ['A=1'] },
  },
  { what: 'since', given: 'since=-20s', wanted: { bounds: [1488968100e6, undefined] } },
  {
    what: 'Last-Event-ID instead of cursor, skips and since',
    given: `cursor=${CURSOR}&skip_prev=4&skip_next=2&since=-1h&filter=A:1&priority=0`,
    id: OTHER,
    wanted: { cursor: OTHER, matches: ['A=1', 'PRIORITY=0'] },
  },
  { what: 'a cursor that is none behind a Last-Event-ID', given: 'cursor=bad', id: OTHER, wanted: { cursor: OTHER } },
]
for (const { what, given, id = '', wanted } of streams) {
  t.test(`log 3, 3.4, streams: ${what}`, async t => {
    t.same(shown(parseStreamQuery(given, id, NOW_MS)), { ...NOWHERE, ...wanted })
  })
}

const badStreams: { given: string; id?: string; code: string; message?: string }[] = [
  { given: 'limit=1', code: 'LOG_STREAM_PARAMETER', message: 'Unable to stream events with `limit` parameter' },
  {
    given: 'read_reverse=false',
    code: 'LOG_STREAM_PARAMETER',
    message: 'Unable to stream events with `read_reverse` parameter',
  },
  { given: 'read_reverse=what', code: 'LOG_STREAM_PARAMETER' },
  { given: 'until=-1h', code: 'LOG_STREAM_PARAMETER', message: 'Unable to stream events with `until` parameter' },
  { given: 'limit=bad', code: 'LOG_LIMIT_INVALID' },
  { given: 'cursor=bad', code: 'JOURNAL_CURSOR_MALFORMED' },
  { given: '', id: encodeURIComponent(CURSOR), code: 'JOURNAL_CURSOR_MALFORMED' },
  { given: 'since=bad', id: CURSOR, code: 'LOG_TIME_INVALID' },
]
for (const { given, id = '', code, message } of badStreams) {
  t.test(`log 3, streams: ${given || id} → ${code}`, async t => {
    t.throws(() => parseStreamQuery(given, id, NOW_MS), { code, status: 400, ...(message && { message }) })
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
    'since',
    'until',
    'priority',
    'boot',
    'unit',
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
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(queries, parts => {
        try {
          parseRangeQuery(parts.join('&'), NOW_MS)
          parseStreamQuery(parts.join('&'), '', NOW_MS)
        } catch (error) {
          if (!isFault(error)) throw error
        }
      }),
      { numRuns: 2000, seed: 19 },
    ),
  )
})
