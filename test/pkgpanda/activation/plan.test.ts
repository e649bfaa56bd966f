/** What an activation would change: the plan as a value, and --dry-run, which changes nothing. */
import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { formatPlan, type PlanInput, planActivation } from '../../../pkgpanda/activation/activation-plan.ts'
import { HASHED, makeNode, PACKAGES, snapshot, UNIT, writeTree } from '../node-fixture.ts'

const NOTHING: PlanInput = {
  ...{ oldIds: [], ids: [], oldUnits: [], stop: [], install: [], remove: [], rewritten: [], users: [] },
  ...{ oldEnvironment: '', environment: '', stateDirectories: [], links: 0, space: { bytes: 0, inodes: 0 } },
}

t.test('packages: added, removed, changed, unchanged', async t => {
  const { packages } = planActivation({ ...NOTHING, oldIds: ['a--1', 'b--1', 'c--1'], ids: ['d--1', 'b--1', 'a--2'] })
  t.strictSame(packages, {
    ...{ added: ['d--1'], removed: ['c--1'], unchanged: ['b--1'] },
    changed: [{ name: 'a', from: 'a--1', to: 'a--2' }],
  })
})

t.test('units: drop-ins are files that are rewritten, not units', async t => {
  const { units } = planActivation({
    ...NOTHING,
    ...{ oldUnits: ['x.service', 'y.service'], stop: ['y.service', 'x.service'] },
    ...{ install: ['x.service', 'x.service.d/50-dcos-hardening.conf', 'z.timer'], remove: ['y.service'] },
    rewritten: ['x.service'],
  })
  t.strictSame(units, {
    ...{ stop: ['x.service', 'y.service'], added: ['z.timer'], removed: ['y.service'], rewritten: ['x.service'] },
  })
})

t.test('environment: names, never values', async t => {
  const plan = planActivation({ ...NOTHING, oldEnvironment: 'A=1\nB=old-secret\n', environment: 'B=new-secret\nC=3\n' })
  t.strictSame(plan.environment, { added: ['C'], removed: ['A'], changed: ['B'] })
  t.notMatch(JSON.stringify(plan) + formatPlan(plan), /secret/)
})

t.test('the plan as text', async t => {
  const plan = planActivation({
    ...NOTHING,
    ...{ oldIds: ['a--1', 'b--1', 'c--1'], ids: ['a--2', 'b--1', 'd--1'], stop: ['a.service'], links: 3 },
    ...{ users: ['dcos_d'], space: { bytes: 4096, inodes: 20 } },
  })
  t.equal(
    formatPlan(plan),
    `+ d--1
- c--1
~ a--1 -> a--2
  1 packages stay as they are
  units stopped, and started again if they stay: a.service
  users created: dcos_d
  3 links, at most 4096 bytes and 20 inodes
`,
  )
})

for (const command of [
  ['activate', 'mesos--0.23.0', 'mesos-config--justmesos'],
  ['swap', 'mesos--0.23.0'],
]) {
  t.test(`${command.join(' ')} --dry-run changes nothing`, async t => {
    const node = makeNode(t)
    t.equal((await node.run('activate', 'mesos--0.22.0', HASHED)).status, 0)
    rmSync(node.paths.stateRoot, { recursive: true })
    const before = node.snapshot()
    const { status, out, err } = await node.run(...command, '--dry-run')
    t.match({ status, err }, { status: 0, err: '' })
    t.match(out, '~ mesos--0.22.0 -> mesos--0.23.0\n')
    t.match(out, /state directories: .*\/state\/mesos\n/)
    t.strictSame(node.snapshot(), before)
    t.notOk(existsSync(node.paths.stateRoot), 'no state directory was made, nothing recorded')

    const json = await node.run(...command, '--dry-run', '--json')
    t.strictSame(JSON.parse(json.out).packages.changed[0], {
      ...{ name: 'mesos', from: 'mesos--0.22.0', to: 'mesos--0.23.0' },
    })
  })
}

t.test('--dry-run of a set that breaks a rule, or whose files conflict: status 1, as the activation would', async t => {
  const node = makeNode(t, {
    packages: { ...PACKAGES, 'other--1': { 'pkginfo.json': '{}', 'bin/mesos': 'other' } },
  })
  t.match(await node.run('activate', HASHED, '--dry-run'), { status: 1, err: /^Validation Error: .*requires mesos/ })
  t.match(await node.run('activate', 'mesos--0.22.0', 'other--1', '--dry-run'), {
    status: 1,
    err: /Repeated file bin\/mesos/,
  })
  t.strictSame(snapshot(node.paths.root), {})
})

t.test('the plan of a new unit text: only that unit stops', async t => {
  const node = makeNode(t, {
    packages: {
      'one--1': { 'pkginfo.json': '{}', 'dcos.target.wants/one.service': UNIT },
      'two--1': { 'pkginfo.json': '{}', 'dcos.target.wants/two.service': UNIT },
    },
  })
  t.equal((await node.run('activate', 'one--1', 'two--1')).status, 0)
  writeTree(join(node.paths.repository, 'two--2'), {
    'pkginfo.json': '{}',
    'dcos.target.wants/two.service': `${UNIT}# more\n`,
    'dcos.target.wants/three.service': UNIT,
  })
  const { out } = await node.run('activate', 'one--1', 'two--2', '--dry-run', '--json')
  t.strictSame(JSON.parse(out).units, {
    ...{ stop: ['two.service'], added: ['three.service'], removed: [], rewritten: ['two.service'] },
  })
})
