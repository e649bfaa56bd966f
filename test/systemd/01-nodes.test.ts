/** What a freshly installed cluster of three looks like to an operator. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { openUnits } from '../../src/shared/systemd/units.ts'
import { noBed, testBed } from '../support/testbed/test-bed.ts'
import { readNode } from '../testbed/cluster-status.ts'
import { judgeUnit } from '../testbed/unit-state.ts'

/** Every dcos-* unit of a role, the stand-in for Mesos among them; what the target wants is exactly this. */
const UNITS: Record<string, readonly string[]> = {
  master: [
    'dcos-gen-resolvconf.service',
    'dcos-gen-resolvconf.timer',
    'dcos-log-master.service',
    'dcos-log-master.socket',
    'dcos-logrotate-master.service',
    'dcos-logrotate-master.timer',
    'dcos-mesos-master.service',
    'dcos-metrics-master.service',
    'dcos-metrics-master.socket',
    'dcos-pkgpanda-api.service',
    'dcos-pkgpanda-api.socket',
    'dcos-pkgpanda-gc.service',
    'dcos-pkgpanda-gc.timer',
  ],
  agent: [
    'dcos-gen-resolvconf.service',
    'dcos-gen-resolvconf.timer',
    'dcos-log-agent.service',
    'dcos-log-agent.socket',
    'dcos-logrotate-agent.service',
    'dcos-logrotate-agent.timer',
    'dcos-mesos-slave.service',
    'dcos-metrics-agent.service',
    'dcos-metrics-agent.socket',
    'dcos-pkgpanda-api.service',
    'dcos-pkgpanda-api.socket',
    'dcos-pkgpanda-gc.service',
    'dcos-pkgpanda-gc.timer',
  ],
}
UNITS['public-agent'] = UNITS.agent!.map(name => name.replace('mesos-slave.', 'mesos-slave-public.')).sort()

t.test('an installed cluster', { skip: noBed() }, async t => {
  const { bed, nodes, run, sh, show, until } = await testBed(t)

  for (const node of nodes) {
    const flavour = node.role === 'master' ? 'master' : 'agent'

    await t.test(`${node.role}: systemd is content and every shipped unit is well`, async t => {
      const report = await readNode(bed, node)
      t.equal(report.state, 'running')
      t.equal(await run(node.name, 'systemctl', '--failed', '--no-legend', '--plain'), '', 'no failed unit')
      t.same(
        report.units.map(({ name }) => name),
        UNITS[node.role],
      )
      for (const unit of report.units) t.equal(judgeUnit(unit), 'well', `${unit.name} is ${unit.active}/${unit.sub}`)
    })

    await t.test(`${node.role}: status tells a sentence, the journal has levels`, async t => {
      const unit = `dcos-metrics-${flavour}.service`
      const { StatusText = '', Type } = await show(node.name, unit, 'StatusText', 'Type')
      t.equal(Type, 'notify')
      t.match(StatusText, /\d+ datapoints, .*\/metrics on /, `STATUS is a sentence: ${StatusText}`)
      const lines = (await run(node.name, 'journalctl', '-u', unit, '-o', 'json', '-t', `metrics-${flavour}`)).split(
        '\n',
      )
      const entries = lines.map(line => JSON.parse(line) as { PRIORITY: string; MESSAGE: string })
      const ready = entries.find(({ MESSAGE }) => MESSAGE.startsWith('ready '))
      t.equal(ready?.PRIORITY, '6', 'the line that says ready is of level info')
      t.notOk(
        entries.some(({ MESSAGE }) => /^<\d>/.test(MESSAGE)),
        'no level prefix is left in a message',
      )
    })

    await t.test(`${node.role}: units are clean and hardened on the host's own systemd`, async t => {
      const verify = await sh(
        node.name,
        'cd /etc/systemd/system; systemd-analyze verify dcos-*.service dcos-*.socket dcos-*.timer 2>&1 || true',
      )
      t.equal(verify, '', 'systemd-analyze verify says nothing')
      const dropIns = await sh(node.name, 'ls -d /etc/systemd/system/dcos-*.service.d/50-dcos-hardening.conf | wc -l')
      t.equal(dropIns, '6', 'six services of ours have their drop-in')
      for (const unit of [`dcos-metrics-${flavour}`, `dcos-log-${flavour}`, 'dcos-gen-resolvconf']) {
        const text = await sh(node.name, `systemd-analyze security --no-pager ${unit}.service | tail -n 1`)
        const score = Number(/ ([\d.]+) /.exec(text.replace(/^.*:/, ' '))?.[1])
        t.ok(score > 0 && score <= 2, `${unit}: exposure ${score}`)
      }
    })

    await t.test(`${node.role}: sockets belong to root and the router's group`, async t => {
      const sockets = await sh(node.name, "find /run/dcos -maxdepth 1 -type s -printf '%u:%g %m %f\\n' | sort")
      t.same(sockets.split('\n'), [
        'root:dcos_adminrouter 660 dcos-log.sock',
        `root:dcos_adminrouter 660 dcos-metrics-${flavour}.sock`,
        'root:dcos_adminrouter 660 pkgpanda-api.sock',
      ])
    })

    await t.test(`${node.role}: metrics over the socket and for Prometheus`, async t => {
      const socket = `/run/dcos/dcos-metrics-${flavour}.sock`
      const ping = JSON.parse(await run(node.name, 'curl', '-sS', '--unix-socket', socket, 'http://x/v0/ping'))
      t.match(ping, { ok: true, timestamp: /^\d{4}-\d\d-\d\dT/ })
      const clusterId = await run(node.name, 'cat', '/var/lib/dcos/cluster-id')
      const message = JSON.parse(await run(node.name, 'curl', '-sS', '--unix-socket', socket, 'http://x/v0/node'))
      t.match(message.dimensions, { cluster_id: clusterId, hostname: node.address })
      const names = new Set(message.datapoints.map(({ name }: { name: string }) => name))
      for (const name of ['load.1min', 'memory.total', 'memory.free', 'process.count', 'network.in', 'system.uptime']) {
        t.ok(names.has(name), `datapoint ${name}`)
      }
      const { stdout } = await bed.net(['curl', '-sS', `http://${node.address}:61091/metrics`])
      t.match(stdout, /^# TYPE load_1min gauge$/m)
      t.match(stdout, new RegExp(`^memory_total\\{[^}]*hostname="${node.address}"[^}]*\\} \\d`, 'm'))
    })

    await t.test(`${node.role}: the journal over the socket`, async t => {
      const url = 'http://x/range/?skip_prev=2&limit=2'
      const get = (accept: string) =>
        run(node.name, 'curl', '-sS', '-H', `Accept: ${accept}`, '--unix-socket', '/run/dcos/dcos-log.sock', url)
      t.match(await get('text/plain'), /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d: /)
      const [first = '{}'] = (await get('application/json')).split('\n')
      t.match(JSON.parse(first), { fields: { _BOOT_ID: String }, cursor: /^s=/, realtime_timestamp: Number })
    })

    await t.test(`${node.role}: resolv.conf was generated`, async t => {
      const text = await run(node.name, 'cat', '/etc/resolv.conf')
      t.match(text, /^options timeout:1\noptions attempts:3$/m)
      t.match(text, /^nameserver 172\.31\.1\.1$/m, 'no forwarder yet, so the upstream of the configuration')
    })

    await t.test(`${node.role}: everything runs on the runtime of the package`, async t => {
      t.equal(await sh(node.name, 'command -v node || echo none'), 'none', 'the machine lends no node')
      const { MainPID } = await show(node.name, `dcos-metrics-${flavour}.service`, 'MainPID')
      t.match(
        await run(node.name, 'readlink', `/proc/${MainPID}/exe`),
        /^\/opt\/mesosphere\/packages\/nodejs--\w+\/bin\/node$/,
      )
    })

    await t.test(`${node.role}: unit states over D-Bus`, async t => {
      const leader = (await readFile(join(bed.settings.directory, 'nodes', node.name, 'leader'), 'utf8')).trim()
      await using units = await openUnits({ busAddress: `unix:path=/proc/${leader}/root/run/dbus/system_bus_socket` })
      const listed = await units.list(['dcos-*.socket', 'dcos-*.timer'])
      t.match(
        listed.find(({ name }) => name === `dcos-log-${flavour}.socket`),
        { load: 'loaded', active: 'active', description: /: / },
      )
      const properties = await units.properties(`dcos-metrics-${flavour}.service`, 'Service')
      t.equal(properties.Result, 'success')
      await t.rejects(units.properties('dcos-nonsense.service', 'Socket'), { code: /^SYSTEMD_/ })
    })
  }

  await t.test('all nodes agree on the cluster id', async t => {
    const ids = await Promise.all(nodes.map(({ name }) => run(name, 'cat', '/var/lib/dcos/cluster-id')))
    t.match(ids[0], /^[0-9a-f]{8}-[0-9a-f]{4}-/)
    t.equal(new Set(ids).size, 1)
  })

  await t.test('a daemon that nobody asks leaves its metrics and comes back when asked', async t => {
    // Stopping stands for the minute without questions: the file is written at exit either way.
    await run('a1', 'systemctl', 'stop', 'dcos-log-agent.service')
    t.match(await run('a1', 'cat', '/run/dcos/metrics/dcos-log.prom'), /^dcos_log_http_requests_total\{/m)
    const relayed = await until('the file is relayed', async () => {
      const { stdout } = await bed.net(['curl', '-sS', `http://${nodes[1]!.address}:61091/metrics`])
      return /^dcos_log_build_info\{/m.test(stdout)
    })
    t.ok(relayed)
    t.match(await run('a1', 'curl', '-sS', '--unix-socket', '/run/dcos/dcos-log.sock', 'http://x/range/?limit=1'), /: /)
    const { ActiveState } = await show('a1', 'dcos-log-agent.service', 'ActiveState')
    t.equal(ActiveState, 'active')
  })
})
