/** A new version of one package: built, fetched, activated; only its units restart. And back. */
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { noBed, testBed } from '../support/testbed/test-bed.ts'
import { BED_BUILD } from '../testbed/cluster.ts'
import { mustRun } from '../testbed/command.ts'
import { PROJECT, repositoryUrl } from '../testbed/settings.ts'

const NODE = 'a1'

t.test('upgrade of one package and back', { skip: noBed() }, async t => {
  const { bed, run, sh, show } = await testBed(t)
  const packages = await mkdtemp(join(tmpdir(), 'dcos-upgrade-'))
  t.teardown(() => rm(packages, { recursive: true, force: true }))

  const active = async () => (await run(NODE, '/opt/mesosphere/bin/pkgpanda', 'active')).split('\n')
  const invocations = async () => {
    const units = ['dcos-metrics-agent.service', 'dcos-log-agent.service', 'dcos-mesos-slave.service']
    // Asked once, so that it runs.
    await sh(NODE, "curl -s -o /dev/null --unix-socket /run/dcos/dcos-log.sock 'http://x/range/?limit=1'")
    const ids = await Promise.all(units.map(unit => show(NODE, unit, 'InvocationID', 'ActiveState')))
    for (const [i, { ActiveState }] of ids.entries()) t.equal(ActiveState, 'active', `${units[i]} runs`)
    const [metrics, log, mesos] = ids.map(({ InvocationID }) => InvocationID)
    return { metrics, log, mesos }
  }

  const before = await active()
  const oldId = before.find(id => id.startsWith('dcos-log--'))!
  const runningBefore = await invocations()

  // The same package with one more file is another version.
  const folder = join(packages, 'dcos-log')
  await cp(join(PROJECT, 'packages/dcos-log'), folder, { recursive: true })
  const script = join(folder, 'build')
  await writeFile(script, 'mkdir -p "$PKG_PATH/etc"; echo new >"$PKG_PATH/etc/dcos-log-upgrade-test"\n', { flag: 'a' })
  const build = [join(PROJECT, 'pkgpanda/build/main.ts'), '--output', BED_BUILD, '--package', `dcos-log=${folder}`]
  const printed = await mustRun('building the new version', process.execPath, [...build, '--only', 'dcos-log'], {
    cwd: PROJECT,
  })
  const newId = [...new Set(printed.match(/dcos-log--[0-9a-f]{40}/g))].find(id => id !== oldId)
  t.ok(newId, `a new id was built: ${printed.trim().split('\n').at(-1)}`)

  await t.test('fetch and activate: only the units of the changed package restart', async t => {
    await run(NODE, '/opt/mesosphere/bin/pkgpanda', 'fetch', `--repository-url=${repositoryUrl(bed.settings)}`, newId!)
    const wanted = before.map(id => (id === oldId ? newId! : id))
    await run(NODE, '/opt/mesosphere/bin/pkgpanda', 'activate', ...wanted)
    t.same(await active(), wanted.sort())
    t.equal(await run(NODE, 'cat', '/opt/mesosphere/etc/dcos-log-upgrade-test'), 'new')
    const running = await invocations()
    t.not(running.log, runningBefore.log, 'dcos-log restarted')
    t.equal(running.metrics, runningBefore.metrics, 'dcos-metrics did not')
    t.equal(running.mesos, runningBefore.mesos, 'nor did Mesos')
  })

  await t.test('swap back', async t => {
    await run(NODE, '/opt/mesosphere/bin/pkgpanda', 'swap', oldId)
    t.same(await active(), before)
    t.equal(await sh(NODE, 'ls /opt/mesosphere/etc/dcos-log-upgrade-test 2>/dev/null || echo gone'), 'gone')
    const running = await invocations()
    t.equal(running.metrics, runningBefore.metrics)
    t.equal(await run(NODE, 'systemctl', '--failed', '--no-legend', '--plain'), '')
  })

  await run(NODE, '/opt/mesosphere/bin/pkgpanda', 'remove', newId!)
})
