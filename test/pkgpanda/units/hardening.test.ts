/** Hardening drop-ins: what is kept of one for a systemd that knows less, what activation installs, what stays an operator's. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { activate } from '../../../pkgpanda/activation/activate.ts'
import { acceptedHardening, type HardeningCache, type UnitVerifier } from '../../../pkgpanda/units/hardening.ts'
import { hostUnitVerifier } from '../../../pkgpanda/units/unit-verifier.ts'
import { makeNode, recordedSystemctl, UNIT } from '../node-fixture.ts'

const DROP_IN = '# why\n[Service]\nProtectClock=yes\nProtectProc=invisible\nRestartSteps=5\n'

/** A systemd that refuses directives by name, with messages in the form of its age. */
function verifierOf(
  version: string,
  unknown: readonly string[],
  form: 'old' | 'new' = 'new',
): UnitVerifier & { runs: number } {
  return {
    version,
    runs: 0,
    verify(kind, text) {
      this.runs += 1
      return text.split('\n').flatMap((line, index) => {
        const name = line.split('=', 1)[0] ?? ''
        if (!unknown.includes(name)) return []
        const place = `/tmp/x/dcos-scratch${kind}:${index + 1}`
        return [
          form === 'old'
            ? `[${place}] Unknown lvalue '${name}' in section 'Service'`
            : `${place}: Unknown key name '${name}' in section 'Service', ignoring.`,
        ]
      })
    },
  }
}

t.test('lines that systemd does not know go, whatever the form of its messages', async t => {
  for (const form of ['old', 'new'] as const) {
    const verifier = verifierOf('systemd 239', ['ProtectClock', 'ProtectProc', 'RestartSteps'], form)
    t.equal(acceptedHardening('a.service', DROP_IN, verifier, {}), undefined, 'nothing left')
    t.equal(
      acceptedHardening('a.service', DROP_IN, verifierOf('systemd 247', ['RestartSteps'], form), {}),
      '# why\n[Service]\nProtectClock=yes\nProtectProc=invisible\n',
    )
  }
})

t.test('what was learnt is kept per version of systemd', async t => {
  const cache: HardeningCache = {}
  const verifier = verifierOf('systemd 247', ['RestartSteps'])
  acceptedHardening('a.service', DROP_IN, verifier, cache)
  const { runs } = verifier
  acceptedHardening('b.service', DROP_IN, verifier, cache)
  t.equal(verifier.runs, runs, 'not asked again')
  t.equal(acceptedHardening('a.service', DROP_IN, verifierOf('systemd 254', []), cache), DROP_IN)
})

t.test('a systemd-analyze that does not answer: the drop-in stays out this time, and nothing is learnt', async t => {
  const cache: HardeningCache = {}
  const silent: UnitVerifier = { version: 'systemd 247', verify: () => undefined }
  t.equal(acceptedHardening('a.service', DROP_IN, silent, cache), undefined)
  t.equal(acceptedHardening('a.service', DROP_IN, verifierOf('systemd 247', []), cache), DROP_IN, 'asked again')
})

t.test('a message without a line, a kind without a form, no systemd-analyze: the drop-in stays out', async t => {
  t.equal(
    acceptedHardening('a.service', DROP_IN, { version: 'x', verify: () => ['dcos-scratch.service: no idea'] }, {}),
    undefined,
  )
  t.equal(acceptedHardening('a.mount', DROP_IN, verifierOf('x', []), {}), undefined)
  t.equal(acceptedHardening('a.service', DROP_IN, { version: undefined, verify: () => [] }, {}), undefined)
})

const hasAnalyze = spawnSync('systemd-analyze', ['--version']).status === 0
t.test('the systemd of this machine', { skip: hasAnalyze ? false : 'systemd-analyze is not installed' }, async t => {
  const accepted = acceptedHardening(
    'a.service',
    '[Service]\nNoNewPrivileges=yes\nNoSuchThing=1\nProtectHome=maybe\n',
    hostUnitVerifier(),
    {},
  )
  t.equal(accepted, '[Service]\nNoNewPrivileges=yes\n')
  t.equal(
    acceptedHardening('a.socket', '[Socket]\nBacklog=7\nNoSuchThing=1\n', hostUnitVerifier(), {}),
    '[Socket]\nBacklog=7\n',
  )
})

t.test('activation installs drop-ins with their units, and leaves those of operators alone', async t => {
  const tree = {
    'pkginfo.json': '{}',
    'dcos.target.wants/dcos-a.service': UNIT,
    'hardening/dcos-a.service.d/50-dcos-hardening.conf': DROP_IN,
    'hardening/dcos-other.service.d/50-dcos-hardening.conf': DROP_IN,
  }
  const { 'hardening/dcos-a.service.d/50-dcos-hardening.conf': _gone, ...plain } = tree
  const node = makeNode(t, { packages: { 'a--1': tree, 'a--2': plain, 'b--1': { 'pkginfo.json': '{}' } } })
  const warnings: string[] = []
  const calls: string[] = []
  const surroundings = (verifier: UnitVerifier) =>
    node.surroundings({
      verifier: () => verifier,
      warn: line => warnings.push(line),
      systemctl: recordedSystemctl(calls),
    })
  const dropIns = join(node.paths.systemdDirectory, 'dcos-a.service.d')
  const ours = join(dropIns, '50-dcos-hardening.conf')

  await activate(surroundings(verifierOf('systemd 247', ['RestartSteps'])), ['a--1'])
  t.equal(readFileSync(ours, 'utf8'), '# why\n[Service]\nProtectClock=yes\nProtectProc=invisible\n')
  t.notOk(
    existsSync(join(node.paths.systemdDirectory, 'dcos-other.service.d')),
    'a drop-in without its unit is not installed',
  )
  t.ok(existsSync(join(node.paths.stateRoot, 'pkgpanda/hardening.json')))
  writeFileSync(join(dropIns, '90-operator.conf'), '[Service]\nNice=5\n')

  calls.length = 0
  await activate(surroundings(verifierOf('systemd 247', ['RestartSteps'])), ['a--1'])
  t.strictSame(calls, ['stop', 'reload', 'start'], 'the same drop-in restarts nothing')
  await activate(surroundings(verifierOf('systemd 254', [])), ['a--1'])
  t.equal(readFileSync(ours, 'utf8'), DROP_IN)
  t.match(calls, ['stop', 'reload', 'start', 'stop dcos-a.service'], 'a new one does')

  await activate(surroundings(verifierOf('systemd 254', [])), ['a--2'])
  t.notOk(existsSync(ours), 'it goes when its package no longer has it')
  await activate(surroundings({ version: undefined, verify: () => [] }), ['a--1'])
  t.match(warnings, [/systemd-analyze is not installed/])
  t.notOk(existsSync(ours))
  await activate(surroundings(verifierOf('systemd 254', [])), ['a--1'])
  await activate(surroundings(verifierOf('systemd 254', [])), ['b--1'])
  t.notOk(existsSync(ours), 'it goes with its unit')
  t.ok(existsSync(join(dropIns, '90-operator.conf')), "the operator's stays")
})

t.test("the original's link under a drop-in directory's name is replaced, not written through", async t => {
  const unit = {
    'pkginfo.json': '{}',
    'dcos.target.wants/dcos-a.service': UNIT,
    'dcos.target.wants/dcos-a.service.d/1.conf': 'new',
  }
  const node = makeNode(t, { packages: { 'a--1': unit } })
  const { symlinkSync } = await import('node:fs')
  const elsewhere = join(node.directory, 'elsewhere')
  mkdirSync(elsewhere)
  writeFileSync(join(elsewhere, '1.conf'), 'old')
  symlinkSync(elsewhere, join(node.paths.systemdDirectory, 'dcos-a.service.d'))
  await activate(node.surroundings(), ['a--1'])
  t.equal(readFileSync(join(elsewhere, '1.conf'), 'utf8'), 'old')
  t.equal(readFileSync(join(node.paths.systemdDirectory, 'dcos-a.service.d/1.conf'), 'utf8'), 'new')
})
