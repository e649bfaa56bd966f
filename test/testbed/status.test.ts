import t from 'tap'
import { clusterConfig } from './cluster-config.ts'
import { toClusterStatus } from './cluster-status.ts'
import { nodeArgument, parseNodes, planNodes } from './nodes.ts'
import { startProgress } from './progress.ts'
import { parseStartOptions, parseStatusOptions } from './start-options.ts'
import { formatColumns, formatStatus } from './table.ts'
import { judgeUnit, parseUnits, summarize } from './unit-state.ts'

const SHOWN = `Type=notify
Result=success
Id=dcos-metrics-agent.service
LoadState=loaded
ActiveState=active
SubState=running
StatusText=serving 42 datapoints = all of them
TriggeredBy=dcos-metrics-agent.socket
ExecMainExitTimestampMonotonic=0

Result=success
Id=dcos-gen-resolvconf.timer
LoadState=loaded
ActiveState=active
SubState=waiting
`

t.test('systemctl show becomes units, sorted by name', async t => {
  const units = parseUnits(SHOWN)
  t.match(units, [
    {
      name: 'dcos-gen-resolvconf.timer',
      active: 'active',
      sub: 'waiting',
      result: 'success',
      status: '',
      triggered: false,
    },
    {
      name: 'dcos-metrics-agent.service',
      status: 'serving 42 datapoints = all of them',
      triggered: true,
      hasRun: false,
      isJob: false,
    },
  ])
  t.same(parseUnits(''), [])
})

const base = {
  name: 'dcos-x.service',
  load: 'loaded',
  active: 'active',
  sub: 'running',
  result: 'success',
  status: '',
  triggered: false,
  hasRun: false,
  isJob: false,
}

const verdicts = [
  { what: 'a running daemon', given: {}, want: 'well' },
  { what: 'a daemon that starts', given: { active: 'activating', sub: 'start' }, want: 'pending' },
  {
    what: 'a job that its timer runs again',
    given: { active: 'activating', sub: 'start', triggered: true, hasRun: true, isJob: true },
    want: 'well',
  },
  {
    what: 'a job that runs for the first time',
    given: { active: 'activating', sub: 'start', triggered: true, isJob: true },
    want: 'pending',
  },
  { what: 'a daemon between two tries', given: { active: 'activating', sub: 'auto-restart' }, want: 'failed' },
  {
    what: 'the same on systemd 254 and later',
    given: { active: 'activating', sub: 'auto-restart-queued' },
    want: 'failed',
  },
  {
    what: 'a daemon that left, with a socket',
    given: { active: 'inactive', sub: 'dead', triggered: true, hasRun: true },
    want: 'well',
  },
  {
    what: 'a daemon that nobody has asked yet',
    given: { active: 'inactive', sub: 'dead', triggered: true },
    want: 'well',
  },
  { what: 'a job that has finished', given: { active: 'inactive', sub: 'dead', hasRun: true }, want: 'well' },
  { what: 'a job that has yet to run', given: { active: 'inactive', sub: 'dead' }, want: 'pending' },
  {
    what: 'a job that failed',
    given: { active: 'failed', sub: 'failed', result: 'exit-code', hasRun: true },
    want: 'failed',
  },
  {
    what: 'a job that timed out, and is inactive',
    given: { active: 'inactive', result: 'timeout', hasRun: true },
    want: 'failed',
  },
  { what: 'a link without a unit', given: { load: 'not-found', active: 'inactive' }, want: 'failed' },
]
for (const { what, given, want } of verdicts) {
  t.test(`health of a unit: ${what}`, async t => t.equal(judgeUnit({ ...base, ...given }), want))
}

t.test('the health of a node names what is wrong first', async t => {
  const bad = { ...base, name: 'dcos-a.service', active: 'failed' }
  const late = { ...base, name: 'dcos-b.service', active: 'activating', sub: 'start' }
  t.equal(summarize([base, late, bad]), 'failed: dcos-a.service')
  t.equal(summarize([base, late]), 'waiting for dcos-b.service')
  t.equal(summarize([base]), 'healthy')
  t.equal(summarize([]), 'not installed')
})

const node = { name: 'm1', role: 'master', address: '172.31.0.11', state: 'running' } as const
const target = { job: 'dcos-metrics', instance: '172.31.0.11:61091', health: 'up', lastError: '' }
const urls = { prometheus: 'http://127.0.0.1:9090/' }

t.test('the JSON document has the promised keys and no other', async t => {
  t.same(toClusterStatus([{ ...node, units: [{ ...base, status: 'serving' }] }], [target], urls), {
    nodes: [
      {
        ...node,
        units: [{ name: 'dcos-x.service', active: 'active', sub: 'running', result: 'success', status: 'serving' }],
      },
    ],
    targets: [{ job: 'dcos-metrics', instance: '172.31.0.11:61091', health: 'up' }],
    urls,
  })
})

t.test('the table', async t => {
  const units = [
    { ...base, status: 'serving the journal' },
    { ...base, name: 'dcos-y.service', active: 'inactive', sub: 'dead', hasRun: true },
    { ...base, name: 'dcos-z.service', active: 'failed', sub: 'failed' },
  ]
  const text = formatStatus([{ ...node, units }], [target], urls)
  t.match(text, /^NODE +ROLE +ADDRESS +STATE +ACTIVE +AT REST +FAILED +HEALTH$/m)
  t.match(text, /^m1 +master +172\.31\.0\.11 +running +1 +1 +1 +failed: dcos-z\.service$/m)
  t.match(text, /^m1 +dcos-x\.service +active +serving the journal$/m)
  t.match(text, /^172\.31\.0\.11:61091 +dcos-metrics +up$/m)
  t.match(text, /^http:\/\/127\.0\.0\.1:9090\/ +prometheus$/m)
  t.equal(
    formatColumns([
      ['a', 'bb'],
      ['ccc', 'd'],
    ]),
    'a    bb\nccc  d',
  )
  t.equal(formatColumns([]), '')
})

t.test('which nodes there are', async t => {
  t.same(planNodes(1, '172.31.0').map(nodeArgument), [
    'm1:master:172.31.0.11',
    'a1:agent:172.31.0.12',
    'p1:public-agent:172.31.0.13',
  ])
  t.same(
    planNodes(3, '10.9.8').map(({ name }) => name),
    ['m1', 'm2', 'm3', 'a1', 'p1'],
  )
  for (const masters of [0, 2, 11]) t.throws(() => planNodes(masters, '172.31.0'), { code: 'BED_OPTION_UNKNOWN' })
  t.same(parseNodes(['m1:master', 'a1', 'x:public-agent:1.2.3.4'], '172.31.1').map(nodeArgument), [
    'm1:master:172.31.1.11',
    'a1:agent:172.31.1.12',
    'x:public-agent:1.2.3.4',
  ])
  t.throws(() => parseNodes(['m1:slave'], '172.31.1'), { code: 'BED_OPTION_UNKNOWN' })
})

t.test('command lines of npm start and npm run status', async t => {
  t.same(parseStartOptions([]), { masters: 1 })
  t.same(parseStartOptions(['--masters', '3']), { masters: 3 })
  t.throws(() => parseStartOptions(['--mesos', 'zk://10.0.0.1:2181/mesos']), { code: 'BED_MESOS_REFUSED' })
  for (const argv of [['--masters', 'many'], ['--fast'], ['extra']]) {
    t.throws(() => parseStartOptions(argv), { code: 'BED_OPTION_UNKNOWN' }, argv.join(' '))
  }
  t.same(parseStatusOptions(['--json']), { json: true })
  t.same(parseStatusOptions([]), { json: false })
})

t.test('config.yaml of a bed', async t => {
  const nodes = planNodes(3, '172.31.0')
  const config = JSON.parse(
    clusterConfig({ name: 'dcos', nodes, repositoryUrl: 'http://172.31.0.1:8080', resolver: '172.31.0.1' }),
  )
  t.same(config.master_list, ['172.31.0.11', '172.31.0.12', '172.31.0.13'])
  t.equal(config.bootstrap_url, 'http://172.31.0.1:8080')
})

t.test('progress off a terminal is plain lines, on one it is redrawn', async t => {
  const shown = async (isTTY: boolean) => {
    const written: string[] = []
    const clock = { nowMs: 0 }
    using progress = startProgress({ isTTY, columns: 40, write: chunk => written.push(chunk) }, () => clock.nowMs)
    await progress.step('images', async () => {
      clock.nowMs += 1250
    })
    await t.rejects(progress.step('boot', async () => Promise.reject(new Error('no'))))
    return written.join('')
  }
  t.equal(await shown(false), 'images: 1.3 s\nboot: failed after 0.0 s\n')
  const drawn = await shown(true)
  t.match(drawn, '\r\x1b[Kimages 0 s')
  t.match(drawn, '\r\x1b[Kimages: 1.3 s\n')
})
