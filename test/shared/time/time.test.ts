import t from 'tap'
import { backoffDelay } from '../../../src/shared/time/backoff.ts'
import { systemClock } from '../../../src/shared/time/clock.ts'
import { formatDuration, parseDuration } from '../../../src/shared/time/duration.ts'
import { createDrivenClock } from '../../support/clock.ts'

for (const [text, ms] of [
  ['0', 0],
  ['+0', 0],
  ['5s', 5000],
  ['1h30m', 5_400_000],
  ['1.5s', 1500],
  ['.5s', 500],
  ['1.s', 1000],
  ['-250ms', -250],
  ['+2us', 0.002],
  ['2µs', 0.002],
  ['2μs', 0.002],
  ['3ns', 0.000003],
  ['1m1m', 120_000],
] as const) {
  t.test(`duration '${text}'`, async t => void t.equal(parseDuration(text), ms))
}

for (const text of ['', '-', '5', '5 s', 's', '1d', '1s ', '.s', '1e3s', '1h-3m', '∞s']) {
  t.test(`no duration: '${text}'`, async t => {
    t.throws(() => parseDuration(text), { code: 'DURATION_MALFORMED', message: `'${text}' is not a duration` })
  })
}

for (const [ms, text] of [
  [0, '0s'],
  [0.000003, '3ns'],
  [0.25, '250µs'],
  [250, '250ms'],
  [1500, '1.5s'],
  [90_000, '1m30s'],
  [3_600_000, '1h0m0s'],
  [-5000, '-5s'],
  [119_999.999_999_9, '2m0s'],
] as const) {
  t.test(`${ms} ms is ${text}`, async t => void t.equal(formatDuration(ms), text))
}

t.test('backoff grows, jitters on its upper half and stays below its maximum', async t => {
  const backoff = { firstMs: 100, maxMs: 5000 }
  t.same(
    [0, 1, 2, 5, 6, 1000].map(attempt => backoffDelay(backoff, attempt, 0)),
    [50, 100, 200, 1600, 2500, 2500],
  )
  t.equal(backoffDelay(backoff, 0, 0.5), 75)
  t.equal(backoffDelay({ ...backoff, factor: 3 }, 2, 0), 450)
})

t.test('the system clock sleeps and can be woken', async t => {
  // Its timers do not keep a process alive; this one does.
  const awake = setTimeout(() => {}, 10_000)
  t.teardown(() => clearTimeout(awake))
  const before = systemClock.monotonicMs()
  await systemClock.sleep(1)
  t.ok(systemClock.monotonicMs() > before)
  t.ok(Math.abs(systemClock.nowMs() - Date.now()) < 1000)
  await t.rejects(systemClock.sleep(60_000, AbortSignal.abort()), { name: 'AbortError' })
})

t.test('the driven clock wakes sleepers in order, at their time', async t => {
  const clock = createDrivenClock(1000)
  const woken: string[] = []
  const end = new AbortController()
  void clock.sleep(20).then(() => woken.push(`b ${clock.monotonicMs()}`))
  void clock.sleep(10).then(() => woken.push(`a ${clock.monotonicMs()}`))
  const aborted = clock.sleep(15, end.signal)
  end.abort(new Error('enough'))
  await t.rejects(aborted, { message: 'enough' })
  await t.rejects(clock.sleep(1, end.signal), { message: 'enough' })
  await clock.run(15)
  t.same(woken, ['a 10'])
  t.equal(clock.sleepers(), 1)
  await clock.run(5)
  t.same(woken, ['a 10', 'b 20'])
  t.equal(clock.nowMs(), 1020)
  clock.jumpTo(0)
  t.equal(clock.nowMs(), 0)
  t.equal(clock.monotonicMs(), 20, 'a jump of the wall clock is no duration')
})
