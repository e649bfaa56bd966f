import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import {
  type LeaderView,
  type LeaderWatch,
  parseMasterInfo,
  watchMesosLeader,
} from '../../../src/shared/mesos/leader.ts'
import { systemClock } from '../../../src/shared/time/clock.ts'
import { openSession } from '../../../src/shared/zookeeper/session.ts'
import { within } from '../../support/within.ts'
import { zooKeeperMissing } from '../../support/zookeeper/install.ts'
import { startZooKeeper } from '../../support/zookeeper/server.ts'

/** As a real Mesos 1.2 wrote it. */
const recorded = await readFile(
  join(import.meta.dirname, '../../fixtures/mesos/zookeeper-json.info_0000000001.json'),
  'utf8',
)
const RECORDED = {
  id: '678aac08-89e6-4d3a-9b13-626559ce69e1',
  pid: 'master@127.0.0.1:5050',
  hostname: '127.0.0.1',
  ip: '127.0.0.1',
  port: 5050,
  version: '1.2.3',
}

t.test('MasterInfo of a real master', async t => {
  t.same(parseMasterInfo(Buffer.from(recorded)), RECORDED)
})

t.test('MasterInfo without the optional fields', async t => {
  const info = { id: 'i', pid: 'p', address: { ip: '10.0.0.1', port: 5050 } }
  t.same(parseMasterInfo(Buffer.from(JSON.stringify(info))), {
    id: 'i',
    pid: 'p',
    hostname: '10.0.0.1',
    ip: '10.0.0.1',
    port: 5050,
    version: undefined,
  })
})

for (const given of [
  '',
  '{',
  '[]',
  '{"id":"i","pid":"p"}',
  '{"id":"i","pid":"p","address":{"ip":"10.0.0.1","port":0}}',
]) {
  t.test(`MasterInfo refused: ${given}`, async t => {
    t.throws(() => parseMasterInfo(Buffer.from(given)), { code: 'MESOS_LEADER_MALFORMED' })
  })
}

function viewWhere(watch: LeaderWatch, matches: (view: LeaderView) => boolean): Promise<LeaderView> {
  const matched = new Promise<LeaderView>(resolve => {
    if (matches(watch.view)) return resolve(watch.view)
    const forget = watch.onChange(view => {
      if (!matches(view)) return
      forget()
      resolve(view)
    })
  })
  return within(`a view where ${matches}`, matched)
}

const skip = await zooKeeperMissing()

t.test('the leader in a real ZooKeeper', { skip }, async t => {
  const server = await startZooKeeper()
  t.teardown(() => server[Symbol.asyncDispose]())
  const open = (timeouts = {}) => {
    const session = openSession({ ensemble: `zk://${server.address}`, ...timeouts })
    t.teardown(() => session[Symbol.asyncDispose]())
    return session
  }
  const candidate = async (id: string, data?: string) => {
    const session = open()
    await session.connected(10_000)
    await session.ensurePath('/mesos')
    await session.create('/mesos/json.info_', data ?? recorded.replace(RECORDED.id, id), {
      ephemeral: true,
      sequential: true,
    })
    return session
  }
  // Only who watches is impatient, to see soon that the server hangs: a candidate that lost its session would not come back.
  const impatient = open({ sessionTimeoutMs: 900, requestTimeoutMs: 600 })
  const watch = watchMesosLeader({ session: impatient, clock: systemClock, random: () => 0 })
  t.teardown(() => watch[Symbol.dispose]())
  t.equal(watch.view.state, 'unknown')

  t.equal(
    (await viewWhere(watch, view => view.state === 'current')).master,
    undefined,
    'no masters, not even their directory',
  )
  const first = await candidate('first')
  t.equal((await viewWhere(watch, view => view.master !== undefined)).master?.id, 'first')
  await candidate('second')
  await first[Symbol.asyncDispose]()
  t.match(await viewWhere(watch, view => view.master?.id === 'second'), {
    state: 'current',
    master: { ip: '127.0.0.1', port: 5050 },
  })

  server.freeze()
  const stale = await viewWhere(watch, view => view.state === 'stale')
  t.equal(stale.master?.id, 'second', 'the last known leader is kept')
  server.thaw()
  await viewWhere(watch, view => view.state === 'current')

  const lost = viewWhere(watch, view => view.state === 'stale')
  await server.kill()
  await lost
  await server.restart()
  await viewWhere(watch, view => view.state === 'current')
})

t.test('a leader that cannot be read is a problem of the view, not of the program', { skip }, async t => {
  const server = await startZooKeeper()
  t.teardown(() => server[Symbol.asyncDispose]())
  const session = openSession({ ensemble: server.address })
  t.teardown(() => session[Symbol.asyncDispose]())
  const watch = watchMesosLeader({ session, clock: systemClock, directory: '/other' })
  t.teardown(() => watch[Symbol.dispose]())
  await session.connected(10_000)
  await session.ensurePath('/other')
  await session.create('/other/json.info_', '{', { sequential: true })
  const view = await viewWhere(watch, view => view.problem !== undefined)
  t.match(view, { state: 'current', master: undefined, problem: { code: 'MESOS_LEADER_MALFORMED' } })
})
