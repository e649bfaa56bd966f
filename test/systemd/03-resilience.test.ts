/** kill -9, a stuck event loop, a reboot: systemd and the daemons' own counters tell what happened, and service comes back. */
import t from 'tap'
import { noBed, testBed } from '../support/testbed/test-bed.ts'
import { settle } from '../testbed/cluster.ts'

const NODE = 'a1'
const UNIT = 'dcos-metrics-agent.service'
const SCRAPE = ['curl', '-sf', 'http://127.0.0.1:61091/metrics']

t.test('resilience', { skip: noBed() }, async t => {
  const { bed, nodes, run, sh, show, until } = await testBed(t)
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
    const bootId = () => run(NODE, 'cat', '/proc/sys/kernel/random/boot_id')
    const before = {
      boot: await sh(NODE, 'journalctl --list-boots | wc -l'),
      packages: await run(NODE, '/opt/mesosphere/bin/pkgpanda', 'active'),
    }
    t.match(await bootId(), /-/)
    await bed.run(NODE, ['systemctl', 'reboot'])
    await until('the next boot has begun', async () => {
      const { status, stdout } = await bed.run(NODE, ['sh', '-c', 'journalctl --list-boots | wc -l'])
      return status === 0 && Number(stdout) > Number(before.boot)
    })
    await settle(bed, nodes.find(({ name }) => name === NODE)!)
    t.equal(await run(NODE, '/opt/mesosphere/bin/pkgpanda', 'active'), before.packages)
    t.ok(await startTime(), 'metrics are served')
    t.equal(await run(NODE, 'systemctl', '--failed', '--no-legend', '--plain'), '')
  })
})
