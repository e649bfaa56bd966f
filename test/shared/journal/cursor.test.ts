import t from 'tap'
import { parseCursor, sameEntry } from '../../../src/shared/journal/cursor.ts'

const S = 'cea8150abb0543deaab113ed2f39b014'
const B = '2c357020b6e54863a5ac9dee71d5872c'
const VALID = `s=${S};i=1;b=${B};m=33ae8a1;t=53e52ec99a798;x=b3fe26128f768a49`
const MALFORMED = 'JOURNAL_CURSOR_MALFORMED'
const REFUSED = 'JOURNAL_CURSOR_REFUSED'

const cases: { what: string; given: string; fault?: string }[] = [
  { what: 'six fields in order', given: VALID },
  { what: 'hexadecimal in capitals', given: VALID.toUpperCase().replace(/[SIBMTX]=/g, key => key.toLowerCase()) },
  { what: '64 bits', given: VALID.replace('i=1', 'i=ffffffffffffffff') },
  { what: 'leading zeros', given: VALID.replace('i=1', 'i=00000000000000000001') },
  { what: 's of 33 characters', given: VALID.replace(S, `${S}0`), fault: REFUSED },
  { what: 'b of 33 characters', given: VALID.replace(B, `${B}0`), fault: REFUSED },
  { what: 's is no id', given: VALID.replace(S, 'z'.repeat(32)), fault: REFUSED },
  { what: 's of 34 characters', given: VALID.replace(S, `${S}00`), fault: MALFORMED },
  { what: 'more than 64 bits', given: VALID.replace('i=1', 'i=1ffffffffffffffff'), fault: MALFORMED },
  { what: 'no hexadecimal', given: VALID.replace('i=1', 'i=xyz'), fault: MALFORMED },
  { what: 'a sign', given: VALID.replace('i=1', 'i=+1'), fault: MALFORMED },
  { what: 'digits without end', given: VALID.replace('i=1', `i=${'0'.repeat(100_000)}`), fault: MALFORMED },
  { what: 'fields in another order', given: VALID.split(';').reverse().join(';'), fault: MALFORMED },
  { what: 'x missing', given: VALID.slice(0, VALID.indexOf(';x=')), fault: MALFORMED },
  { what: 'a field more', given: `${VALID};y=1`, fault: MALFORMED },
  { what: 'a newline behind', given: `${VALID}\n`, fault: MALFORMED },
  { what: 'a word', given: 'END', fault: MALFORMED },
  { what: 'nothing', given: '', fault: MALFORMED },
]

for (const { what, given, fault } of cases) {
  t.test(`log 3.2, cursor: ${what}`, async t => {
    if (fault) t.throws(() => parseCursor(given), { code: fault, status: 400 })
    else t.equal(parseCursor(given).text, given)
  })
}

t.test('its fields', async t => {
  t.match(parseCursor(VALID), {
    seqnumId: S,
    seqnum: 1n,
    bootId: B,
    monotonicUs: 0x33ae8a1n,
    xorHash: 0xb3fe26128f768a49n,
  })
})

t.test('two texts name the same entry when every field agrees', async t => {
  const cursor = parseCursor(VALID)
  t.ok(sameEntry(cursor, parseCursor(VALID.replace('i=1', 'i=01').replace(S, S.toUpperCase()))))
  for (const other of [
    VALID.replace(S, S.replace('c', 'd')),
    VALID.replace('i=1', 'i=2'),
    VALID.replace(B, B.replace('2', '3')),
    VALID.replace('m=3', 'm=4'),
    VALID.replace('t=5', 't=6'),
    VALID.replace('x=b', 'x=c'),
  ])
    t.notOk(sameEntry(cursor, parseCursor(other)), other)
})
