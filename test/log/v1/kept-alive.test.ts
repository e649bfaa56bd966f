// Pings while nothing comes, none while something does, and an end that reaches the source.
import t from 'tap'
import { PING_MS } from '../../../src/log/follow.ts'
import { keptAlive } from '../../../src/log/v1/kept-alive.ts'
import { createDrivenClock, settle } from '../../support/clock.ts'

/** Gives 'a', then 'b' after `waitMs`; notes when it is left. */
function setUp(waitMs: number) {
  const clock = createDrivenClock()
  const gone = new AbortController()
  const seen: string[] = []
  async function* source() {
    try {
      yield Buffer.from('a')
      await clock.sleep(waitMs, gone.signal)
      yield Buffer.from('b')
    } finally {
      seen.push('left')
    }
  }
  const bytes = keptAlive(source(), clock)
  const listen = async () => {
    for await (const piece of bytes) seen.push(piece.toString())
  }
  return { clock, gone, seen, bytes, listen }
}

t.test('a ping for each time without anything', async t => {
  const { clock, seen, listen } = setUp(PING_MS * 2 + 1)
  const listening = listen()
  await clock.run(PING_MS * 2)
  t.strictSame(seen, ['a', ': ping\n\n', ': ping\n\n'])
  await clock.run(PING_MS * 3)
  await listening
  t.strictSame(seen.slice(3), ['b', 'left'], 'none after the end')
  t.equal(clock.sleepers(), 0)
})

t.test('none where something comes in time', async t => {
  const { clock, seen, listen } = setUp(PING_MS - 1)
  const listening = listen()
  await clock.run(PING_MS)
  await listening
  t.strictSame(seen, ['a', 'b', 'left'])
})

t.test('a client that goes during a ping ends the source', async t => {
  const { clock, gone, seen, bytes } = setUp(PING_MS * 9)
  await bytes.next()
  const ping = bytes.next()
  await clock.run(PING_MS)
  t.match((await ping).value.toString(), ': ping')
  gone.abort(new Error('gone'))
  await bytes.return(undefined)
  await settle()
  t.strictSame(seen, ['left'])
})

t.test('what fails reaches who waits', async t => {
  const { clock, gone, listen } = setUp(PING_MS * 9)
  const listening = listen()
  await settle()
  gone.abort(new Error('broken'))
  await t.rejects(listening, { message: 'broken' })
  t.equal(clock.sleepers(), 0)
})
