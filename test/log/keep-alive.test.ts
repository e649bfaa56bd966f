// Pings while nothing comes, none while something does, and an end that reaches the source.
import t from 'tap'
import { idle, keptAlive, NOTHING, PING_MS } from '../../src/log/keep-alive.ts'
import { createDrivenClock, settle } from '../support/clock.ts'

/** Gives pieces at their times, `''` being nothing, and ends; notes when it is left. */
function setUp(pieces: readonly (readonly [atMs: number, piece: string])[]) {
  const clock = createDrivenClock()
  const gone = new AbortController()
  const seen: string[] = []
  async function* source() {
    try {
      for (const [atMs, piece] of pieces) {
        if (atMs > clock.monotonicMs()) await clock.sleep(atMs - clock.monotonicMs(), gone.signal)
        yield piece === '' ? NOTHING : Buffer.from(piece)
      }
    } finally {
      seen.push('left')
    }
  }
  const bytes = keptAlive(source(), clock)
  const listen = async () => {
    for await (const piece of bytes) seen.push(`${clock.monotonicMs()} ${piece.toString().trim()}`)
  }
  return { clock, gone, seen, bytes, listen }
}

const seconds = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => [(from + i) * 1000, ''] as const)

const cases: { what: string; pieces: readonly (readonly [number, string])[]; wanted: string[] }[] = [
  {
    what: 'a source that is silent: a ping for each time without anything, the first too',
    pieces: [
      [30_001, 'a'],
      [60_002, 'b'],
    ],
    wanted: ['15000 : ping', '30000 : ping', '30001 a', '45001 : ping', '60001 : ping', '60002 b'],
  },
  {
    what: 'none where something comes in time',
    pieces: [
      [0, 'a'],
      [PING_MS - 1, 'b'],
      [2 * PING_MS - 2, 'c'],
    ],
    wanted: ['0 a', '14999 b', '29998 c'],
  },
  {
    what: 'a source that says each second that there is nothing: a ping at once, then for each time',
    pieces: [...seconds(0, 32), [32_500, 'a'], ...seconds(33, 49)],
    wanted: ['0 : ping', '15000 : ping', '30000 : ping', '32500 a', '47500 : ping'],
  },
  {
    what: 'nothing to say after something is not said at once',
    pieces: [[0, 'a'], ...seconds(0, 15)],
    wanted: ['0 a'],
  },
  { what: 'nothing at all', pieces: [], wanted: [] },
]

for (const { what, pieces, wanted } of cases) {
  t.test(what, async t => {
    const { clock, seen, listen } = setUp(pieces)
    const listening = listen()
    await clock.run(100_000)
    await listening
    t.strictSame(seen, [...wanted, 'left'])
    t.equal(clock.sleepers(), 0, 'none after the end')
  })
}

t.test('a client that is slow to take a piece has no pings behind it', async t => {
  const { clock, bytes } = setUp([
    [0, 'a'],
    [0, 'b'],
  ])
  t.equal((await bytes.next()).value?.toString(), 'a')
  await clock.run(PING_MS * 3)
  t.equal((await bytes.next()).value?.toString(), 'b')
  t.match(await bytes.next(), { done: true })
  t.equal(clock.sleepers(), 0)
})

t.test('a client that goes during a ping ends the source', async t => {
  const { clock, gone, seen, bytes } = setUp([[PING_MS * 9, 'a']])
  const ping = bytes.next()
  await clock.run(PING_MS)
  t.match((await ping).value?.toString(), ': ping')
  gone.abort(new Error('gone'))
  await bytes.return(undefined)
  await settle()
  t.strictSame(seen, ['left'])
  t.equal(clock.sleepers(), 0)
})

t.test('what fails reaches who waits', async t => {
  const { clock, gone, listen } = setUp([[PING_MS * 9, 'a']])
  const listening = listen()
  await settle()
  gone.abort(new Error('broken'))
  await t.rejects(listening, { message: 'broken' })
  t.equal(clock.sleepers(), 0)
})

t.test('a source that has said all waits for its signal', async t => {
  const clock = createDrivenClock()
  const gone = new AbortController()
  const seen: number[] = []
  const listening = (async () => {
    for await (const piece of idle(clock, gone.signal)) seen.push(piece.length)
  })()
  await clock.run(2000)
  t.strictSame(seen, [0, 0, 0])
  gone.abort(new Error('gone'))
  await t.rejects(listening, { message: 'gone' })
})
