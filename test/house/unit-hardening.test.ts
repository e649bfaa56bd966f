/** `systemd-analyze verify` has nothing to say about our units, `security` no more than the target of each (units 9.2, 9.3). */
import t from 'tap'
import { projectFiles, readProjectFile } from './project-files.ts'
import { createScratchRoot, systemdVersion } from './scratch-root.ts'
import { parseUnit, programsOf } from './unit-rule.ts'

/** `security --offline` and `verify --root` came with it. */
const SYSTEMD_MIN = 250

/** Exposure at most, by systemd 252; for what stands in no row. */
const TARGET = 2.0
const TARGETS: Readonly<Record<string, number>> = {
  'dcos-log-agent.service': 1.5,
  'dcos-log-master.service': 1.5,
  'dcos-logrotate-agent.service': 1.7,
  'dcos-logrotate-master.service': 1.7,
  'dcos-metrics-agent.service': 1.7,
  'dcos-metrics-master.service': 1.7,
  'dcos-gen-resolvconf.service': 2.0,
  // root, which makes users and writes /etc and /opt/mesosphere
  'dcos-pkgpanda-api.service': 2.4,
  'dcos-pkgpanda-gc.service': 2.0,
}

const version = systemdVersion()
const skip =
  version === undefined
    ? 'systemd-analyze is not here'
    : version < SYSTEMD_MIN && `systemd ${version} cannot analyze units of another root; ${SYSTEMD_MIN} can`

t.test('units and their drop-ins, as this systemd reads them', { skip }, async t => {
  const names = projectFiles('units/*').map(path => path.slice('units/'.length))
  const programs = names.flatMap(name => programsOf(parseUnit(name, readProjectFile(`units/${name}`))))
  using root = createScratchRoot([...new Set(programs)])

  t.equal(root.verify(names), '', 'verify is silent')
  const services = names.filter(name => name.endsWith('.service'))
  t.ok(services.length >= 5)
  for (const name of services) {
    const [found, target] = [root.exposure(name), TARGETS[name] ?? TARGET]
    t.ok(found <= target, `${name}: exposure ${found}, at most ${target}`)
  }
  t.strictSame(
    Object.keys(TARGETS).filter(name => !services.includes(name)),
    [],
    'no target for a unit that is gone',
  )

  // That silence means something:
  root.addUnit('dcos-bare.service', '[Service]\nExecStart=/opt/mesosphere/bin/dcos-log\n')
  t.ok(root.exposure('dcos-bare.service') > 9, 'a service without hardening is far above')
  root.addUnit('dcos-bare.service', '[Service]\nExecStart=/opt/mesosphere/bin/absent\n')
  t.match(root.verify(['dcos-bare.service']), /absent/, 'a program that is not there is told')
  root.addUnit('dcos-bare.service.d/50-dcos-hardening.conf', '[Service]\nProtectEverything=yes\n')
  t.match(
    root.verify(['dcos-bare.service']),
    /Unknown.*ProtectEverything/,
    'and so is a directive that no systemd knows',
  )
})
