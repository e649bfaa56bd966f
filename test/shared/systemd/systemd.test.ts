/** What systemd hands over and is told: sockets by environment, sd_notify to a real AF_UNIX datagram socket, idle exit. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DgramSocket } from 'node-unix-socket'
import t from 'tap'
import { startPeriodic } from '../../../src/shared/lifecycle/periodic.ts'
import { startIdleExit } from '../../../src/shared/systemd/idle-exit.ts'
import { inheritedSocketNamed, inheritedSockets, onlyInheritedSocket } from '../../../src/shared/systemd/listen-fds.ts'
import { openNotifier, statusAssignment, watchdogIntervalMs } from '../../../src/shared/systemd/notify.ts'
import { createDrivenClock } from '../../support/clock.ts'

t.test('inherited sockets', async t => {
  const pid = 42
  const two = { LISTEN_PID: '42', LISTEN_FDS: '2', LISTEN_FDNAMES: 'http:dns' }
  for (const [what, env, sockets] of [
    ['none', {}, []],
    [
      'two',
      two,
      [
        { fd: 3, name: 'http' },
        { fd: 4, name: 'dns' },
      ],
    ],
    [
      'without names',
      { ...two, LISTEN_FDNAMES: undefined },
      [
        { fd: 3, name: 'unknown' },
        { fd: 4, name: 'unknown' },
      ],
    ],
    ['for another process', { ...two, LISTEN_PID: '43' }, []],
    ['a number that is none', { ...two, LISTEN_FDS: 'x' }, []],
    ['less than none', { ...two, LISTEN_FDS: '-1' }, []],
    ['more than a unit has', { ...two, LISTEN_FDS: '65' }, []],
  ] as const) {
    t.same(inheritedSockets(env, pid), sockets, what)
  }
  t.equal(onlyInheritedSocket(two, pid), undefined)
  t.same(onlyInheritedSocket({ ...two, LISTEN_FDS: '1' }, pid), { fd: 3, name: 'http' })
  t.same(inheritedSocketNamed(two, 'dns', pid), { fd: 4, name: 'dns' })
  t.equal(inheritedSocketNamed({}, 'dns', pid), undefined)
  t.throws(() => inheritedSocketNamed(two, 'x', pid), {
    code: 'SYSTEMD_SOCKETS_UNEXPECTED',
    message: "expected a socket named 'x' from systemd, found http, dns",
  })
})

t.test('when the watchdog is to be fed', async t => {
  for (const [env, ms] of [
    [{}, undefined],
    [{ WATCHDOG_USEC: '30000000' }, 10_000],
    [{ WATCHDOG_USEC: '30000000', WATCHDOG_PID: '42' }, 10_000],
    [{ WATCHDOG_USEC: '30000000', WATCHDOG_PID: '43' }, undefined],
    [{ WATCHDOG_USEC: '0' }, undefined],
    [{ WATCHDOG_USEC: 'x' }, undefined],
  ] as const) {
    t.equal(watchdogIntervalMs(env, 42), ms, JSON.stringify(env))
  }
})

t.test('a status is one line of bounded length', async t => {
  t.equal(statusAssignment('serving\nREADY=1  x'), 'STATUS=serving READY=1 x')
  t.equal(statusAssignment('x'.repeat(5000)).length, 'STATUS='.length + 1000)
})

t.test('notifications arrive, also when the notifier is closed right after', async t => {
  const directory = mkdtempSync(join(tmpdir(), 'shared-systemd-'))
  t.teardown(() => rmSync(directory, { recursive: true }))
  for (const address of [join(directory, 'notify'), `@dcos-node-test-${process.pid}`]) {
    const received: string[] = []
    const receiver = new DgramSocket()
    receiver.on('data', (bytes: Buffer) => void received.push(bytes.toString()))
    receiver.bind(address.replace(/^@/, '\0'))
    const notifier = await openNotifier({ NOTIFY_SOCKET: address })
    notifier.send('READY=1\nSTATUS=one')
    notifier.send('STATUS=two')
    notifier.close()
    const startedMs = performance.now()
    while (received.length < 2 && performance.now() - startedMs < 2000) await new Promise(r => setTimeout(r, 5))
    t.same(received, ['READY=1\nSTATUS=one', 'STATUS=two'], address)
    receiver.close()
  }
})

t.test('without a supervisor, or with one that is gone, nothing happens', async t => {
  for (const NOTIFY_SOCKET of [undefined, '', 'relative', '/nonexistent/notify']) {
    const notifier = await openNotifier({ NOTIFY_SOCKET })
    t.doesNotThrow(() => notifier.send('READY=1'), String(NOTIFY_SOCKET))
    t.doesNotThrow(() => notifier.close())
  }
})

t.test('idle exit: not while somebody is connected or something is held, and then once', async t => {
  const clock = createDrivenClock()
  let connections = 1
  let stops = 0
  const idle = startIdleExit({ connections: () => connections, idleMs: 60_000, stop: () => stops++, clock })
  await clock.run(120_000)
  t.equal(stops, 0, 'connected')
  connections = 0
  await clock.run(50_000)
  const release = idle.hold()
  await clock.run(120_000)
  t.equal(stops, 0, 'held')
  release()
  release()
  await clock.run(55_000)
  t.equal(stops, 0, 'not idle for long enough')
  await clock.run(10_000)
  t.equal(stops, 1)
  await clock.run(600_000)
  t.equal(stops, 1)
  await idle[Symbol.asyncDispose]()

  const never = startIdleExit({ connections: () => 0, idleMs: 0, stop: () => stops++, clock })
  await clock.run(600_000)
  t.equal(stops, 1, '0 never leaves')
  await never[Symbol.asyncDispose]()
  const disposed = startIdleExit({ connections: () => 0, idleMs: 60_000, stop: () => stops++, clock })
  await disposed[Symbol.asyncDispose]()
  t.equal(clock.sleepers(), 0)
})

t.test('periodic: runs at once, never overlaps, waits with jitter, ends with its last run', async t => {
  const clock = createDrivenClock()
  const began: number[] = []
  let finish: () => void = () => {}
  const periodic = startPeriodic({
    intervalMs: 1000,
    jitter: 0.5,
    random: () => 0.5,
    clock,
    run: signal => {
      began.push(clock.monotonicMs())
      return began.length === 2
        ? new Promise(resolve => {
            finish = resolve
            signal.addEventListener('abort', () => resolve())
          })
        : Promise.resolve()
    },
  })
  await clock.run(1249)
  t.same(began, [0])
  await clock.run(10_000)
  t.same(began, [0, 1250], 'a run that takes long is not overlapped')
  finish()
  await clock.run(1250)
  t.same(began, [0, 1250, 12_499])
  await periodic[Symbol.asyncDispose]()
  await clock.run(10_000)
  t.equal(began.length, 3)
  t.equal(clock.sleepers(), 0)
})
