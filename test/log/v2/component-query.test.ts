// v2's parameters in the terms of v1 (log 7.1).
import t from 'tap'
import { parseComponentQuery } from '../../../src/log/v2/component-query.ts'

const CURSOR =
  's=cea8150abb0543deaab113ed2f39b014;i=1;b=2c357020b6e54863a5ac9dee71d5872c;m=33ae8a1;t=53e52ec99a798;x=b3fe'
const encoded = encodeURIComponent(CURSOR)

const good: {
  query: string
  lastEventId?: string
  events?: true
  wanted: { next?: bigint; prev?: bigint; cursor?: string }
}[] = [
  { query: '', wanted: {} },
  { query: 'skip=0', wanted: {} },
  { query: 'skip=3', wanted: { next: 3n } },
  { query: 'skip=%2B3', wanted: { next: 3n } },
  { query: 'skip=-3', wanted: { prev: 3n } },
  { query: 'cursor=BEG&skip=-2', wanted: { prev: 2n } },
  { query: 'cursor=END', wanted: { prev: 1n } },
  { query: 'cursor=END&skip=4', wanted: { next: 4n, prev: 1n } },
  { query: 'cursor=END&skip=-4', wanted: { prev: 4n } },
  { query: `cursor=${encoded}&skip=1`, wanted: { next: 1n, cursor: CURSOR } },
  { query: `cursor=${encodeURIComponent(encoded)}`, wanted: { cursor: CURSOR } },
  { query: 'cursor=END&skip=-4', lastEventId: CURSOR, wanted: { prev: 4n, cursor: CURSOR } },
  { query: 'cursor=END&skip=-4', lastEventId: CURSOR, events: true, wanted: { cursor: CURSOR } },
  { query: 'skip=4', lastEventId: CURSOR, events: true, wanted: { cursor: CURSOR } },
  { query: 'skip=-4', events: true, wanted: { prev: 4n } },
  { query: 'skip=-9223372036854775808', wanted: { prev: 1n << 63n } },
]
for (const { query, lastEventId, events = false, wanted } of good) {
  t.test(`log 7.1: '${query}'${lastEventId ? ' and Last-Event-ID' : ''}${events ? ', events' : ''}`, async t => {
    const { position, limit, matches } = parseComponentQuery(query, lastEventId, events)
    const { next = 0n, prev = 0n, cursor } = wanted
    t.equal(position.skipNext, next)
    t.equal(position.skipPrev, prev)
    t.equal(position.cursor?.text, cursor)
    t.equal(limit, 0n)
    t.same(matches, [])
  })
}

const bad = [
  {
    query: 'limit=-1',
    code: 'LOG_COMPONENT_LIMIT_INVALID',
    message: /: strconv.ParseUint: parsing "-1": invalid syntax$/,
  },
  { query: 'limit=18446744073709551616', code: 'LOG_COMPONENT_LIMIT_INVALID', message: /value out of range$/ },
  { query: `limit=${'9'.repeat(5000)}`, code: 'LOG_COMPONENT_LIMIT_INVALID', message: /value out of range$/ },
  { query: 'skip=1.5', code: 'LOG_COMPONENT_SKIP_INVALID', message: /: strconv.Atoi: parsing "1.5": invalid syntax$/ },
  { query: 'skip=9223372036854775808', code: 'LOG_COMPONENT_SKIP_INVALID', message: /value out of range$/ },
  { query: 'filter=x&limit=x', code: 'LOG_FILTER_MALFORMED', message: /Got x$/ },
  { query: '%66ilter=x', code: 'LOG_FILTER_MALFORMED', message: /Got x$/ },
  { query: 'cursor=x', code: 'JOURNAL_CURSOR_MALFORMED', message: /^Incorrect cursor string$/ },
]
for (const { query, code, message } of bad) {
  t.test(`log 7.1: '${query.slice(0, 40)}' is refused`, async t => {
    t.throws(() => parseComponentQuery(query, undefined, false), { code, message, status: 400 })
  })
}

t.test('log 7.1: a Last-Event-ID that is no cursor is refused', async t => {
  t.throws(() => parseComponentQuery('', 'x', true), { code: 'JOURNAL_CURSOR_MALFORMED' })
})

t.test('log 3.1: a filter looks for the bytes that came', async t => {
  const { matches } = parseComponentQuery('filter=a:%ff&limit=2&filter=B:c', undefined, false)
  t.same(matches, [[{ field: 'A', value: Buffer.from([0xff]) }], [{ field: 'B', value: Buffer.from('c') }]])
})
