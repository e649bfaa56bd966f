import t from 'tap'
import { parseSmapsRollup } from './memory.ts'
import { formatRows, formatSpread, ratiosOf, spreadOf } from './statistics.ts'

t.test('spread of several runs', async t => {
  t.same(spreadOf([3, 1, 2]), { min: 1, median: 2, max: 3 })
  t.same(spreadOf([4, 1, 2, 3]), { min: 1, median: 2.5, max: 4 })
  t.throws(() => spreadOf([]), RangeError)
  t.equal(formatSpread(spreadOf([1, 2, 4]), 0), '2 (1–4)')
})

t.test('ratios are taken pair by pair', async t => t.same(ratiosOf([2, 9, 5], [1, 3]), [2, 3]))

t.test('smaps_rollup: anonymous and proportional memory of two processes', async t => {
  const process = (pss: number, anonymous: number) =>
    `Rss: 9 kB\nPss:  ${pss} kB\nPss_Anon: 7 kB\nAnonymous:   ${anonymous} kB\n`
  t.same(parseSmapsRollup(process(2048, 1024) + process(1024, 512)), { privateMib: 1.5, proportionalMib: 3 })
  t.same(parseSmapsRollup(''), { privateMib: 0, proportionalMib: 0 })
})

t.test('rows are padded by column', async t =>
  t.equal(
    formatRows([
      ['a', '1'],
      ['bcd', '22'],
    ]),
    'a     1\nbcd  22',
  ),
)
