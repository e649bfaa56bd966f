/** Parsers of /proc, one table each, and the whole set of collectors over the fake machines. Names and units: metrics 3. */
import t from 'tap'
import { cpuShares, createCpuCollector, parseCpu } from '../../src/metrics/collectors/cpu.ts'
import { sizeDatapoints } from '../../src/metrics/collectors/filesystems.ts'
import { parseLoad } from '../../src/metrics/collectors/load.ts'
import { parseMemory } from '../../src/metrics/collectors/memory.ts'
import { chooseMounts, MOUNTS_MAX, parseFilesystemTypes, parseMounts } from '../../src/metrics/collectors/mounts.ts'
import { parseNetwork } from '../../src/metrics/collectors/network.ts'
import { type NodeContext, nodeCollectors } from '../../src/metrics/collectors/node.ts'
import { countProcesses } from '../../src/metrics/collectors/processes.ts'
import { createStatfsProbe } from '../../src/metrics/collectors/statfs-probe.ts'
import { parseSwap } from '../../src/metrics/collectors/swap.ts'
import { parseUptime } from '../../src/metrics/collectors/uptime.ts'
import { createLog } from '../../src/shared/log/journald.ts'
import { createCollectorRunner, type Datapoint } from '../../src/shared/metrics/collector.ts'
import { createDrivenClock, settle } from '../support/clock.ts'
import { collectRound, MACHINES, type MachineName, machine, PROBE_TIMEOUT_MS } from './machine.ts'

const UNEXPECTED = { code: 'METRICS_PROC_FILE_UNEXPECTED' }

/** `name` or `name{tag value}` → value, for tables. */
function values(datapoints: readonly Datapoint[]): Record<string, number> {
  const label = ({ name, tags }: Datapoint) => (tags ? `${name}{${Object.values(tags).join()}}` : name)
  return Object.fromEntries(datapoints.map(datapoint => [label(datapoint), datapoint.value]))
}

t.test('one-line files', async t => {
  t.same(values(parseLoad('0.05 0.21 1.35 2/512 86031\n')), {
    'load.1min': 0.05,
    'load.5min': 0.21,
    'load.15min': 1.35,
  })
  t.same(values(parseUptime('86400.97 1.00\n')), { 'system.uptime': 86400 }, 'whole seconds, cut off')
  for (const text of ['', '\n', 'a b c', '1 2']) {
    t.throws(() => parseLoad(text), UNEXPECTED)
    t.throws(() => parseUptime(text), UNEXPECTED)
  }
  t.same(values(countProcesses(['1', '42', 'self', '4194303', 'net', '7x'])), { 'process.count': 3 })
})

t.test('memory and swap', async t => {
  const lines = [
    'MemTotal: 100 kB',
    'MemFree: 40 kB',
    'Buffers: 1 kB',
    'Cached: 20 kB',
    'SwapTotal: 8 kB',
    'SwapFree: 3 kB',
  ]
  const without = (name: string) => lines.filter(line => !line.startsWith(name)).join('\n')
  const text = lines.join('\n')
  t.same(values(parseMemory(text)), {
    'memory.total': 102400,
    'memory.free': 40960,
    'memory.buffers': 1024,
    'memory.cached': 20480,
  })
  t.match(values(parseMemory(`${text}\nMemAvailable: 55 kB\n`)), { 'memory.free': 40960, 'memory.available': 56320 })
  t.same(values(parseSwap(text)), { 'swap.total': 8192, 'swap.free': 3072, 'swap.used': 5120 })
  t.equal(values(parseSwap(text.replace('SwapFree: 3', 'SwapFree: 9')))['swap.used'], 0, 'never below zero')
  for (const name of ['MemTotal', 'MemFree', 'Buffers', 'Cached'])
    t.throws(() => parseMemory(without(name)), UNEXPECTED)
  for (const name of ['SwapTotal', 'SwapFree']) t.throws(() => parseSwap(without(name)), UNEXPECTED)
})

t.test('cpu', async t => {
  const line = (...ticks: number[]) => `cpu  ${ticks.join(' ')}\ncpu0 1 2 3 4\ncpu1 1 2 3 4\nintr 5\n`
  const before = parseCpu(line(100, 0, 50, 800, 50, 0, 0, 0, 0, 0))
  t.match(before, { cores: 2, user: 100, system: 50, idle: 800, wait: 50, sum: 1000 })
  const cases = [
    { what: 'shares of the interval', now: [130, 0, 60, 850, 60, 0, 0, 0, 0, 0], total: 40, user: 30, system: 10, idle: 50, wait: 10 },
    { what: 'two decimals', now: [101, 0, 51, 801, 50, 0, 0, 0, 0, 0], total: 66.67, user: 33.33, system: 33.33, idle: 33.33, wait: 0 },
    { what: 'nice, irq and steal are in the denominator alone', now: [110, 30, 50, 850, 50, 5, 0, 5, 0, 0], total: 10, user: 10, system: 0, idle: 50, wait: 0 },
    { what: 'a guest counts twice', now: [120, 0, 50, 860, 50, 0, 0, 0, 20, 0], total: 20, user: 20, system: 0, idle: 60, wait: 0 },
    { what: 'wait that goes backwards', now: [150, 0, 50, 890, 10, 0, 0, 0, 0, 0], total: 50, user: 50, system: 0, idle: 90, wait: 0 },
  ] // biome-ignore format: a table
  for (const { what, now, ...shares } of cases) {
    const expected = Object.fromEntries(Object.entries(shares).map(([name, value]) => [`cpu.${name}`, value]))
    t.same(values(cpuShares(before, parseCpu(line(...now)))), expected, what)
  }
  t.same(cpuShares(before, before), [], 'no tick has passed')
  t.same(cpuShares(parseCpu(line(500, 0, 500, 500)), before), [], 'counters began anew')
  t.match(parseCpu(line(1, 2, 3, 4)), { wait: 0 }, 'four columns of old kernels')
  for (const text of ['', 'cpu0 1 2 3 4\n', 'cpu  1 2\n']) t.throws(() => parseCpu(text), UNEXPECTED)
})

t.test('the first sample has no shares (DEPARTURE metrics 3)', async t => {
  const collector = createCpuCollector()
  const context: NodeContext = {
    roots: machine('rhel8-cgroup-v1').roots,
    statfs: createStatfsProbe({ statfs: machine('rhel8-cgroup-v1').statfs, clock: createDrivenClock() }),
    reportMountsLeftOut: () => {},
  }
  const { signal } = new AbortController()
  t.same(values(await collector.collect(context, signal)), { 'cpu.cores': 4 })
  const other = { ...context, roots: machine('odd-storage').roots }
  t.same(Object.keys(values(await collector.collect(other, signal))).sort(), [
    'cpu.cores', 'cpu.idle', 'cpu.system', 'cpu.total', 'cpu.user', 'cpu.wait',
  ]) // biome-ignore format: a list
})

t.test('network', async t => {
  const file = (...lines: string[]) => `Inter-| Receive | Transmit\n face |bytes |bytes\n${lines.join('\n')}\n`
  const [counters, all] = ['1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16', (name: string) => ({
    [`network.in{${name}}`]: 1, [`network.in.packets{${name}}`]: 2, [`network.in.errors{${name}}`]: 3, [`network.in.dropped{${name}}`]: 4,
    [`network.out{${name}}`]: 9, [`network.out.packets{${name}}`]: 10, [`network.out.errors{${name}}`]: 11, [`network.out.dropped{${name}}`]: 12,
  })] // biome-ignore format: a table
  for (const name of ['eth0', 'eth0:1', 'bond0.1207', 'wan-é', 'br-1f0c', 'enp0s31f6'])
    t.same(values(parseNetwork(file(`  ${name}: ${counters}`))), all(name), name)
  t.same(
    values(parseNetwork(file(`eth0:${counters}`))),
    all('eth0'),
    'no blank after the colon, as kernels before 2.6.30',
  )
  t.same(parseNetwork(file()), [], 'no interfaces')
  t.same(
    parseNetwork(file(`a: ${counters}`)).find(({ name }) => name === 'network.in'),
    {
      name: 'network.in',
      value: 1,
      unit: 'bytes',
      tags: { interface: 'a' },
    },
  )
  for (const line of ['eth0: 1 2 3', 'eth0 1 2', `eth0: ${counters.replace('7', 'x')}`])
    t.throws(() => parseNetwork(file(line)), UNEXPECTED)
})

t.test('mounts', async t => {
  const types = parseFilesystemTypes('nodev\tproc\n\text4\nnodev\tnfs4\n\txfs\n\tfuseblk\n')
  t.same([...types], ['ext4', 'xfs', 'fuseblk'])
  const cases = [
    { what: 'a disk', line: '/dev/sda1 /data ext4 rw 0 0', path: '/data' },
    { what: 'escapes', line: '/dev/sda1 /a\\040b\\011c\\134d\\012 ext4 rw 0 0', path: '/a b\tc\\d\n' },
    { what: 'zfs although nodev', line: 'tank/x /tank zfs rw 0 0', path: '/tank' },
    { what: 'an overlay', line: 'overlay /merged overlay rw 0 0' },
    { what: 'an overlay at the root', line: 'overlay / overlay rw 0 0', path: '/' },
    { what: 'the root of an initial ramdisk', line: 'rootfs / rootfs rw 0 0' },
    { what: 'NFS', line: 'filer:/x /nfs nfs4 rw 0 0' },
    { what: 'a device none', line: 'none /scratch ext4 rw 0 0' },
    { what: 'too few fields', line: '/dev/sda1 /data' },
    { what: 'an empty line', line: '' },
  ]
  for (const { what, line, path } of cases)
    t.same(
      chooseMounts(parseMounts(line), types).chosen.map(mount => mount.path),
      path ? [path] : [],
      what,
    )
  const over = chooseMounts(parseMounts('/dev/a /m ext4 rw 0 0\n/dev/c /n ext4 rw 0 0\nx /m proc rw 0 0\n'), types)
  t.same(
    over.chosen.map(({ path }) => path),
    ['/n'],
    'a mount over another decides',
  )
  const many = Array.from({ length: MOUNTS_MAX + 3 }, (_, i) => `/dev/a /m${i} ext4 rw 0 0`).join('\n')
  t.match(chooseMounts(parseMounts(many), types), { chosen: { length: MOUNTS_MAX }, leftOut: 3 })
  t.same(
    sizeDatapoints('/x', { bsize: 4096, blocks: 100, bfree: 40, bavail: 30, files: 10, ffree: 4 }).map(
      ({ name, value, unit, tags }) => [name, value, unit, tags?.path],
    ),
    [
      ['filesystem.capacity.total', 409600, 'bytes', '/x'],
      ['filesystem.capacity.used', 245760, 'bytes', '/x'],
      ['filesystem.capacity.free', 122880, 'bytes', '/x'],
      ['filesystem.inode.total', 10, 'count', '/x'],
      ['filesystem.inode.used', 6, 'count', '/x'],
      ['filesystem.inode.free', 4, 'count', '/x'],
    ],
  )
})

t.test('statfs that hangs', async t => {
  const clock = createDrivenClock()
  const asked: string[] = []
  const hanging = new Map<string, () => void>()
  const size = { bsize: 1, blocks: 1, bfree: 1, bavail: 1, files: 1, ffree: 1 }
  const probe = createStatfsProbe({
    clock,
    timeoutMs: 2000,
    stuckMax: 2,
    statfs: path => {
      asked.push(path)
      return path.startsWith('/dead')
        ? new Promise(resolve => hanging.set(path, () => resolve(size)))
        : Promise.resolve(size)
    },
  })
  const STUCK = { code: 'METRICS_FILESYSTEM_STUCK' }
  t.same(await probe.size('/good'), size)
  t.equal(clock.sleepers(), 0, 'no timer stays behind an answer')
  const first = t.rejects(probe.size('/dead1'), { ...STUCK, message: /'\/dead1'.*2000 ms/ })
  t.same(probe.stuck(), [], 'not stuck before its time')
  await clock.run(2000)
  await first
  t.same(probe.stuck(), ['/dead1'])
  await t.rejects(probe.size('/dead1'), STUCK, 'not asked again while the first question hangs')
  t.same(await probe.size('/good'), size, 'others go on')
  const second = t.rejects(probe.size('/dead2'), STUCK)
  await clock.run(2000)
  await second
  await t.rejects(probe.size('/good'), STUCK, 'no thread more is risked')
  t.same(asked, ['/good', '/dead1', '/good', '/dead2'])
  hanging.get('/dead1')?.()
  await settle()
  t.same(probe.stuck(), ['/dead2'])
  t.same(await probe.size('/good'), size, 'asked again once one has answered')
})

/** What every machine must show, whatever else it has (metrics 3, 8). */
const ALWAYS = [
  'cpu.cores', 'load.15min', 'load.1min', 'load.5min', 'memory.buffers', 'memory.cached', 'memory.free', 'memory.total',
  'network.in{lo}', 'process.count', 'swap.free', 'swap.total', 'swap.used', 'system.uptime',
  'filesystem.capacity.total{/}', 'filesystem.capacity.used{/}', 'filesystem.capacity.free{/}',
] // biome-ignore format: a list

const PATHS: Record<MachineName, string[]> = {
  'rhel8-cgroup-v1': ['/', '/boot', '/var/lib', '/var/lib/mesos/slave/volumes/roles/db/9f'],
  'debian12-cgroup-v2': ['/', '/boot/efi', '/srv/data'],
  'container-hybrid': ['/', '/etc/hosts'],
  'odd-storage': ['/', '/home', '/mnt/"quoted"', '/mnt/my disk\\x', '/mnt/over', '/mnt/usb'],
}

for (const name of MACHINES) {
  t.test(`machine ${name}`, async t => {
    const clock = createDrivenClock()
    const lines: string[] = []
    const { roots, statfs } = machine(name)
    const probe = createStatfsProbe({ statfs, clock, timeoutMs: PROBE_TIMEOUT_MS })
    const runner = createCollectorRunner({
      collectors: nodeCollectors(),
      context: { roots, statfs: probe, reportMountsLeftOut: () => {} },
      timeoutMs: 10_000,
      clock,
      log: createLog({ write: line => lines.push(line) }),
    })
    await collectRound(runner, clock)
    t.same(lines, [], 'no collector failed')
    const found = values(runner.results().flatMap(({ datapoints }) => datapoints))
    t.same(
      ALWAYS.filter(each => found[each] === undefined),
      [],
    )
    const paths = Object.keys(found).flatMap(each => /^filesystem\.capacity\.total\{(.*)\}$/s.exec(each)?.[1] ?? [])
    t.same(paths.sort(), PATHS[name])
    t.same(probe.stuck(), name === 'odd-storage' ? ['/mnt/dead'] : [])
    t.ok(Object.values(found).every(Number.isFinite))
  })
}
