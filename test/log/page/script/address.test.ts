// The address of the page ↔ what it shows, and what it asks the API for.
import t from 'tap'
import { formatState, parseState, queryOf, type State } from '../../../../src/log/page/script/address.ts'
import { parseRangeQuery, parseStreamQuery } from '../../../../src/log/v1/query.ts'

const NONE: State = { unit: '', priority: '', since: '', until: '', boot: '', filters: [], cursor: '' }
const CURSOR =
  's=688b4afcfd4b464db09cbec6b53e07dc;i=2bd;b=2c357020b6e54863a5ac9dee71d5872c;m=11b3e3b1;t=54a35428fe4f1;x=957e12ab2b79ad65'

const states: { what: string; state: State }[] = [
  { what: 'nothing', state: NONE },
  {
    what: 'everything',
    state: {
      unit: 'a\\x2db@1.service',
      priority: 'err',
      since: '-15m',
      until: '2017-03-08T10:15:20.000Z',
      boot: '-1',
      filters: ['A:b&c=d#+%', 'MESSAGE~(?i)x y|ß', 'A:'],
      cursor: CURSOR,
    },
  },
]
for (const { what, state } of states) {
  t.test(`${what}: an address is read as it was written`, async t => {
    t.strictSame(parseState(formatState(state)), state)
  })
}

t.test('a crafted address asks for no more than so many filters', async t => {
  t.equal(parseState(`#${'filter=A:1&'.repeat(1000)}`).filters.length, 32)
})

t.test('the API understands what is asked for', async t => {
  const { state } = states[1]!
  const wanted = parseRangeQuery(queryOf(state, true, { limit: 5, read_reverse: 'true' }).slice(1), 1e12)
  t.match(wanted, { limit: 5n, boot: { back: 1 }, regexes: [{ field: 'MESSAGE', pattern: '(?i)x y|ß' }] })
  t.match(wanted.position, {
    reverse: true,
    sinceUs: (1e12 - 900e3) * 1000,
    untilUs: Date.UTC(2017, 2, 8, 10, 15, 20) * 1000,
  })
  const clauses = wanted.matches.map(clause => clause.map(({ field, value }) => `${field}=${Buffer.from(value)}`))
  t.strictSame(clauses[0], ['A=b&c=d#+%', 'A='])
  t.ok(clauses.some(clause => clause.includes('_SYSTEMD_UNIT=a\\x2db@1.service')))
  const followed = parseStreamQuery(queryOf({ ...state, until: '' }, false, { cursor: CURSOR }).slice(1), '', 1e12)
  t.equal(followed.position.cursor?.text, CURSOR)
  t.equal(followed.position.sinceUs, undefined, 'where a cursor says from where')
})
