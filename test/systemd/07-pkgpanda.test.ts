/**
 * Changes of packages on a booted node: an upgrade that turns out bad and is taken back, a trial that a reboot ends, a power
 * cut in the middle of an activation, rollback, clean-up by its timer, and what of it all the journal and Prometheus are told.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { noBed, testBed } from '../support/testbed/test-bed.ts'
import { BED_BUILD } from '../testbed/cluster.ts'
import { mustRun } from '../testbed/command.ts'
import { PROJECT, repositoryUrl } from '../testbed/settings.ts'

const NODE = 'p1'
const PKGPANDA = '/opt/mesosphere/bin/pkgpanda'
const UNIT = 'dcos-trial-app.service'

/** What the unit of each version does. */
const VERSIONS = {
  good: '[Service]\nExecStart=/bin/sleep infinity\n',
  better: '[Service]\nExecStart=/bin/sleep infinity\nEnvironment=VERSION=better\n',
  bad: '[Service]\nExecStart=/bin/false\nRestart=always\nRestartSec=1\nStartLimitIntervalSec=0\n',
  /** Its stop takes long enough for a reboot to come in between: the swap is journalled by then. */
  slow: '[Service]\nExecStart=/bin/sleep infinity\nExecStop=/bin/sleep 20\nTimeoutStopSec=60\n',
}

t.test('changes of packages', { skip: noBed() }, async t => {
  const { bed, run, sh, show, until, reboot } = await testBed(t)
  const packages = await mkdtemp(join(tmpdir(), 'dcos-trial-'))
  t.teardown(() => rm(packages, { recursive: true, force: true }))

  const active = async () => (await run(NODE, PKGPANDA, 'active')).split('\n')
  const rootNames = async () => (await run(NODE, 'ls', '/opt/mesosphere')).split('\n')
  const build = async (version: keyof typeof VERSIONS) => {
    const folder = join(packages, version)
    await mkdir(join(folder, 'extra'), { recursive: true })
    await writeFile(join(folder, 'buildinfo.json'), '{}')
    await writeFile(join(folder, 'extra', UNIT), `[Unit]\nDescription=Trial: version ${version}\n${VERSIONS[version]}`)
    const script = `mkdir "$PKG_PATH/dcos.target.wants"; cp "$PKG_EXTRA/${UNIT}" "$PKG_PATH/dcos.target.wants/"\n`
    await writeFile(join(folder, 'build'), script)
    const args = ['--output', BED_BUILD, '--package', `trial-app=${folder}`, '--only', 'trial-app']
    const command = [join(PROJECT, 'pkgpanda/build/main.ts'), ...args]
    const printed = await mustRun(`building ${version}`, process.execPath, command, { cwd: PROJECT })
    const id = /trial-app--[0-9a-f]{40}/.exec(printed)?.[0]
    t.ok(id, `${version} was built`)
    return id!
  }
  const before = await active()
  const [good, better, bad, slow] = [
    await build('good'),
    await build('better'),
    await build('bad'),
    await build('slow'),
  ]
  await run(NODE, PKGPANDA, 'fetch', `--repository-url=${repositoryUrl(bed.settings)}`, good, better, bad, slow)

  await t.test('a set that is well within its time stays', async t => {
    await run(NODE, PKGPANDA, 'activate', '--check-timeout=60s', ...before, good)
    t.same(await active(), [...before, good].sort())
    t.equal((await show(NODE, UNIT, 'ActiveState')).ActiveState, 'active')
  })

  await t.test('an upgrade whose unit falls again and again is taken back, and the old version runs', async t => {
    const { status, stderr } = await bed.run(NODE, [PKGPANDA, 'swap', '--check-timeout=8s', bad])
    t.equal(status, 1)
    t.match(stderr, /old one is active again.*dcos-trial-app\.service.*PKGPANDA_TRIAL_FAILED/)
    t.same(await active(), [...before, good].sort())
    t.match(await show(NODE, UNIT, 'ActiveState', 'Description'), {
      ...{ ActiveState: 'active', Description: 'Trial: version good' },
    })
    t.equal(await run(NODE, 'systemctl', '--failed', '--no-legend', '--plain'), '')
  })

  await t.test('the journal says who changed what, and the figures are scraped', async t => {
    const entries = (await run(NODE, 'journalctl', '-t', 'pkgpanda', '-o', 'json'))
      .split('\n')
      .map(line => JSON.parse(line) as Record<string, string>)
    const [swap] = entries.filter(({ PKGPANDA_COMMAND }) => PKGPANDA_COMMAND === 'swap').slice(-1)
    t.match(swap, { PKGPANDA_RESULT: 'PKGPANDA_TRIAL_FAILED', PKGPANDA_WHO: 'root', PRIORITY: '4' })
    t.match(swap?.MESSAGE, new RegExp(`^swap ${bad} by root from .*: failed: `))
    const metrics = await until('the relayed figures', async () => {
      const text = await run(NODE, 'curl', '-sf', 'http://127.0.0.1:61091/metrics')
      return /^dcos_pkgpanda_activations_total\{.*result="taken_back".*\} 1$/m.test(text) && text
    })
    t.match(metrics, /^dcos_pkgpanda_last_activation_success\S* 0$/m)
    t.match(metrics, /^dcos_pkgpanda_packages\{.*state="active".*\} \d+$/m)
  })

  await t.test('rollback, and forth again', async t => {
    await run(NODE, PKGPANDA, 'swap', better)
    await run(NODE, PKGPANDA, 'rollback')
    t.ok((await active()).includes(good))
    await run(NODE, PKGPANDA, 'rollback')
    t.ok((await active()).includes(better))
    t.equal((await show(NODE, UNIT, 'Description')).Description, 'Trial: version better')
  })

  await t.test('a reboot during a trial: the node comes back with the old set', async t => {
    const trial = bed.run(NODE, [PKGPANDA, 'swap', '--check-timeout=30m', bad])
    // While the journal is there the exchange is still under way, and its end is what a reboot would interrupt.
    await until('the trial', async () => {
      const names = await rootNames()
      return names.includes('activation_trial') && !names.includes('install_progress') && (await active()).includes(bad)
    })
    await reboot(NODE)
    t.not((await trial).status, 0)
    t.match(await run(NODE, 'journalctl', '-b', '-u', 'dcos-setup', '-o', 'cat'), /has been taken back/)
    t.ok((await active()).includes(better))
    t.match(await show(NODE, UNIT, 'ActiveState', 'Description'), {
      ...{ ActiveState: 'active', Description: 'Trial: version better' },
    })
  })

  await t.test('a power cut in the middle of an activation: the new set, whole, its units running', async t => {
    // Not the first version: the clean-up at the boot before has removed it.
    await run(NODE, PKGPANDA, 'swap', slow)
    const swapping = bed.run(NODE, ['sh', '-c', `echo $$ > /run/swap.pid; exec ${PKGPANDA} swap ${better}`])
    await until('the journal of the swap', async () => (await rootNames()).includes('install_progress'))
    // As a power cut ends it. A node that goes down ends systemd first: the stop fails, and who sees that puts the old set back.
    await sh(NODE, 'kill -KILL "$(cat /run/swap.pid)"')
    await reboot(NODE, { force: true })
    t.not((await swapping).status, 0)
    t.strictSame(await active(), [...before, better].sort())
    t.equal((await show(NODE, UNIT, 'ActiveState')).ActiveState, 'active')
    t.equal(await sh(NODE, 'ls -d /opt/mesosphere/*.new /opt/mesosphere/install_* 2>/dev/null || :'), '')
    t.equal(await run(NODE, 'systemctl', '--failed', '--no-legend', '--plain'), '')
  })

  await t.test('the clean-up: its timer waits, its service removes what nothing needs', async t => {
    t.equal((await show(NODE, 'dcos-pkgpanda-gc.timer', 'ActiveState')).ActiveState, 'active')
    await run(NODE, PKGPANDA, 'activate', ...before)
    await run(NODE, PKGPANDA, 'activate', ...before, '--all')
    await run(NODE, 'systemctl', 'start', 'dcos-pkgpanda-gc.service')
    t.match(await show(NODE, 'dcos-pkgpanda-gc.service', 'Result', 'ConditionResult'), {
      ...{ Result: 'success', ConditionResult: 'yes' },
    })
    const left = (await run(NODE, PKGPANDA, 'list')).split('\n').filter(line => line.includes('trial-app'))
    t.equal(left.length, 1, 'the newest version, one of four')
    t.strictSame(await active(), before)
    t.match(await run(NODE, 'journalctl', '-u', 'dcos-pkgpanda-gc', '-o', 'cat'), /Removed: trial-app--/)
  })

  await run(NODE, PKGPANDA, 'gc', '--keep=0')
})
