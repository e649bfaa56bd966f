/** Units over D-Bus: a private bus and a stand-in for systemd on it. The real one answers in test/systemd/01-nodes. */
import { spawn, spawnSync } from 'node:child_process'
import { type EventEmitter, once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { Message, sessionBus, Variant } from 'dbus-next'
import t, { type Test } from 'tap'
import { openUnits } from '../../../src/shared/systemd/units.ts'

const skip =
  spawnSync('dbus-daemon', ['--version']).status === 0 ? false : 'dbus-daemon is not installed (package dbus)'

/** How long the name of the unit's state is, so that replies kept by mistake show in the heap. */
const REPLY_BYTES = 50_000

/** A bus, and on it what answers to systemd's name; `silent` makes it stop answering. */
async function startBus(t: Test) {
  const directory = mkdtempSync(join(tmpdir(), 'shared-units-'))
  const address = `unix:path=${join(directory, 'bus')}`
  const config = join(directory, 'bus.conf')
  writeFileSync(
    config,
    `<busconfig><type>session</type><listen>${address}</listen><policy context="default"><allow send_destination="*"/>` +
      '<allow eavesdrop="true"/><allow own="*"/><allow user="*"/></policy></busconfig>',
  )
  const daemon = spawn('dbus-daemon', ['--nofork', '--print-address', `--config-file=${config}`], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const ended = once(daemon, 'close')
  await once(daemon.stdout, 'data')
  const bus = sessionBus({ busAddress: address })
  const emitter: EventEmitter = bus
  emitter.on('error', () => {})
  const standIn = { silent: false }
  const answers: Record<string, [string, unknown[]]> = {
    ListUnitsByPatterns: [
      'a(ssssssouso)',
      [[['b.socket', 'B', 'loaded', 'active', 'x'.repeat(REPLY_BYTES), '', '/b', 0, '', '/'],
        ['a.service', 'A', 'loaded', 'failed', 'failed', '', '/a', 0, '', '/']]],
    ],
    LoadUnit: ['o', ['/a']],
    GetAll: ['a{sv}', [{ NRestarts: new Variant('u', 3), MemoryCurrent: new Variant('t', 2n ** 63n) }]],
  } // biome-ignore format: a table
  bus.addMethodHandler((call: Message) => {
    const answer = answers[call.member ?? '']
    if (!answer) return false
    if (standIn.silent) return true
    if (call.body[0] === 'no.service')
      bus.send(Message.newError(call, 'org.freedesktop.systemd1.NoSuchUnit', 'Unit no.service not found.'))
    else bus.send(Message.newMethodReturn(call, ...answer))
    return true
  })
  await bus.requestName('org.freedesktop.systemd1', 0)
  t.teardown(async () => {
    bus.disconnect()
    daemon.kill()
    await ended
    rmSync(directory, { recursive: true })
  })
  return { address, standIn, daemon, ended }
}

t.test('lists, tells properties, knows what is not there', { skip }, async t => {
  const { address, standIn, daemon, ended } = await startBus(t)
  await using units = await openUnits({ busAddress: address, timeoutMs: 300 })
  t.same(
    (await units.list(['*'])).map(({ name, description, load, active }) => [name, description, load, active]),
    [['a.service', 'A', 'loaded', 'failed'], ['b.socket', 'B', 'loaded', 'active']],
  ) // biome-ignore format: a table
  t.same(await units.properties('a.service', 'Service'), { NRestarts: 3, MemoryCurrent: 2n ** 63n })
  await t.rejects(units.properties('no.service', 'Unit'), { code: 'SYSTEMD_UNIT_UNKNOWN' })
  standIn.silent = true
  await t.rejects(units.list(['*']), { code: 'SYSTEMD_BUS_UNAVAILABLE', message: /no answer within 300 ms/ })
  standIn.silent = false
  t.equal((await units.list(['*'])).length, 2, 'a call that was late spoils none after it')
  daemon.kill()
  await ended
  await t.rejects(units.list(['*']), { code: 'SYSTEMD_BUS_UNAVAILABLE' })
})

t.test('a bus that is not there', { skip }, async t => {
  const busAddress = 'unix:path=/nonexistent/bus'
  await t.rejects(openUnits({ busAddress }), { code: 'SYSTEMD_BUS_UNAVAILABLE', message: /ENOENT/ })
})

t.test('replies are not kept', { skip }, async t => {
  const { address } = await startBus(t)
  await using units = await openUnits({ busAddress: address })
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const usedAfter = async (calls: number) => {
    for (let i = 0; i < calls; i++) await units.list(['*'])
    collect()
    return process.memoryUsage().heapUsed
  }
  const before = await usedAfter(20)
  const after = await usedAfter(200)
  t.ok(after - before < 20 * REPLY_BYTES, `200 replies of ${REPLY_BYTES} bytes left ${after - before}`)
})
