/** The logs of Mesos on booted nodes: rotated in the sandbox of the unit, without a logrotate and with the host's. */
import { execFileSync } from 'node:child_process'
import { cp, readFile, realpath } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { noBed, testBed } from '../support/testbed/test-bed.ts'

const NODES = [
  { node: 'm1', role: 'master', log: '/var/lib/dcos/mesos/log/mesos-master.log' },
  { node: 'p1', role: 'agent', log: '/var/log/mesos/mesos-agent.log' },
] as const

const LOGROTATE = '/usr/sbin/logrotate'

t.test('logs of Mesos', { skip: noBed() }, async t => {
  const { bed, run, sh, show } = await testBed(t)
  const fileSystemOf = async (node: string) => {
    const leader = await readFile(join(bed.settings.directory, 'nodes', node, 'leader'), 'utf8')
    return `/proc/${leader.trim()}/root`
  }

  for (const { node, role, log } of NODES) {
    const [service, timer] = [`dcos-logrotate-${role}.service`, `dcos-logrotate-${role}.timer`]
    const archive = `${log.slice(0, log.lastIndexOf('/'))}/archive`
    const name = log.slice(log.lastIndexOf('/') + 1)

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
      t.equal(await sh(node, 'command -v logrotate || echo none'), 'none')
    })

    await t.test(`${role}: 257 MiB are rotated, the file before is compressed, owner and mode stay`, async t => {
      await sh(node, `echo first >${log}; truncate -s 257M ${log}; chown nobody:nogroup ${log}; chmod 640 ${log}`)
      await sh(node, `echo older >${archive}/${name}.1`)
      await run(node, 'systemctl', 'start', service)
      t.equal(await run(node, 'stat', '-c', '%s %U %a', log), '0 nobody 640')
      t.equal(
        await run(node, 'stat', '-c', '%s %U:%G %a', `${archive}/${name}.1`),
        `${257 * 1024 ** 2} nobody:nogroup 640`,
      )
      t.equal(
        await sh(node, `head -n 1 ${archive}/${name}.1; zcat ${archive}/${name}.2.gz; ls -A ${archive} | wc -l`),
        'first\nolder\n2',
      )
      const { StatusText = '' } = await show(node, service, 'StatusText')
      t.match(
        StatusText,
        new RegExp(`${name} rotated by dcos-logrotate: ${257 * 1024 ** 2} bytes, 0 old files deleted$`),
      )
      t.match(
        await run(node, 'cat', '/run/dcos/metrics/dcos-logrotate.prom'),
        /^dcos_logrotate_last_run_rotated_bytes 269484032$/m,
      )
    })

    await t.test(`${role}: a link out of the directory fails the run, with a remedy, and is not followed`, async t => {
      await sh(node, `rm -r ${archive} ${log}; echo precious >/var/lib/precious; ln -s /var/lib/precious ${log}`)
      t.match(await sh(node, `systemctl start ${service} 2>&1 || :`), /failed/)
      t.match(
        await run(node, 'journalctl', '-u', service, '-o', 'cat', '-p', 'err', '-n', '5'),
        /LOGROTATE_FILE_INSECURE – .* is a symbolic link/,
      )
      t.match(await run(node, 'cat', '/run/dcos/metrics/dcos-logrotate.prom'), /^dcos_logrotate_last_run_success 0$/m)
      t.equal(await run(node, 'cat', '/var/lib/precious'), 'precious')
      await sh(node, `rm ${log} /var/lib/precious`)
      await run(node, 'systemctl', 'start', service)
      t.equal((await show(node, service, 'Result')).Result, 'success')
    })

    await t.test(`${role}: where the host has logrotate, that rotates, inside the sandbox`, async t => {
      const root = await fileSystemOf(node)
      // This machine's own, since a node can install nothing; popt is all that it needs beside what every Debian has.
      const popt = execFileSync('ldd', [LOGROTATE], { encoding: 'utf8' }).match(/=> (\S+libpopt\S+)/)?.[1] ?? ''
      const copies = [LOGROTATE, popt]
      try {
        for (const file of copies) await cp(await realpath(file), `${root}${file}`)
        await run(node, LOGROTATE, '--version')
        await sh(
          node,
          `echo x >${log}; truncate -s 257M ${log}; chown nobody:nogroup ${log}; echo older >${archive}/${name}.1`,
        )
        await run(node, 'systemctl', 'start', service)
        t.equal(await run(node, 'stat', '-c', '%s %U', log), '0 nobody')
        t.equal(await run(node, 'stat', '-c', '%s %U', `${archive}/${name}.1`), `${257 * 1024 ** 2} nobody`)
        t.equal(await sh(node, `zcat ${archive}/${name}.2.gz`), 'older')
        const lines = await run(node, 'journalctl', '-u', service, '-o', 'cat', '-n', '40')
        t.match(lines, /^logrotate: reading config file \/run\/dcos-logrotate\//m)
        t.match(lines, /^\S+ rotated by \/usr\/sbin\/logrotate bytes=269484032/m)
        t.match(await run(node, 'cat', `/var/lib/dcos/mesos/logrotate_${role}.status`), new RegExp(`^"${log}" `, 'm'))
      } finally {
        await sh(node, `rm -rf ${copies.join(' ')} ${archive} ${log} /var/lib/dcos/mesos/logrotate_${role}.status`)
      }
      await run(node, 'systemctl', 'start', service)
      t.equal(await run(node, 'systemctl', '--failed', '--no-legend', '--plain'), '')
    })
  }
})
