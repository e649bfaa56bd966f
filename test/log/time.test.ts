// since and until as text → µs since the epoch (log 3.5).
import t from 'tap'
import { parseTime } from '../../src/log/time.ts'

const NOW_MS = Date.UTC(2017, 2, 8, 10, 15, 20)
const NOW_US = 1488968120e6

const good: [string, number][] = [
  ['2017-03-08T10:15:20Z', NOW_US],
  ['2017-03-08t10:15:20z', NOW_US],
  ['2017-03-08 10:15:20Z', NOW_US],
  ['2017-03-08T11:45:20+01:30', NOW_US],
  ['2017-03-08T11:45:20 01:30', NOW_US],
  ['2017-03-08T08:15:20-02:00', NOW_US],
  ['2017-03-08T10:15:20.000001Z', NOW_US + 1],
  ['2017-03-08T10:15:20.5Z', NOW_US + 500_000],
  ['2017-03-08T10:15:20.999999999Z', NOW_US + 999_999],
  ['1488968120', NOW_US],
  ['1488968120.000001', NOW_US + 1],
  ['1488968120000', NOW_US],
  ['1488968120000001', NOW_US + 1],
  ['0', 0],
  ['-15m', NOW_US - 900e6],
  ['-1h30m', NOW_US - 5400e6],
  ['-0', NOW_US],
  ['-250ms', NOW_US - 250_000],
  ['-2000000h', 0],
  ['2016-02-29T00:00:00Z', Date.UTC(2016, 1, 29) * 1000],
  ['2017-03-01T00:30:00+01:00', Date.UTC(2017, 1, 28, 23, 30) * 1000],
  ['9999-12-31T23:59:59Z', Number.MAX_SAFE_INTEGER - 1],
]
for (const [text, us] of good) {
  t.test(`log 3.5: ${text}`, async t => {
    t.equal(parseTime('since', text, NOW_MS), us)
  })
}

const bad = [
  'now',
  '15m',
  '-15',
  '-',
  '+1h',
  '-1d',
  '2017-03-08',
  '2017-03-08T10:15:20',
  '2017-13-08T10:15:20Z',
  '2017-02-31T10:15:20Z',
  '2017-02-29T10:15:20Z',
  '2017-04-31T10:15:20Z',
  '2017-00-08T10:15:20Z',
  '2017-03-00T10:15:20Z',
  '2017-03-08T24:00:00Z',
  '2017-03-08T10:60:20Z',
  '2017-03-08T10:15:60Z',
  '2017-03-08T10:15:20+24:00',
  '2017-03-08T10:15:20+1',
  '12345678901234567',
  '1e9',
  '0x10',
  ' 1',
  '1488968120.0000000001',
  `-${'1h'.repeat(10)}x`,
]
for (const text of bad) {
  t.test(`log 3.5: ${text} is no time`, async t => {
    t.throws(() => parseTime('until', text, NOW_MS), {
      code: 'LOG_TIME_INVALID',
      status: 400,
      message: `Error parsing parameter until: "${text}" is not a time`,
    })
  })
}
