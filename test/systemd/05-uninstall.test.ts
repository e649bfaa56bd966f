/** Uninstalled and installed again on a booted node: in between nothing of the suite is left to systemd, afterwards all is back. */
import t from 'tap'
import { noBed, testBed } from '../support/testbed/test-bed.ts'
import { bringUpToDate, settle } from '../testbed/cluster.ts'

const NODE = 'p1'
const UNITS = ['systemctl', 'list-unit-files', '--no-legend', '--plain', 'dcos*']

t.test('uninstall and install again', { skip: noBed() }, async t => {
  const { bed, nodes, run, sh } = await testBed(t)
  // What a killed staging leaves.
  await sh(
    NODE,
    'cd /etc/systemd/system; mkdir x.service.d.unit.new; : >x.service.unit.new; : >x.service.d.unit.new/1.conf',
  )
  t.equal((await run(NODE, '/opt/mesosphere/bin/pkgpanda', 'uninstall')).split('\n').length, 5)
  // By a program whose own files are gone by then.
  t.match(await run(NODE, 'journalctl', '-t', 'pkgpanda', '-o', 'cat'), /^uninstall by root from .*: done in /m)

  t.equal(await sh(NODE, 'ls -d /opt/mesosphere /etc/systemd/system/*.unit.new 2>/dev/null || :'), '')
  t.same(
    (await run(NODE, ...UNITS)).split('\n').map(line => line.split(' ', 1)[0]),
    ['dcos-download.service', 'dcos-link-env.service', 'dcos-setup.service'],
    "only the installer's own units stay",
  )
  t.equal(await run(NODE, 'systemctl', 'list-units', '--no-legend', '--plain', '--state=active,failed', 'dcos-*'), '')

  const node = nodes.find(({ name }) => name === NODE)!
  t.equal(await bringUpToDate(bed, node), 'installed')
  await settle(bed, node)
})
