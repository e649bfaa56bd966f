// A bound on what is done at once.
import t from 'tap'
import { createPlaces } from '../../../src/log/mesos/places.ts'
import { settle } from '../../support/clock.ts'

const { signal } = new AbortController()

t.test('so many at once, so many wait in their order, the rest is refused', async t => {
  const places = createPlaces(2, 2)
  const order: string[] = []
  const enter = async (name: string, signal_ = signal) => {
    const leave = await places.enter(signal_)
    order.push(name)
    return leave
  }
  const a = await enter('a')
  const b = await enter('b')
  const [c, d] = [enter('c'), enter('d')]
  await t.rejects(enter('e'), { code: 'LOG_MESOS_BUSY', status: 503, details: { retryAfterSeconds: 1 } })
  await settle()
  t.same(order, ['a', 'b'])
  a()
  const leaveC = await c
  t.same(order, ['a', 'b', 'c'])
  b()
  leaveC()
  ;(await d)()
  t.same(order, ['a', 'b', 'c', 'd'])
  ;(await enter('f'))()
})

t.test('who goes while waiting leaves the queue', async t => {
  const places = createPlaces(1, 1)
  const a = await places.enter(signal)
  const gone = new AbortController()
  const b = places.enter(gone.signal)
  gone.abort(new Error('gone'))
  await t.rejects(b, { message: 'gone' })
  const c = places.enter(signal)
  a()
  ;(await c)()
  await t.rejects(places.enter(gone.signal), { message: 'gone' })
})
