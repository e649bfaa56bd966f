import t from 'tap'
import { createSeldom } from '../../../src/shared/http/seldom.ts'

t.test('told at once, then once an interval with the number of those between', async t => {
  const seldom = createSeldom(1000)
  const events: [string, number, number | undefined][] = [
    ['A', 0, 0],
    ['A', 1, undefined],
    ['B', 2, 0],
    ['A', 999, undefined],
    ['A', 1000, 2],
    ['A', 1500, undefined],
    ['A', 9000, 1],
    ['B', 9000, 0],
  ]
  for (const [key, nowMs, expected] of events) t.equal(seldom(key, nowMs), expected, `${key} at ${nowMs}`)
})
