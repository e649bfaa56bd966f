// A bound on what is done at once.
import t from 'tap'
import { createPlaces as createPlacesFor, type PlacesOptions } from '../../../src/shared/limits/places.ts'
import { settle } from '../../support/clock.ts'

const { signal } = new AbortController()

const createPlaces = (max: number, waitingMax: number, told: Partial<PlacesOptions> = {}) =>
  createPlacesFor({ max, waitingMax, refuse: () => new Error(`${max} are there`), ...told })

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
  await t.rejects(enter('e'), { message: '2 are there' })
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

t.test('a place comes free when its client goes, and only once', async t => {
  const counts: number[] = []
  const tell = (taken: number) => void counts.push(taken)
  const places = createPlaces(1, 1, { entered: tell, left: tell })
  const gone = new AbortController()
  const leave = await places.enter(gone.signal)
  const next = places.enter(signal)
  gone.abort(new Error('gone'))
  const leaveNext = await next
  leave()
  leave()
  t.same(counts, [1, 0, 1])
  await t.rejects(Promise.all([places.enter(signal), places.enter(signal)]), { message: '1 are there' })
  leaveNext()
})
