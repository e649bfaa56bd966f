import t from 'tap'
import { journalctlMatches, type MatchClause } from '../../../src/shared/journal/matches.ts'

/** `A=1|B=2` → one clause. */
const clause = (text: string): MatchClause =>
  text.split('|').map(match => {
    const [field = '', value = ''] = match.split('=')
    return { field, value: Buffer.from(value) }
  })

const cases: { what: string; given: string[]; wanted: string[] | undefined }[] = [
  { what: 'no clause: everything', given: [], wanted: [] },
  { what: 'one field', given: ['A=1'], wanted: ['A=1'] },
  { what: 'an empty value', given: ['A='], wanted: ['A='] },
  { what: 'two values of a field', given: ['A=1|A=2'], wanted: ['A=1', 'A=2'] },
  { what: 'a value twice', given: ['A=1|A=1'], wanted: ['A=1'] },
  { what: 'two fields, both wanted', given: ['A=1', 'B=2'], wanted: ['A=1', 'B=2'] },
  { what: 'two fields, one of them wanted', given: ['A=1|B=2'], wanted: ['A=1', '+', 'B=2'] },
  {
    what: 'one of two fields, and a third (log 7.1: a unit, narrowed by a filter)',
    given: ['UNIT=u|_SYSTEMD_UNIT=u', 'PRIORITY=3'],
    wanted: ['UNIT=u', 'PRIORITY=3', '+', '_SYSTEMD_UNIT=u', 'PRIORITY=3'],
  },
  { what: 'a later clause narrows an earlier one', given: ['A=1', 'A=1|A=2'], wanted: ['A=1'] },
  { what: 'and cannot widen it (log 3.1)', given: ['A=1', 'A=2'], wanted: undefined },
  { what: 'an alternative that cannot be met falls away', given: ['A=1|B=1', 'A=2'], wanted: ['B=1', 'A=2'] },
  {
    what: 'an alternative that asks for more than another falls away',
    given: ['A=1|B=1', 'A=1|C=1'],
    wanted: ['A=1', '+', 'B=1', 'C=1'],
  },
  { what: 'one value of two asks for more', given: ['A=1|B=1', 'A=1|A=2|B=1'], wanted: ['A=1', '+', 'B=1'] },
  { what: 'a clause without matches matches nothing', given: ['A=1', ''], wanted: undefined },
]

for (const { what, given, wanted } of cases) {
  t.test(what, async t => {
    t.same(journalctlMatches(given.map(text => (text === '' ? [] : clause(text)))), wanted)
  })
}

t.test('what a command line cannot hold', async t => {
  for (const value of [Buffer.from('a\0b'), Buffer.from([0xff, 0xfe])])
    t.throws(() => journalctlMatches([[{ field: 'A', value }]]), { code: 'JOURNAL_MATCH_UNSUPPORTED', status: 400 })
})

t.test('alternatives are not multiplied without bound', async t => {
  const many = Array.from({ length: 20 }, (_, i) => clause(`A${i}=1|B${i}=1|C${i}=1`))
  t.throws(() => journalctlMatches(many), { code: 'JOURNAL_MATCH_UNSUPPORTED' })
})
