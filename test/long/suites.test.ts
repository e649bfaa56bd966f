/** The whole suite on the oldest and the newest Debian that hosts may run: systemd 247 and 257 beside the usual 252. */
import t from 'tap'
import { noBed, testBed } from '../support/testbed/test-bed.ts'
import { readNode } from '../testbed/cluster-status.ts'
import { judgeUnit } from '../testbed/unit-state.ts'

const suites = [
  { suite: 'bullseye', systemd: /^systemd 247 / },
  { suite: 'trixie', systemd: /^systemd 257 / },
]

const VERIFY = 'cd /etc/systemd/system && systemd-analyze verify dcos-*.service dcos-*.socket dcos-*.timer dcos.target'
const COMPLAINTS =
  "journalctl -b -o cat _PID=1 | grep -E 'Unknown (key|lvalue|section)|Failed to parse|not supported|, ignoring' || true"
const DROP_INS = 'cat /etc/systemd/system/dcos-*.d/50-dcos-hardening.conf'

for (const { suite, systemd } of suites) {
  t.test(`a master and an agent of Debian ${suite}`, { skip: noBed() }, async t => {
    const { bed, nodes, run, sh } = await testBed(t, { name: suite, suite, nodes: ['m1:master', 'a1:agent'] })
    for (const node of nodes) {
      t.match(await run(node.name, 'systemctl', '--version'), systemd)
      const { state, units } = await readNode(bed, node)
      t.equal(state, 'running', `${node.name} has no failed unit`)
      t.ok(units.length > 0, `${node.name} has units`)
      t.same(
        units.filter(unit => judgeUnit(unit) !== 'well').map(({ name }) => name),
        [],
        `every unit of ${node.name} is well`,
      )
      const verified = await bed.run(node.name, ['sh', '-c', VERIFY])
      t.equal(verified.stdout + verified.stderr, '', `systemd-analyze of ${node.name} has nothing to say`)
      t.equal(verified.status, 0)
      t.equal(await sh(node.name, COMPLAINTS), '', `nor has systemd of ${node.name}`)
      const dropIns = await sh(node.name, DROP_INS)
      // Activation keeps what this systemd accepts; ProtectProc= came with 247, the oldest one here.
      t.match(dropIns, /^ProtectHostname=yes$/m)
      t.match(dropIns, /^ProtectProc=invisible$/m)
      const metrics = await bed.net(['curl', '-fsS', '--max-time', '5', `http://${node.address}:61091/metrics`])
      t.match(metrics.stdout, /^dcos_metrics_/m, `${node.name} can be scraped`)
    }
  })
}
