// Who this node is (log 6): asked once for everybody, however many ask, and never made to wait for what is known.
import t from 'tap'
import { faults } from '../../../src/log/errors.ts'
import { createOwnId, ID_FRESH_MS, ID_USABLE_MS } from '../../../src/log/mesos/own-id.ts'
import { createDrivenClock, settle } from '../../support/clock.ts'

/** A Mesos that answers when the test says so. */
function slowMesos() {
  const clock = createDrivenClock()
  const asked: { token: string | undefined; answer: (id: string) => void; fail: (error: unknown) => void }[] = []
  const ownId = createOwnId(
    ({ authorization: token, signal }) =>
      new Promise((answer, fail) => {
        asked.push({ token, answer, fail })
        signal.addEventListener('abort', () => fail(signal.reason))
      }),
    clock,
  )
  const ask = (authorization = 'token=a', { signal } = new AbortController()) => ownId({ authorization, signal })
  return { clock, asked, ask }
}

t.test('forty at once ask once', async t => {
  const { asked, ask } = slowMesos()
  const all = Array.from({ length: 40 }, () => ask())
  asked[0]?.answer('S0')
  t.same(new Set(await Promise.all(all)), new Set(['S0']))
  t.equal(asked.length, 1)
})

t.test('an id that is getting old is used, and renewed meanwhile by one', async t => {
  const { clock, asked, ask } = slowMesos()
  const first = ask()
  asked[0]?.answer('S0')
  await first
  clock.advance(ID_FRESH_MS)
  t.equal(await ask(), 'S0')
  t.equal(asked.length, 1)
  clock.advance(1)
  for (let i = 0; i < 3; i++) t.equal(await ask(), 'S0')
  t.equal(asked.length, 2)
  asked[1]?.fail(faults.MESOS_UNAVAILABLE('Mesos'))
  await settle()
  t.equal(await ask(), 'S0', 'a renewal that fails is nobody’s')
  asked[2]?.answer('S1')
  await settle()
  t.equal(await ask(), 'S1')
  t.equal(asked.length, 3)
})

t.test('too old an id is waited for, and what goes wrong is told to all who wait', async t => {
  const { clock, asked, ask } = slowMesos()
  const first = ask()
  asked[0]?.answer('S0')
  await first
  clock.advance(ID_USABLE_MS + 1)
  const all = [ask(), ask()].map(each => t.rejects(each, { code: 'LOG_MESOS_UNAVAILABLE' }))
  asked[1]?.fail(faults.MESOS_UNAVAILABLE('Mesos'))
  await Promise.all(all)
  t.equal(asked.length, 2)
})

t.test('a token that Mesos refuses, or a client that goes, costs the others nothing', async t => {
  const { asked, ask } = slowMesos()
  const refused = ask('token=bad')
  const gone = new AbortController()
  const leaving = ask('token=leaves', gone)
  const good = ask('token=good')
  asked[0]?.fail(faults.TOKEN_REFUSED())
  await t.rejects(refused, { code: 'LOG_TOKEN_REFUSED' })
  await settle()
  t.equal(asked[1]?.token, 'token=leaves')
  gone.abort(new Error('gone'))
  await t.rejects(leaving, { message: 'gone' })
  await settle()
  t.equal(asked[2]?.token, 'token=good')
  asked[2]?.answer('S0')
  t.equal(await good, 'S0')
})
