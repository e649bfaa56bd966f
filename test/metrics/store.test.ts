/** The store's slots and their end (metrics 2.3), the rounds that fill it, and the times that /v0 writes. */
import t from 'tap'
import { startCollection } from '../../src/metrics/collection.ts'
import { createStore, SLOTS_MAX } from '../../src/metrics/store.ts'
import { nanoTimestamp, secondsTimestamp } from '../../src/metrics/v0/timestamp.ts'
import { createLog } from '../../src/shared/log/journald.ts'
import { createCollectorRunner } from '../../src/shared/metrics/collector.ts'
import { createDrivenClock, settle } from '../support/clock.ts'

const point = (name: string, value: number, tags?: Record<string, string>) => ({
  name,
  value,
  unit: 'count',
  ...(tags && { tags }),
})

t.test('one slot per name and tags', async t => {
  const clock = createDrivenClock()
  const store = createStore({ expiryMs: 120_000, clock })
  store.put([point('b', 1), point('a', 1, { x: '2' }), point('a', 1, { x: '1' }), point('a', 1)], 1)
  store.put([point('b', 2), point('c', Number.NaN), point('d', Number.POSITIVE_INFINITY)], 2)
  store.put([point('e', 1, { p: '1', q: '2' }), point('e', 2, { q: '2', p: '1' })], 3)
  t.same(
    store.datapoints().map(({ name, value, tags, sampledAtMs }) => [name, value, tags?.x ?? '', sampledAtMs]),
    [
      ['a', 1, '', 1],
      ['a', 1, '1', 1],
      ['a', 1, '2', 1],
      ['b', 2, '', 2],
      ['e', 2, '', 3],
    ],
    'by name, then tags; a newer sample replaces; no NaN, no infinity',
  )
  await clock.run(119_999)
  store.put([point('b', 3)], 4)
  t.equal(store.datapoints().length, 5)
  await clock.run(1)
  t.same(
    store.datapoints().map(({ name }) => name),
    ['b'],
    'expired ones are not served',
  )
  t.equal(store.size(), 5)
  store.sweep()
  t.equal(store.size(), 1, 'and go at the sweep')
})

t.test('a flood of names is bounded', async t => {
  const store = createStore({ expiryMs: 1000, clock: createDrivenClock() })
  store.put(
    Array.from({ length: SLOTS_MAX + 5 }, (_, i) => point(`m${i}`, i)),
    1,
  )
  store.put([point('m0', -1)], 2)
  t.equal(store.size(), SLOTS_MAX)
  t.equal(store.datapoints()[0]?.value, -1, 'known names still get their samples')
})

t.test('rounds', async t => {
  const clock = createDrivenClock(1_000_000)
  const store = createStore({ expiryMs: 60_000, clock })
  let broken = false
  let hang = false
  const runner = createCollectorRunner({
    clock,
    log: createLog({ write: () => {} }),
    timeoutMs: 10_000,
    context: undefined,
    collectors: [
      {
        name: 'one',
        async collect() {
          if (broken) throw new Error('broken')
          return [point('one', clock.nowMs())]
        },
      },
      { name: 'two', collect: async () => (hang ? new Promise<never>(() => {}) : [point('two', clock.nowMs())]) },
    ],
  })
  await using collection = await startCollection({ runner, store, intervalMs: 15_000, timeoutMs: 10_000, clock })
  const served = () => Object.fromEntries(store.datapoints().map(({ name, value }) => [name, value]))
  t.same(served(), { one: 1_000_000, two: 1_000_000 }, 'there when it has started')
  await clock.run(15_000)
  t.same(served(), { one: 1_015_000, two: 1_015_000 })
  broken = true
  await clock.run(45_000)
  t.same(served(), { one: 1_015_000, two: 1_060_000 }, 'one that broke keeps its last sample and spoils no other')
  await clock.run(15_000)
  t.same(Object.keys(served()), ['two'], 'which grows old')
  t.match(collection.results(), [{ name: 'one', success: false, collectedAtMs: 1_015_000 }, { success: true }])
  hang = true
  broken = false
  await clock.run(26_000)
  t.match(served(), { one: 1_090_000, two: 1_075_000 }, 'one that hangs holds the round up to its time and no longer')
  t.ok(collection.healthy())
  await settle()
  await clock.run(60_000)
  t.same(Object.keys(served()), ['one'])
  t.ok(collection.healthy(), 'rounds go on')
  t.ok(collection.ageMs() <= 25_000)
})

t.test('times', async t => {
  const cases = [
    { ms: Date.UTC(2017, 9, 1, 12), nano: '2017-10-01T12:00:00Z', seconds: '2017-10-01T12:00:00Z' },
    { ms: Date.UTC(2017, 9, 1, 12, 0, 10, 120), nano: '2017-10-01T12:00:10.12Z', seconds: '2017-10-01T12:00:10Z' },
    { ms: Date.UTC(2017, 9, 1, 12, 0, 0, 7), nano: '2017-10-01T12:00:00.007Z', seconds: '2017-10-01T12:00:00Z' },
    { ms: Date.UTC(2017, 9, 1, 12, 0, 30), nano: '2017-10-01T12:00:30Z', seconds: '2017-10-01T12:00:30Z' },
  ]
  for (const { ms, nano, seconds } of cases) t.same([nanoTimestamp(ms), secondsTimestamp(ms)], [nano, seconds])
})
