import t from 'tap'
import { until, within } from './within.ts'

t.test('what comes in time is passed on', async t => {
  t.equal(await within('the answer', Promise.resolve(42)), 42)
  await t.rejects(within('the answer', Promise.reject(new TypeError('no'))), new TypeError('no'))
})

t.test('what does not come is named', async t => {
  await t.rejects(within('a new leader', new Promise(() => {}), 1), {
    message: 'waited 0.001 s in vain for a new leader',
  })
})

t.test('a condition that does not come to hold is shown', async t => {
  let looks = 0
  await until(() => ++looks === 3)
  t.equal(looks, 3)
  await t.rejects(
    until(async () => looks > 3, 1),
    { message: 'waited 0.001 s in vain for async () => looks > 3' },
  )
})
