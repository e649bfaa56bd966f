/** Registry, collector runner, text files, the process's own figures; time is driven. */
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { createLog } from '../../../src/shared/log/journald.ts'
import { type Collector, createCollectorRunner } from '../../../src/shared/metrics/collector.ts'
import { declareProcessMetrics, parseSelfStat } from '../../../src/shared/metrics/process.ts'
import { createMetrics } from '../../../src/shared/metrics/registry.ts'
import { startTextfile } from '../../../src/shared/metrics/textfile.ts'
import { createDrivenClock, loopTurn } from '../../support/clock.ts'

function capture() {
  const lines: string[] = []
  return { lines, log: createLog({ write: line => lines.push(line) }) }
}

t.test('names carry the daemon, values come out in the text format', async t => {
  const metrics = createMetrics('gen-resolvconf')
  t.equal(metrics.prefix, 'dcos_gen_resolvconf_')
  metrics.counter({ name: 'runs_total', help: 'Runs.', labels: ['why'] }).inc({ why: 'a"b' })
  metrics.gauge({ name: 'now', help: 'Asked at each scrape.', collect: gauge => gauge.set(7) })
  metrics.histogram({ name: 'took_seconds', help: 'Took.', buckets: [1, 2] }).observe(1.5)
  const text = await metrics.text()
  for (const line of [
    '# HELP dcos_gen_resolvconf_runs_total Runs.',
    '# TYPE dcos_gen_resolvconf_runs_total counter',
    'dcos_gen_resolvconf_runs_total{why="a\\"b"} 1',
    'dcos_gen_resolvconf_now 7',
    'dcos_gen_resolvconf_took_seconds_bucket{le="1"} 0',
    'dcos_gen_resolvconf_took_seconds_bucket{le="2"} 1',
    'dcos_gen_resolvconf_took_seconds_count 1',
  ]) {
    t.ok(text.split('\n').includes(line), line)
  }
  t.throws(() => metrics.gauge({ name: 'now', help: 'Twice.' }), /already been registered/)
})

t.test('the process tells about itself', async t => {
  t.same(parseSelfStat(`1 (a) b (c) S ${'0 '.repeat(10)}150 50 ${'0 '.repeat(8)}3 0`), {
    cpuSeconds: 2,
    residentBytes: 3 * 4096,
  })
  const metrics = createMetrics('test')
  declareProcessMetrics(metrics)
  const text = await metrics.text()
  t.match(
    text,
    new RegExp(`^dcos_test_build_info\\{version="\\d+\\.\\d+\\.\\d+",node="${process.versions.node}"\\} 1$`, 'm'),
  )
  for (const name of [
    'process_resident_memory_bytes',
    'process_open_fds',
    'process_heap_bytes',
    'process_cpu_seconds_total',
  ]) {
    const value = Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1])
    t.ok(value > 0, `${name} ${value}`)
  }
  const [start] = /(?<=^process_start_time_seconds )\S+/m.exec(text) ?? []
  t.ok(Math.abs(Number(start) - (Date.now() / 1000 - process.uptime())) < 2)
})

const point = (value: number) => ({ name: 'x', value, unit: 'count' })

t.test('collectors: one that fails, one that hangs, one that throws at once never spoil the good one', async t => {
  const clock = createDrivenClock(1000)
  const { lines, log } = capture()
  let value = 1
  let hangs = true
  let signal: AbortSignal | undefined
  let release: () => void = () => {}
  const collectors: Collector<{ factor: number }>[] = [
    { name: 'good', collect: async ({ factor }) => [point(value * factor)] },
    { name: 'broken', collect: async () => Promise.reject(new Error('EIO')) },
    {
      name: 'hung',
      collect(_context, given) {
        signal = given
        return hangs
          ? new Promise((_, reject) => {
              release = () => reject(new Error('too late'))
            })
          : Promise.resolve([point(9)])
      },
    },
    {
      name: 'rude',
      collect() {
        throw new Error('not even a promise')
      },
    },
  ]
  const runner = createCollectorRunner({ collectors, context: { factor: 10 }, timeoutMs: 500, clock, log })
  t.same(
    runner.results().map(({ name, success, collectedAtMs }) => [name, success, collectedAtMs]),
    ['good', 'broken', 'hung', 'rude'].map(name => [name, false, undefined]),
  )
  const round = async () => {
    const done = runner.collectOnce()
    await clock.run(500)
    await done
  }
  const told = () => runner.results().map(({ datapoints, success }) => [datapoints.map(each => each.value), success])

  await round()
  t.same(told(), [
    [[10], true],
    [[], false],
    [[], false],
    [[], false],
  ])
  t.equal(runner.results()[0]?.collectedAtMs, 1000)
  t.equal(runner.results()[2]?.durationSeconds, 0.5)
  t.ok(signal?.aborted, 'the one that hangs was told to stop')
  t.equal(lines.length, 3)
  t.match(lines.join(''), /collector failed, keeping its last values collector='hung' error='no answer within 500 ms'/)

  // Another round: failures are told once, and no second call is piled up behind the hung one.
  value = 2
  signal = undefined
  await round()
  t.same(told()[0], [[20], true])
  t.equal(signal, undefined)
  t.equal(lines.length, 3)

  release()
  hangs = false
  await loopTurn()
  await round()
  t.same(told()[2], [[9], true], 'it recovers')
  t.match(lines.at(-1), /^<6>collector works again collector='hung'/)
  t.equal(clock.sleepers(), 0, 'no timer is left')
})

t.test('collectors: what is aborted from outside is not told as a failure', async t => {
  const clock = createDrivenClock()
  const { lines, log } = capture()
  const end = new AbortController()
  const runner = createCollectorRunner({
    collectors: [
      {
        name: 'slow',
        collect: (_context, signal) =>
          new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
      },
    ],
    context: {},
    timeoutMs: 500,
    clock,
    log,
  })
  const done = runner.collectOnce(end.signal)
  end.abort()
  await done
  t.same(lines, [])
})

t.test('text file: after a second, every interval, at the end; a missing directory is told once', async t => {
  const directory = mkdtempSync(join(tmpdir(), 'shared-metrics-'))
  t.teardown(() => rmSync(directory, { recursive: true }))
  const target = join(directory, 'metrics')
  const clock = createDrivenClock()
  const { lines, log } = capture()
  const metrics = createMetrics('test')
  const gauge = metrics.gauge({ name: 'x', help: 'x' })
  const textfile = startTextfile({ metrics, daemon: 'dcos-test', directory: target, clock, log })
  const value = () => /^dcos_test_x (\d)$/m.exec(readFileSync(join(target, 'dcos-test.prom'), 'utf8'))?.[1]
  /** Lets the writing, which is real, come to its next sleep. */
  const settled = async () => {
    while (clock.sleepers() === 0) await loopTurn()
  }
  await settled()
  t.equal(lines.length, 0, 'not before')
  clock.advance(1000)
  await settled()
  t.equal(lines.length, 1)
  clock.advance(15_000)
  await settled()
  t.equal(lines.length, 1)
  t.match(lines[0], /metrics file cannot be written, serving on without it/)

  mkdirSync(target)
  gauge.set(1)
  clock.advance(15_000)
  await settled()
  t.equal(value(), '1')
  t.same(readdirSync(target), ['dcos-test.prom'])
  gauge.set(2)
  chmodSync(join(target, 'dcos-test.prom'), 0o600)
  await textfile[Symbol.asyncDispose]()
  t.equal(value(), '2')
  t.equal(clock.sleepers(), 0)
})
