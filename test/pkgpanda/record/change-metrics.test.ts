/** What is remembered of changes and shown to Prometheus: the file as a whole, damaged memories, disks that refuse. */
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { CommandContext } from '../../../pkgpanda/command.ts'
import { faults } from '../../../pkgpanda/errors.ts'
import { addActivation, decodeHistory, readHistory } from '../../../pkgpanda/record/change-history.ts'
import { writeChangeMetrics } from '../../../pkgpanda/record/change-metrics.ts'
import { createDrivenClock } from '../../support/clock.ts'
import { makeNode, type NodeFixture } from '../node-fixture.ts'

const NOTHING = { done: 0, failed: 0, taken_back: 0 }

/** As much of a context as writing metrics needs. */
function contextOf(node: NodeFixture): CommandContext {
  const surroundings = node.surroundings({ clock: createDrivenClock(Date.UTC(2017, 3, 1)) })
  return { paths: node.paths, surroundings } as CommandContext
}

const metricsFile = (node: NodeFixture) => join(node.paths.stateRoot, 'pkgpanda/pkgpanda.prom')

function samples(node: NodeFixture): string[] {
  return readFileSync(metricsFile(node), 'utf8')
    .split('\n')
    .filter(line => line !== '' && !line.startsWith('#') && !line.includes('build_info'))
}

t.test('the file after a change', async t => {
  const node = makeNode(t, { packages: { 'a--1': { 'pkginfo.json': '{}', 'lib/x': 'x'.repeat(98) }, 'b--1': {} } })
  writeFileSync(join(node.paths.repository, 'b--1/pkginfo.json'), '{}')
  t.equal((await node.run('activate', 'a--1')).status, 0)
  const outcome = { command: 'activate', added: ['a--1'], removed: [], durationMs: 1_500 }
  rmSync(join(node.paths.stateRoot, 'pkgpanda/history.json'))
  await writeChangeMetrics(contextOf(node), outcome)
  t.strictSame(samples(node), [
    'dcos_pkgpanda_packages{state="active"} 1',
    'dcos_pkgpanda_packages{state="inactive"} 1',
    'dcos_pkgpanda_repository_bytes 102',
    'dcos_pkgpanda_activations_total{result="done"} 1',
    'dcos_pkgpanda_activations_total{result="failed"} 0',
    'dcos_pkgpanda_activations_total{result="taken_back"} 0',
    'dcos_pkgpanda_last_activation_timestamp_seconds 1491004800',
    'dcos_pkgpanda_last_activation_duration_seconds 1.5',
    'dcos_pkgpanda_last_activation_success 1',
  ])
  t.match(
    readFileSync(metricsFile(node), 'utf8'),
    /^# HELP dcos_pkgpanda_packages .*\n# TYPE dcos_pkgpanda_packages gauge$/m,
  )

  const error = faults.TRIAL_FAILED(['a.service failed'])
  await writeChangeMetrics(contextOf(node), { ...outcome, added: [], error })
  await writeChangeMetrics(contextOf(node), { ...outcome, added: [], error: faults.NOT_ACTIVE('x') })
  // Only the repository changed: the last activation stays what it was.
  await writeChangeMetrics(contextOf(node), { ...outcome, command: 'fetch', added: [] })
  t.match(samples(node), [
    /active/,
    /inactive/,
    /bytes/,
    'dcos_pkgpanda_activations_total{result="done"} 1',
    'dcos_pkgpanda_activations_total{result="failed"} 1',
    'dcos_pkgpanda_activations_total{result="taken_back"} 1',
    /timestamp/,
    /duration/,
    'dcos_pkgpanda_last_activation_success 0',
  ])
  t.match(readHistory(node.paths).lastActivation, { result: 'failed', code: 'PKGPANDA_NOT_ACTIVE' })
})

t.test('sizes are measured once a package, and forgotten with it', async t => {
  const node = makeNode(t, { packages: { 'a--1': { 'lib/x': 'xx' }, 'b--1': { 'lib/x': 'xxx' } } })
  const outcome = { command: 'fetch', added: [], removed: [], durationMs: 1 }
  await writeChangeMetrics(contextOf(node), outcome)
  t.strictSame(readHistory(node.paths).packageBytes, { 'a--1': 2, 'b--1': 3 })
  writeFileSync(join(node.paths.repository, 'a--1/lib/x'), 'xxxxx')
  rmSync(join(node.paths.repository, 'b--1'), { recursive: true })
  await writeChangeMetrics(contextOf(node), outcome)
  t.strictSame(readHistory(node.paths).packageBytes, { 'a--1': 2 })
})

t.test('a damaged memory is taken for what is whole in it', async t => {
  const last = { command: 'swap', result: 'done', endedMs: 5, durationMs: 1 }
  for (const [what, json, wanted] of [
    ['null', null, {}],
    ['a list', [1], {}],
    ['a string', 'x', {}],
    [
      'counts that are none',
      { activations: { done: 'x', failed: -1, taken_back: 2, more: 3 } },
      { activations: { ...NOTHING, taken_back: 2 } },
    ],
    ['counts as text', { activations: 'abc' }, {}],
    ['a last activation that is whole', { lastActivation: last }, { lastActivation: last }],
    ['with a result that nobody knows', { lastActivation: { ...last, result: 'odd' } }, {}],
    ['at a time that cannot be said', { lastActivation: { ...last, endedMs: 1e300 } }, {}],
    ['at no time', { lastActivation: { ...last, endedMs: 'now' } }, {}],
    ['a code that is a number', { lastActivation: { ...last, code: 5 } }, { lastActivation: last }],
    ['sizes', { packageBytes: { 'a--1': 5, 'b--1': 'x', 'c--1': -1 } }, { packageBytes: { 'a--1': 5 } }],
  ] as const) {
    t.strictSame(decodeHistory(json), { activations: NOTHING, packageBytes: {}, ...wanted }, what)
  }
  const node = makeNode(t)
  mkdirSync(join(node.paths.stateRoot, 'pkgpanda'), { recursive: true })
  for (const text of ['', '{"activations":', '{"activations":"x","lastActivation":7}']) {
    writeFileSync(join(node.paths.stateRoot, 'pkgpanda/history.json'), text)
    const { status, err } = await node.run('activate', 'mesos--0.22.0')
    t.strictSame({ status, err }, { status: 0, err: '' }, text)
    t.strictSame(readHistory(node.paths).activations, { ...NOTHING, done: 1 }, 'counts from the beginning')
    t.equal((await node.run('status')).status, 0)
  }
})

t.test('the history with one more; the one before is not touched', async t => {
  const before = decodeHistory({ activations: { done: 3 } })
  const after = addActivation(before, { command: 'swap', result: 'taken_back', endedMs: 1, durationMs: 1 })
  t.strictSame(after.activations, { done: 3, failed: 0, taken_back: 1 })
  t.strictSame(before.activations, { ...NOTHING, done: 3 })
})

t.test('figures that cannot be written do not fail the change: a warning says so', async t => {
  const node = makeNode(t)
  mkdirSync(node.paths.stateRoot)
  // A file where the directory should be, which also stops root.
  writeFileSync(join(node.paths.stateRoot, 'pkgpanda'), '')
  chmodSync(join(node.paths.stateRoot, 'pkgpanda'), 0o600)
  const { status, out, err } = await node.run('activate', 'mesos--0.22.0')
  t.match({ status, out }, { status: 0, out: '' })
  t.match(err, /^WARNING: the metrics of this change were not written: E\w+.*\n$/)
  t.equal((await node.run('active')).out, 'mesos--0.22.0\n')
  t.equal((await node.run('activate', '--silent', 'mesos--0.22.0')).err, '')
  const json = await node.run('swap', '--json', 'mesos--0.23.0')
  t.equal(JSON.parse(json.out).packages.changed.length, 1, 'the document is whole')
})
