/** The life of a program as systemd sees it: a real child process, a real notification socket. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DgramSocket } from 'node-unix-socket'
import t, { type Test } from 'tap'
import { VERSION } from '../../../src/shared/version.ts'

const PROGRAM = join(import.meta.dirname, 'daemon-program.ts')

/** Starts the program under a supervisor of ours; `notified` collects what it says by sd_notify. */
function start(t: Test, args: string[], env: Record<string, string> = {}) {
  const directory = mkdtempSync(join(tmpdir(), 'shared-daemon-'))
  const notified: string[] = []
  const socket = new DgramSocket()
  socket.on('data', (bytes: Buffer) => void notified.push(bytes.toString()))
  socket.bind(join(directory, 'notify'))
  const child = spawn(process.execPath, [PROGRAM, ...args], {
    env: { NOTIFY_SOCKET: join(directory, 'notify'), NODE_NO_WARNINGS: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const out = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].on('data', chunk => {
      out[name] += chunk
    })
  }
  t.teardown(() => {
    child.kill('SIGKILL')
    socket.close()
    rmSync(directory, { recursive: true })
  })
  return { child, notified, out, ended: ended(child) }
}

async function ended(child: ChildProcess): Promise<[number | null, string | null]> {
  return (await once(child, 'close')) as [number | null, string | null]
}

/** Waits for something that another process does; fails the test by the runner's timeout. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise(resolve => setTimeout(resolve, 5))
}

t.test('starts, serves, feeds the watchdog, stops at SIGTERM with 0', async t => {
  const { child, notified, out, ended } = start(t, ['serve'], { WATCHDOG_USEC: '60000' })
  await until(
    () => notified.filter(each => each === 'WATCHDOG=1').length >= 2 && notified.some(each => each.startsWith('READY')),
  )
  child.kill('SIGTERM')
  t.same(await ended, [0, null])
  const said = notified.filter(each => each !== 'WATCHDOG=1')
  t.same(said, [
    'STATUS=waiting for leader.mesos',
    'READY=1\nSTATUS=serving, looked 1 times',
    'STOPPING=1\nSTATUS=stopped by SIGTERM',
  ])
  t.match(out.stderr, new RegExp(`^<6>ready version='${VERSION}' status='serving, looked 1 times'$`, 'm'))
  t.match(out.stderr, /^<6>stopping reason='stopped by SIGTERM'\n<6>released$/m)
})

t.test('a daemon that is not well stops feeding the watchdog', async t => {
  const { child, notified, ended } = start(t, ['unhealthy'], { WATCHDOG_USEC: '60000' })
  await until(() => notified.some(each => each.startsWith('READY')))
  const before = notified.filter(each => each === 'WATCHDOG=1').length
  await new Promise(resolve => setTimeout(resolve, 100))
  t.equal(notified.filter(each => each === 'WATCHDOG=1').length, before)
  child.kill('SIGINT')
  t.same(await ended, [0, null])
})

for (const { mode, status, says, notes } of [
  {
    mode: 'fault',
    status: 1,
    says: /^<6>released\n<3>X_DOWN – ZooKeeper is down – Start it\. cause='ECONNREFUSED'$/m,
    notes: 'STATUS=failed: ZooKeeper is down',
  },
  {
    mode: 'bug',
    status: 1,
    says: /^<3>a bug ended the program error='TypeError: x is not a function\\n/m,
    notes: 'STATUS=failed: x is not a function',
  },
  {
    mode: 'background-bug',
    status: 1,
    says: /^<6>ready [^\n]*\n<3>a bug ended the program error='TypeError: y is not a function\\n[^\n]*\n$/,
    notes: 'STATUS=failed: y is not a function',
  },
  { mode: 'once', status: 0, says: /^<6>released\n$/, notes: 'STATUS=waiting for leader.mesos' },
  {
    mode: 'stop-itself',
    status: 0,
    says: /stopping reason='nothing left to do'/,
    notes: 'STOPPING=1\nSTATUS=nothing left to do',
  },
]) {
  t.test(`ends: ${mode}`, async t => {
    const { out, notified, ended } = start(t, [mode])
    t.same(await ended, [status, null])
    t.match(out.stderr, says)
    await until(() => notified.at(-1) === notes)
    t.equal(notified.at(-1), notes)
  })
}

t.test('stopped while starting: no failure', async t => {
  const { child, out, ended } = start(t, ['stopped-while-starting'])
  await until(() => out.stderr.includes('starting'))
  child.kill('SIGTERM')
  t.same(await ended, [0, null])
  t.notMatch(out.stderr, /^<3>/m)
})

t.test('a daemon that does not get done is left behind after its own limit', async t => {
  const { child, notified, out, ended } = start(t, ['never-done'])
  await until(() => notified.some(each => each.startsWith('READY')))
  child.kill('SIGTERM')
  t.same(await ended, [0, null])
  t.match(out.stderr, /^<6>released\n<4>did not finish in time, leaving anyway limit_s=0\.05$/m)
})

t.test('what systemd meant for this process is not handed to its children', async t => {
  const { out, ended } = start(t, ['environment'], { LISTEN_FDS: '1', LISTEN_PID: '1' })
  t.same(await ended, [0, null])
  t.match(out.stderr, /^<6>environment in_copy='1'$/m)
})

t.test('--version and -version, alone', async t => {
  for (const flag of ['--version', '-version']) {
    const { out, ended, notified } = start(t, [flag])
    t.same(await ended, [0, null])
    t.equal(out.stdout, `dcos-example ${VERSION}\n`)
    t.same(notified, [])
  }
})
