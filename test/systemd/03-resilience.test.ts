/** kill -9, a stuck event loop, a reboot: systemd and the daemons' own counters tell what happened, and service comes back. */
import t from 'tap'
import { noBed, testBed } from '../support/testbed/test-bed.ts'
import { within } from '../support/within.ts'

const NODE = 'a1'
const UNIT = 'dcos-metrics-agent.service'
const SCRAPE = ['curl', '-sf', 'http://127.0.0.1:61091/metrics']

t.test('resilience', { skip: noBed() }, async t => {
  const { bed, run, sh, show, until, reboot } = await testBed(t)
  const startTime = async () => {
    const text = await bed.run(NODE, SCRAPE)
    return /^process_start_time_seconds\{dcos_component_name="dcos-metrics"\} (\S+)$/m.exec(text.stdout)?.[1]
  }

  await t.test('kill -9: restarted, counted, a new start time', async t => {
    const before = { started: await startTime(), ...(await show(NODE, UNIT, 'NRestarts', 'MainPID')) } as Record<
      string,
      string
    >
    await run(NODE, 'kill', '-9', before.MainPID!)
    const started = await until('it answers again', async () => {
      const now = await startTime()
      return now !== undefined && now !== before.started && now
    })
    t.ok(Number(started) > Number(before.started))
    const { NRestarts, ActiveState } = await show(NODE, UNIT, 'NRestarts', 'ActiveState')
    t.equal(Number(NRestarts), Number(before.NRestarts) + 1)
    t.equal(ActiveState, 'active')
  })

  await t.test('a stopped process: the watchdog ends it and systemd starts another', async t => {
    const directory = `/run/systemd/system/${UNIT}.d`
    // The unit's own 30 s would only make this test longer.
    await sh(
      NODE,
      `mkdir -p ${directory}; printf '[Service]\\nWatchdogSec=3\\n' >${directory}/90-test.conf; systemctl daemon-reload; systemctl restart ${UNIT}`,
    )
    const { MainPID, NRestarts, WatchdogUSec } = await show(NODE, UNIT, 'MainPID', 'NRestarts', 'WatchdogUSec')
    t.equal(WatchdogUSec, '3s')
    await run(NODE, 'kill', '-STOP', MainPID!)
    const after = await until('another process runs', async () => {
      const now = await show(NODE, UNIT, 'MainPID', 'NRestarts', 'ActiveState')
      return now.ActiveState === 'active' && now.MainPID !== MainPID && now
    })
    t.ok(Number(after.NRestarts) > Number(NRestarts), 'counted as a restart')
    t.match(await run(NODE, 'journalctl', '-u', UNIT, '-o', 'cat'), /Watchdog timeout/)
    await sh(NODE, `rm -r ${directory}; systemctl daemon-reload; systemctl restart ${UNIT}`)
  })

  await t.test('a reboot: everything comes back by itself', async t => {
    const before = await run(NODE, '/opt/mesosphere/bin/pkgpanda', 'active')
    // A node that goes down stops its processes before it ends them; whoever ran a command in it must hear of the end.
    const cutShort = bed.run(NODE, ['sleep', 'infinity'])
    await reboot(NODE)
    t.not((await within('the end of a command that the reboot cut short', cutShort)).status, 0)
    t.equal(await run(NODE, '/opt/mesosphere/bin/pkgpanda', 'active'), before)
    t.ok(await startTime(), 'metrics are served')
    t.equal(await run(NODE, 'systemctl', '--failed', '--no-legend', '--plain'), '')
  })

  await t.test('a power cut in the middle of a swap, bin/ and active away: the next boot finishes it', async t => {
    const before = await run(NODE, '/opt/mesosphere/bin/pkgpanda', 'active')
    const journal = {
      ...{ stage: 'archive', extension: '.new', version: 2, nonce: 'x' },
      ...{ target: before.split('\n'), stop: [UNIT], install: [], remove: [] },
    }
    // The same set once more as the staged one, of which the first names have been exchanged half.
    await sh(
      NODE,
      `set -e; cd /opt/mesosphere; wants=/etc/systemd/system/dcos.target.wants; rm -rf *.old $wants.old
      for name in bin etc include lib $wants environment environment.export active active.buildinfo.full.json; do cp -a $name $name.new; done
      echo '${JSON.stringify(journal)}' >install_progress
      for name in bin environment active; do mv $name $name.old; done`,
    )
    await reboot(NODE)
    t.match(await run(NODE, 'journalctl', '-b', '-u', 'dcos-setup', '-o', 'cat'), /has been finished/)
    t.equal(await run(NODE, '/opt/mesosphere/bin/pkgpanda', 'active'), before)
    t.equal(await sh(NODE, 'ls -d /opt/mesosphere/*.new /opt/mesosphere/install_* 2>/dev/null || :'), '')
    t.ok(await startTime(), 'metrics are served')
  })
})
