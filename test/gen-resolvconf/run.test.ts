/**
 * gen-resolvconf against real sockets and files: the probe, the writing with its failures, and as a process in a network and mount
 * namespace of its own that has the forwarder's addresses (root only; the namespaces end with the process).
 */
import { execFileSync, spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import {
  chmodSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { declareRunMetrics } from '../../src/gen-resolvconf/metrics.ts'
import { probe } from '../../src/gen-resolvconf/probe.ts'
import { readCurrent, replaceFile } from '../../src/gen-resolvconf/replace-file.ts'
import { runOnce } from '../../src/gen-resolvconf/run.ts'
import { decodeMessage, encodeMessage } from '../../src/shared/dns/codec.ts'
import { createResponse, type DnsMessage } from '../../src/shared/dns/message.ts'
import { CLASS } from '../../src/shared/dns/record.ts'
import { createLog } from '../../src/shared/log/journald.ts'
import { systemClock } from '../../src/shared/time/clock.ts'
import { createDrivenClock } from '../support/clock.ts'

const ROOT_ONLY = process.getuid?.() === 0 ? false : 'needs root for namespaces'

/** A forwarder on a free port of 127.0.0.1; `answer` maps a query to datagrams. */
async function startForwarder(answer: (query: DnsMessage) => Uint8Array[]) {
  const socket = createSocket('udp4')
  socket.on('message', (bytes, from) => {
    for (const reply of answer(decodeMessage(bytes))) socket.send(reply, from.port, from.address)
  })
  await new Promise<void>(resolve => socket.bind(0, '127.0.0.1', resolve))
  return { port: socket.address().port, [Symbol.dispose]: () => void socket.close() }
}

function ready(query: DnsMessage): Uint8Array {
  const data = { kind: 'A', address: '127.0.0.1' } as const
  return encodeMessage({
    ...createResponse(query),
    answers: [{ name: 'ready.spartan.', class: CLASS.IN, ttlSeconds: 5, data }],
  })
}

t.test('resolvconf 2: the right answer among wrong ones', async t => {
  using forwarder = await startForwarder(query => [
    encodeMessage({ ...createResponse(query), id: query.id ^ 1 }),
    ready(query),
  ])
  const found = await probe('127.0.0.1', { port: forwarder.port, timeoutMs: 5000, clock: systemClock })
  t.same(found, { address: '127.0.0.1', healthy: true, finding: 'answers' })
})

t.test('resolvconf 2: silence ends after the timeout', async t => {
  const clock = createDrivenClock()
  using forwarder = await startForwarder(() => {
    clock.advance(5000)
    return []
  })
  const found = await probe('127.0.0.1', { port: forwarder.port, timeoutMs: 5000, clock })
  t.same(found, { address: '127.0.0.1', healthy: false, finding: 'nothing within 5000 ms' })
})

t.test('resolvconf 2: nobody there is told at once', async t => {
  const { port } = await startForwarder(() => []).then(forwarder => {
    forwarder[Symbol.dispose]()
    return forwarder
  })
  const found = await probe('127.0.0.1', { port, timeoutMs: 5000, clock: systemClock })
  t.same(found.finding, 'ECONNREFUSED')
})

function scratch(t: Test): string {
  const directory = mkdtempSync(join(tmpdir(), 'resolvconf-'))
  t.teardown(() => rmSync(directory, { recursive: true }))
  return directory
}

t.test('resolvconf 5: what a link leads to is not read when it is too large', async t => {
  const directory = t.testdir({ large: 'nameserver 10.0.0.1\n'.repeat(5000) })
  const link = join(directory, 'link')
  symlinkSync(join(directory, 'large'), link)
  t.equal(await readCurrent(link), '')
})

t.test('resolvconf 5: a pipe or a device in its place is not read, and is replaced', async t => {
  const directory = t.testdir({})
  const [pipe, link] = [join(directory, 'pipe'), join(directory, 'link')]
  execFileSync('mkfifo', [pipe])
  symlinkSync('/dev/zero', link)
  for (const path of [pipe, link]) {
    t.equal(await replaceFile(path, 'a\n'), 'replaced')
    t.equal(readFileSync(path, 'utf8'), 'a\n')
  }
})

t.test('resolvconf 5: a missing file, an equal one, another mode, a symbolic link', async t => {
  const directory = scratch(t)
  const path = join(directory, 'resolv.conf')
  t.equal(await replaceFile(path, 'one\n'), 'replaced')
  const { ino } = statSync(path)
  t.equal(await replaceFile(path, 'one\n'), 'unchanged')
  t.equal(statSync(path).ino, ino, 'not even written')
  chmodSync(path, 0o600)
  t.equal(await replaceFile(path, 'one\n'), 'replaced')
  t.equal(statSync(path).mode & 0o7777, 0o644)

  const stub = join(directory, 'stub')
  const link = join(directory, 'link')
  writeFileSync(stub, 'one\n')
  symlinkSync(stub, link)
  t.equal(await replaceFile(link, 'one\n'), 'replaced', 'even when its target holds the same')
  t.ok(lstatSync(link).isFile())
  t.equal(await replaceFile(link, 'two\n'), 'replaced')
  t.equal(readFileSync(stub, 'utf8'), 'one\n', 'the old target is unchanged')
  t.same(readdirSync(directory).sort(), ['link', 'resolv.conf', 'stub'], 'no temporary file is left')
})

t.test('resolvconf 5: a directory that is not there is told with code and remedy', async t => {
  const path = join(scratch(t), 'etc', 'resolv.conf')
  await t.rejects(replaceFile(path, 'x'), { code: 'RESOLVCONF_FILE_UNWRITABLE', remedy: /ENOSPC: free space/ })
})

t.test('a run: who is asked in which order, what is said, what is written, what is counted', async t => {
  const directory = scratch(t)
  const path = join(directory, 'resolv.conf')
  const lines: string[] = []
  const log = createLog({ write: line => lines.push(line) })
  const asked: string[] = []
  const run = (healthy: string[], resolvers?: string) =>
    runOnce({
      config: { path, forwarders: ['1', '2', '3'], probeTimeoutMs: 1, resolvers, search: undefined },
      probe: async address => {
        asked.push(address)
        const well = healthy.includes(address)
        return { address, healthy: well, finding: well ? 'answers' : 'ECONNREFUSED' }
      },
      log,
      random: () => 0.99,
    })

  const first = await run(['1', '3'])
  t.same(asked, ['1', '2', '3'])
  t.same(first, { outcome: 'replaced', healthy: 2, sentence: `${path} replaced: forwarders 1 3` })
  t.same(lines, [`<6>${path} replaced: forwarders 1 3 silent='2 ECONNREFUSED'\n`])

  const before = readFileSync(path, 'utf8')
  await t.rejects(run([]), { code: 'RESOLVCONF_RESOLVERS_UNSET', message: /stays as it is/ })
  t.equal(readFileSync(path, 'utf8'), before)

  lines.length = 0
  t.equal((await run([], '8.8.8.8:53,9.9.9.9:5353')).outcome, 'replaced')
  t.match(lines[0], /^<4>resolver left out.*entry='9\.9\.9\.9:5353' why='port 5353 is not 53'/)
  t.match(
    lines[1],
    /^<4>.* replaced: no forwarder answers, upstream resolvers 8\.8\.8\.8, names of the cluster stay unknown/,
  )
  lines.length = 0
  t.equal((await run([], '8.8.8.8')).outcome, 'unchanged')
  t.match(lines, [/^<6>/], 'warned of once')
  t.match((await run([], '')).sentence, /upstream resolvers \(none\)$/)

  const clock = createDrivenClock()
  {
    await using metrics = declareRunMetrics({ clock, log, directory })
    metrics.succeeded(first)
  }
  const text = readFileSync(join(directory, 'gen-resolvconf.prom'), 'utf8')
  t.match(text, /^dcos_gen_resolvconf_last_run_success 1$/m)
  t.match(text, /^dcos_gen_resolvconf_last_run_changed 1$/m)
  t.match(text, /^dcos_gen_resolvconf_healthy_forwarders 2$/m)
  t.notMatch(text, /process_/)
  await declareRunMetrics({ clock, log, directory })[Symbol.asyncDispose]()
  t.match(readFileSync(join(directory, 'gen-resolvconf.prom'), 'utf8'), /^dcos_gen_resolvconf_last_run_success 0$/m)
})

/** Runs `script` as root in namespaces of its own, with `$RUN` = the program run by its source. */
async function inNamespace(script: string): Promise<{ status: number | null; stdout: string; stderr: string }> {
  const run = `${process.execPath} ${join(import.meta.dirname, '../../src/gen-resolvconf/main.ts')}`
  const child = spawn('unshare', ['--net', '--mount', 'bash', '-euc', script], {
    env: { PATH: process.env.PATH, RUN: run, NODE_NO_WARNINGS: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', chunk => {
    stdout += chunk
  })
  child.stderr.on('data', chunk => {
    stderr += chunk
  })
  const status = await new Promise<number | null>(resolve => child.on('close', resolve))
  return { status, stdout, stderr }
}

t.test('as a process: usage, version', async t => {
  const main = join(import.meta.dirname, '../../src/gen-resolvconf/main.ts')
  for (const [args, status] of [
    [[], 255],
    [['a', 'b'], 255],
    [['--version'], 0],
  ] as const) {
    const child = spawn(process.execPath, [main, ...args], { env: {}, stdio: ['ignore', 'pipe', 'pipe'] })
    let stderr = ''
    child.stderr.on('data', chunk => {
      stderr += chunk
    })
    t.equal(await new Promise(resolve => child.on('close', resolve)), status, args.join(' '))
    t.match(stderr, status === 255 ? /^usage: gen-resolvconf PATH/ : /^$/)
  }
})

t.test('as a process: forwarders, a mounted file, a full disk, a read-only one', { skip: ROOT_ONLY }, async t => {
  const { status, stdout, stderr } = await inNamespace(`
    mount -t tmpfs none /run; mkdir -p /run/dcos/metrics; cd /run
    ip link set lo up; ip addr add 198.51.100.1/32 dev lo; ip addr add 198.51.100.2/32 dev lo
    export RESOLVERS=8.8.8.8:53 SEARCH=example.com

    touch resolv.conf target; mount --bind target resolv.conf
    $RUN /run/resolv.conf 2>>log; grep -c '^nameserver 8.8.8.8$' target
    $RUN /run/resolv.conf 2>>log; grep -o 'resolv.conf [a-z ]*:' log

    mkdir full; mount -t tmpfs -o size=8k none full; echo old > full/resolv.conf
    head -c 4096 /dev/zero > full/filler
    rc=0; $RUN /run/full/resolv.conf || rc=$?; echo "full $rc $(cat full/resolv.conf) $(ls -A full | wc -l)"

    mount -o remount,ro full
    rc=0; $RUN /run/full/resolv.conf || rc=$?; echo "read-only $rc $(cat full/resolv.conf)"
    grep success dcos/metrics/gen-resolvconf.prom | grep -v '#'
  `)
  t.equal(status, 0, stderr)
  t.same(stdout.trim().split('\n'), [
    '1',
    'resolv.conf written in place:',
    'resolv.conf unchanged:',
    'full 1 old 2',
    'read-only 1 old',
    'dcos_gen_resolvconf_last_run_success 0',
  ])
  t.match(stderr, /RESOLVCONF_FILE_UNWRITABLE – cannot write '\/run\/full\/resolv.conf', which stays as it was: ENOSPC/)
  t.match(stderr, /RESOLVCONF_FILE_UNWRITABLE – .*EROFS/)
})
