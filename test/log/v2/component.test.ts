// Components as handlers: which entries are asked for, and what an event stream says over time (log 7, 7.1).
import t from 'tap'
import { component } from '../../../src/log/v2/component.ts'
import type { JournalEntry } from '../../../src/shared/journal/entry.ts'
import { memoryEntry } from '../../shared/journal/memory-journal.ts'
import { settle } from '../../support/clock.ts'
import { growing as growingOver, listen } from '../growing.ts'
import { NO_LIMITS } from '../log-server.ts'

const growing = (entries: JournalEntry[]) =>
  growingOver(entries, (journals, metrics, followers) => component(journals, NO_LIMITS, metrics, followers))

const EVENTS = { headers: { accept: 'text/event-stream' } }

t.test('an event stream goes on, with ids, and pings 15 s after the last event', async t => {
  const { ask, clock, seen, ended, add } = growing([memoryEntry(1), memoryEntry(2)])
  const { status, headers, body } = await ask('cursor=END', EVENTS)
  t.equal(status, 200)
  t.match(headers, { 'Content-Type': 'text/event-stream', 'X-Accel-Buffering': 'no', 'Cache-Control': 'no-cache' })
  const { all } = listen(body)
  await settle()
  t.equal(all.length, 1)
  t.match(all[0], /^id: s=0+1;i=2;.*\ndata: \{"fields":\{"MESSAGE":"E2"\},.*\}\n\n$/)
  await clock.run(14_000)
  t.equal(all.length, 1, 'no ping yet')
  await clock.run(1000)
  t.same(all.slice(1), [': ping\n\n'])
  add(memoryEntry(3))
  await clock.run(1000)
  t.match(all[2], /"MESSAGE":"E3"/)
  await clock.run(14_000)
  t.equal(all.length, 3, 'the event counts as a ping')
  ended.abort(new Error('gone'))
  await settle()
  t.equal(seen.closed, 1)
})

t.test('log 7.1: who comes again gets each entry once, however far back he began', async t => {
  const { ask, ended } = growing([1, 2, 3, 4].map(memoryEntry))
  const headers = { ...EVENTS.headers, 'last-event-id': memoryEntry(2).cursor }
  const { all } = listen((await ask('skip=-3', { headers })).body)
  await settle()
  t.same(all.join('').match(/"E\d"/g), ['"E3"', '"E4"'])
  ended.abort(new Error('gone'))
  await settle()
})

t.test('where nothing matches it pings at once', async t => {
  const { ask, ended } = growing([])
  const heard = listen((await ask('', EVENTS)).body)
  await settle()
  t.same(heard.all, [': ping\n\n'])
  ended.abort(new Error('stopping'))
  await heard.ended
})

t.test('log 4.7: what was removed before it was read is told', async t => {
  const { ask, clock, seen, ended } = growing([memoryEntry(1)])
  const { all } = listen((await ask('', EVENTS)).body)
  await settle()
  seen.lost = 7n
  await clock.run(1000)
  t.match(all[1], /^event: lost\ndata: \{"fields":\{\},"lost":7,"realtime_timestamp":\d+\}\n\n$/)
  ended.abort(new Error('gone'))
  await settle()
})

t.test('with a limit it says no more, stays open and gives its reader back', async t => {
  const { ask, clock, seen, ended, add } = growing([memoryEntry(1), memoryEntry(2), memoryEntry(3)])
  const { all } = listen((await ask('limit=2', EVENTS)).body)
  await settle()
  t.match(all.join(''), /"E1".*"E2"/s)
  t.notMatch(all.join(''), /"E3"/)
  t.equal(seen.closed, 1)
  add(memoryEntry(4))
  const before = all.length
  await clock.run(15_000)
  t.same(all.slice(before), [': ping\n\n'])
  ended.abort(new Error('gone'))
  await settle()
  t.equal(clock.sleepers(), 0)
})

t.test('a unit is what it wrote or systemd wrote about it, and a filter narrows that', async t => {
  const { ask, seen } = growing([memoryEntry(1)])
  await ask('filter=PRIORITY:3', { params: { name: 'dcos-spartan.service' } })
  const value = Buffer.from('dcos-spartan.service')
  t.same(seen.opened, [
    [
      [
        { field: 'UNIT', value },
        { field: '_SYSTEMD_UNIT', value },
      ],
      [{ field: 'PRIORITY', value: Buffer.from('3') }],
    ],
  ])
})

t.test('log 4.7: above the limit of followers a stream is refused, other answers are not', async t => {
  const { ask, seen, ended } = growing([memoryEntry(1)])
  await ask('', EVENTS)
  await t.rejects(async () => ask('', EVENTS), { code: 'LOG_FOLLOWERS_TOO_MANY', status: 503 })
  t.match(await ask(''), { status: 200 })
  t.equal(seen.opened.length, 2)
  ended.abort(new Error('gone'))
})

t.test(
  'log 3.1: a regular expression chooses entries, counts for skip and limit, and goes on with a stream',
  async t => {
    const { ask, clock, ended, add } = growing([1, 2, 3, 4, 5].map(memoryEntry))
    const got = async (rawQuery: string) => {
      const { body } = await ask(rawQuery)
      const pieces = await Array.fromAsync(body as AsyncIterable<Uint8Array>)
      return Buffer.concat(pieces).toString().match(/E\d/g)
    }
    t.strictSame(await got('filter=MESSAGE~[135]'), ['E1', 'E3', 'E5'])
    t.strictSame(await got('filter=MESSAGE~[135]&skip=-2&limit=1'), ['E3'])
    t.equal((await ask('filter=MESSAGE~9')).status, 204)
    await t.rejects(async () => ask('filter=MESSAGE~('), { code: 'LOG_FILTER_REGEX_INVALID' })
    const { body } = await ask('filter=MESSAGE~[37]&limit=2', EVENTS)
    const { all, ended: listened } = listen(body)
    add(memoryEntry(6))
    add(memoryEntry(7))
    await clock.run(2000)
    t.strictSame(all.join('').match(/E\d/g), ['E3', 'E7'])
    ended.abort()
    await listened
  },
)
