/** Units: their text, the package that ships each, the roles that get it, the programs that it starts. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { projectFiles, ROOT, readProjectFile } from './project-files.ts'
import { type PackageInfo, readPackage, shippedFiles } from './shipped-files.ts'
import { parseUnit, programsOf, type Unit, unitTroubles, valuesOf } from './unit-rule.ts'

const HARDENING = '50-dcos-hardening.conf'

const SERVICE = `[Unit]
Description=DC/OS X: does x
StartLimitIntervalSec=0
[Service]
Type=notify
NotifyAccess=main
User=dcos_x
ExecStartPre=+/opt/mesosphere/bin/bootstrap dcos-x
ExecStart=/opt/mesosphere/bin/x -a \${A}
Restart=always
RestartSec=5
WatchdogSec=30
TimeoutStopSec=15
SyslogIdentifier=x
MemoryMax=64M
TasksMax=64
`
const SOCKET = `[Unit]
Description=DC/OS X Socket: where x listens
[Socket]
ListenStream=/run/dcos/x.sock
SocketUser=root
SocketGroup=dcos_adminrouter
SocketMode=0660
`
const TIMER = `[Unit]
Description=DC/OS X Timer: does x every minute
[Timer]
OnBootSec=5
OnUnitActiveSec=60
AccuracySec=1s
`

t.test('units that would be noticed', async t => {
  t.strictSame(unitTroubles(parseUnit('dcos-x.service', SERVICE)), [])
  t.strictSame(unitTroubles(parseUnit('dcos-x.socket', SOCKET)), [])
  t.strictSame(unitTroubles(parseUnit('dcos-x.timer', TIMER)), [])
  t.strictSame(programsOf(parseUnit('dcos-x.service', SERVICE)), ['bootstrap', 'x'])
  const cases: readonly [what: string, name: string, text: string, trouble: RegExp][] = [
    ['no colon', 'dcos-x.service', SERVICE.replace('X: does', 'X does'), /Description=/],
    ['two colons', 'dcos-x.service', SERVICE.replace('does x', 'does: x'), /Description=/],
    ['a hard dependency', 'dcos-x.service', SERVICE.replace('[Service]', 'Requires=a.service\n[Service]'), /Requires=/],
    ['a soft dependency', 'dcos-x.timer', TIMER.replace('[Timer]', 'Wants=a.service\n[Timer]'), /Wants=/],
    ['bound to another', 'dcos-x.service', SERVICE.replace('[Service]', 'BindsTo=a.service\n[Service]'), /BindsTo=/],
    ['to be enabled', 'dcos-x.socket', `${SOCKET}[Install]\nWantedBy=sockets.target\n`, /\[Install\]/],
    ['ready at once', 'dcos-x.service', SERVICE.replace('Type=notify', 'Type=simple'), /Type=simple/],
    ['no watchdog', 'dcos-x.service', SERVICE.replace('WatchdogSec=30\n', ''), /no WatchdogSec=/],
    ['everybody speaks', 'dcos-x.service', SERVICE.replace('Access=main', 'Access=all'), /NotifyAccess=all/],
    ['logic', 'dcos-x.service', SERVICE.replace('/opt/mesosphere/bin/x -a', "/bin/sh -c 'x'"), /no logic/],
    ['two programs', 'dcos-x.service', `${SERVICE}ExecStart=/bin/true\n`, /2 lines ExecStart=/],
    ['nobody', 'dcos-x.service', SERVICE.replace('dcos_x', 'nobody'), /User=nobody/],
    ['runs once for ever', 'dcos-x.service', SERVICE.replace('Type=notify', 'Type=oneshot'), /no TimeoutStartSec=/],
    ['no limit', 'dcos-x.service', SERVICE.replace('MemoryMax=64M\n', ''), /no MemoryMax=/],
    ['elsewhere', 'dcos-x.socket', SOCKET.replace('/run/dcos/', '/run/'), /listens on \/run\/x\.sock/],
    ['for everybody', 'dcos-x.socket', SOCKET.replace('0660', '0666'), /SocketMode=0666/],
    ['of somebody else', 'dcos-x.socket', SOCKET.replace('dcos_adminrouter', 'root'), /SocketGroup=root/],
    ['its own', 'dcos-x.socket', SOCKET.replace('User=root', 'User=dcos_x'), /SocketUser=dcos_x/],
    ['never', 'dcos-x.timer', TIMER.replace('OnBootSec=5', 'OnBootSec=0'), /OnBootSec=0/],
    ['late', 'dcos-x.timer', TIMER.replace('AccuracySec=1s\n', ''), /no AccuracySec=/],
  ]
  for (const [what, name, text, trouble] of cases) t.match(unitTroubles(parseUnit(name, text)), [trouble], what)
})

const units: readonly Unit[] = projectFiles('units/*').map(path =>
  parseUnit(path.slice('units/'.length), readProjectFile(path)),
)
const packages: readonly PackageInfo[] = projectFiles('packages/*/buildinfo.json').map(path =>
  readPackage(path.split('/')[1]!),
)
const shipped = new Map(packages.map(info => [info, shippedFiles(info)]))

t.test('the text of every unit', async t => {
  t.ok(units.length >= 10, `${units.length} units were found`)
  t.strictSame(units.flatMap(unitTroubles), [])
})

t.test('every unit is shipped by one package, to the roles in its name', async t => {
  for (const unit of units) {
    const places = [...shipped].flatMap(([{ name }, files]) =>
      files.filter(file => file.endsWith(`/${unit.name}`)).map(file => `${name}/${file.split('/')[0]}`),
    )
    const owners = new Set(places.map(place => place.split('/')[0]))
    t.equal(owners.size, 1, `${unit.name} is shipped by one package, not by ${[...owners].join(' and ') || 'none'}`)
    t.strictSame(places.map(place => place.split('/')[1]).sort(), wantsOf(unit.name), `${unit.name} goes to its roles`)
  }
  const known = new Set(units.map(({ name }) => name))
  const strange = [...shipped.values()]
    .flat()
    .filter(file => file.startsWith('dcos.target.wants') && !known.has(file.split('/')[1]!))
  t.strictSame(strange, [], 'nothing is shipped that is not in units/')
})

t.test('every service has a hardening drop-in, shipped beside it', async t => {
  const services = units.filter(({ name }) => name.endsWith('.service')).map(({ name }) => name)
  const dropIns = projectFiles('units/*.d/*')
  t.strictSame(dropIns, services.map(name => `units/${name}.d/${HARDENING}`).sort())
  for (const name of services) {
    const owners = packages.filter(info => shipped.get(info)!.includes(`hardening/${name}.d/${HARDENING}`))
    t.strictSame(
      owners.map(({ name }) => name),
      [ownerOf(name)?.name],
      `${name} and its drop-in come together`,
    )
  }
})

t.test('every program that a unit starts exists, and its package is required', async t => {
  for (const unit of units) {
    const owner = ownerOf(unit.name)
    for (const program of programsOf(unit)) {
      const provider = packages.find(info => bundlesOf(info).has(program))
      t.ok(provider, `${unit.name}: some package has a bundle ${program}`)
      if (!provider || !owner) continue
      t.ok(existsSync(join(ROOT, bundlesOf(provider).get(program)!)), `${program} has its entry`)
      t.ok(shipped.get(provider)!.includes(`bin/${program}`), `${provider.name} ships bin/${program}`)
      const within = provider === owner || owner.requires.includes(provider.name)
      t.ok(within, `${owner.name} requires ${provider.name}, whose ${program} ${unit.name} runs`)
    }
  }
  const built = packages.flatMap(info => [...bundlesOf(info).keys()])
  t.equal(new Set(built).size, built.length, 'no program comes twice')
})

t.test('every user and group that a unit names is brought by a package', async t => {
  for (const unit of units) {
    const owner = ownerOf(unit.name)!
    const [user] = valuesOf(unit, 'Service', 'User')
    if (user !== undefined) t.equal(user, owner.username, `${unit.name} runs as the user of ${owner.name}`)
    if (readProjectFile(`units/${unit.name}`).includes('dcos_adminrouter')) {
      t.ok(owner.requires.includes('adminrouter'), `${owner.name} requires adminrouter, whose group ${unit.name} names`)
    }
  }
})

t.test('sockets and timers start a service, and the service knows its sockets', async t => {
  const names = new Set(units.map(({ name }) => name))
  for (const unit of units) {
    const [stem, kind] = [unit.name.replace(/\.\w+$/, ''), unit.name.replace(/^.*\./, '')]
    if (kind === 'service') {
      for (const socket of valuesOf(unit, 'Service', 'Sockets'))
        t.ok(names.has(socket), `${unit.name}: ${socket} is there`)
      continue
    }
    const service = valuesOf(unit, kind === 'socket' ? 'Socket' : 'Timer', kind === 'socket' ? 'Service' : 'Unit')[0]
    t.ok(names.has(service ?? `${stem}.service`), `${unit.name} starts a service of ours`)
  }
})

/** Wants directories by the name of the unit: `…-master`, `…-agent` (private and public), all others everywhere. */
function wantsOf(unit: string): string[] {
  if (/-master\.\w+$/.test(unit)) return ['dcos.target.wants_master']
  if (/-agent\.\w+$/.test(unit)) return ['dcos.target.wants_slave', 'dcos.target.wants_slave_public']
  return ['dcos.target.wants']
}

function ownerOf(unit: string): PackageInfo | undefined {
  return packages.find(info => shipped.get(info)!.some(file => file.endsWith(`/${unit}`)))
}

/** Program → entry. */
function bundlesOf({ sources }: PackageInfo): Map<string, string> {
  const bundles = Object.values(sources).filter(({ kind }) => kind === 'bundle')
  return new Map(bundles.map(({ program, entry }) => [program!, entry!]))
}
