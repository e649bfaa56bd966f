/** The logs of Mesos on booted nodes: rotated in the sandbox of the unit, with the host's logrotate and without one. */
import t from 'tap'
import { noBed, testBed } from '../support/testbed/test-bed.ts'

const NODES = [
  { node: 'm1', role: 'master', log: '/var/lib/dcos/mesos/log/mesos-master.log' },
  { node: 'p1', role: 'agent', log: '/var/log/mesos/mesos-agent.log' },
] as const

/** Debian's ZooKeeper, for which the image of the nodes is made, brings it. */
const LOGROTATE = '/usr/sbin/logrotate'
const SIZE_BYTES = 257 * 1024 ** 2

t.test('logs of Mesos', { skip: noBed() }, async t => {
  const { run, sh, show } = await testBed(t)

  for (const { node, role, log } of NODES) {
    const [service, timer] = [`dcos-logrotate-${role}.service`, `dcos-logrotate-${role}.timer`]
    const archive = `${log.slice(0, log.lastIndexOf('/'))}/archive`
    const name = log.slice(log.lastIndexOf('/') + 1)
    const metrics = '/run/dcos/metrics/dcos-logrotate.prom'

    await t.test(`${role}: the timer waits, the service is done and sound`, async t => {
      t.match(await show(node, timer, 'ActiveState', 'SubState'), {
        ActiveState: 'active',
        SubState: /waiting|running/,
      })
      const { Result, Type, StatusText } = await show(node, service, 'Result', 'Type', 'StatusText')
      t.strictSame([Result, Type], ['success', 'oneshot'])
      t.match(StatusText, /is not due$/)
      t.match(await run(node, 'cat', `/opt/mesosphere/etc/logrotate_${role}.config`), /^ {4}rotate 137$/m)
      const text = await sh(node, `systemd-analyze security --no-pager ${service} | tail -n 1`)
      const score = Number(/ ([\d.]+) /.exec(text.replace(/^.*:/, ' '))?.[1])
      t.ok(score > 0 && score <= 2, `exposure ${score}`)
    })

    // Its run in the middle of a test would leave nothing to be seen.
    await run(node, 'systemctl', 'stop', timer)
    for (const by of [LOGROTATE, 'dcos-logrotate']) {
      await t.test(
        `${role}: 257 MiB are rotated by ${by}, what was before is compressed, owner and mode stay`,
        async t => {
          // Away for the second of the two.
          if (by !== LOGROTATE) await run(node, 'mv', LOGROTATE, `${LOGROTATE}.away`)
          await sh(node, `rm -f ${archive}/*; echo older >${archive}/${name}.1; echo first >${log}`)
          await sh(node, `truncate -s ${SIZE_BYTES} ${log}; chown nobody:nogroup ${log}; chmod 640 ${log}`)
          await run(node, 'systemctl', 'start', service)
          if (by !== LOGROTATE) await run(node, 'mv', `${LOGROTATE}.away`, LOGROTATE)
          t.equal(await run(node, 'stat', '-c', '%s %U %a', log), '0 nobody 640')
          const copy = await run(node, 'stat', '-c', '%s %U:%G %a', `${archive}/${name}.1`)
          t.equal(copy, `${SIZE_BYTES} nobody:nogroup 640`)
          t.equal(await sh(node, `head -n 1 ${archive}/${name}.1; zcat ${archive}/${name}.2.gz`), 'first\nolder')
          t.equal(await sh(node, `ls -A ${archive} | wc -l`), '2')
          const { StatusText = '' } = await show(node, service, 'StatusText')
          t.equal(StatusText, `${log} rotated by ${by}: ${SIZE_BYTES} bytes, 0 old files deleted`)
          t.match(await run(node, 'cat', metrics), /^dcos_logrotate_last_run_rotated_bytes 269484032$/m)
          const lines = await run(node, 'journalctl', '-u', service, '-o', 'cat')
          t.match(lines, new RegExp(`^${log} rotated by ${by} bytes=${SIZE_BYTES} deleted_files=0$`, 'm'))
          t.match(lines, new RegExp(`^logrotate: reading config file /run/dcos-logrotate/${role}\\.config$`, 'm'))
          const state = await run(node, 'cat', `/var/lib/dcos/mesos/logrotate_${role}.status`)
          t.match(state, new RegExp(`^"${log}" `, 'm'))
        },
      )
    }

    await t.test(`${role}: a link out of the directory fails the run, with a remedy, and is not followed`, async t => {
      await sh(node, `rm -r ${archive} ${log}; ln -s /var/lib/precious ${archive}; mkdir /var/lib/precious`)
      t.match(await sh(node, `systemctl start ${service} 2>&1 || :`), /failed/)
      const errors = await run(node, 'journalctl', '-u', service, '-o', 'cat', '-p', 'err', '-n', '5')
      t.match(errors, /LOGROTATE_DIRECTORY_INSECURE – .*archive' is a link or no directory.* – Make it a directory/)
      t.match(await run(node, 'cat', metrics), /^dcos_logrotate_last_run_success 0$/m)
      t.equal(await run(node, 'ls', '-A', '/var/lib/precious'), '')
      await sh(node, `rm ${archive}; rmdir /var/lib/precious`)
      await run(node, 'systemctl', 'start', service)
      t.equal((await show(node, service, 'Result')).Result, 'success')
      t.equal(await run(node, 'systemctl', '--failed', '--no-legend', '--plain'), '')
    })
    await run(node, 'systemctl', 'start', timer)
  }
})
