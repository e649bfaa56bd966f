// Who finds no place to ask Mesos is told when to come again.
import t from 'tap'
import { createMesosPlaces } from '../../../src/log/mesos/places.ts'

t.test('above the bound: 503 and when to come again', async t => {
  const { signal } = new AbortController()
  const places = createMesosPlaces(1)
  const leave = await places.enter(signal)
  await t.rejects(places.enter(signal), { code: 'LOG_MESOS_BUSY', status: 503, details: { retryAfterSeconds: 1 } })
  leave()
  ;(await places.enter(signal))()
})
