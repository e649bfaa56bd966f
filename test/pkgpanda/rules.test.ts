/** The pure parts, as tables: ids, pkginfo, the rules of a set, the merge plan, generated files, options, changed units. */
import t from 'tap'
import { formatEnvironment, parseEnvironment, staysOnItsLine } from '../../pkgpanda/activation/environment-file.ts'
import { type MergeSource, planMerge } from '../../pkgpanda/activation/merge-plan.ts'
import { serviceConfiguration } from '../../pkgpanda/activation/sysctl.ts'
import { planUsers } from '../../pkgpanda/activation/users.ts'
import { type SetMember, validateSet } from '../../pkgpanda/activation/validate-set.ts'
import { formatJson } from '../../pkgpanda/disk/json-form.ts'
import { normalizeArguments } from '../../pkgpanda/options.ts'
import { formatPackageId, isPackageId, parsePackageId } from '../../pkgpanda/package/package-id.ts'
import { decodePkginfo, type PkginfoJson, parsePkginfo } from '../../pkgpanda/package/pkginfo.ts'
import { type ChangeInput, changedUnits } from '../../pkgpanda/units/changed-units.ts'
import { createSystemctl, stopOrder } from '../../pkgpanda/units/systemctl.ts'
import { planUnits } from '../../pkgpanda/units/unit-links.ts'
import { noUsers } from './node-fixture.ts'

const member = (id: string, json: PkginfoJson = {}): SetMember => ({ id, pkginfo: decodePkginfo(json, id) })

t.test('pkgpanda 1.2, package ids', async t => {
  for (const id of ['mesos--0.22.0', 'a--1', 'dcos-config--setup_0a1b', '@x+y.z--1:2@+_', 'a-b-c--d', '_a--_']) {
    t.equal(parsePackageId(id).id, id)
    t.ok(isPackageId(id))
  }
  t.strictSame(parsePackageId('mesos-dns--v1.2'), { name: 'mesos-dns', version: 'v1.2', id: 'mesos-dns--v1.2' })
  for (const id of [
    '',
    'mesos',
    'a--b--c',
    'a---b',
    'a--',
    '--b',
    '-a--b',
    '.a--b',
    'a--b-c',
    'a--b\n',
    'a/b--c',
    'a--b/c',
    'ä--b',
    'package---version',
    '!@#*',
  ]) {
    t.throws(() => parsePackageId(id), { code: 'PKGPANDA_ID_MALFORMED' }, JSON.stringify(id))
    t.notOk(isPackageId(id))
  }
  t.equal(formatPackageId('a', '1'), 'a--1')
  t.throws(() => formatPackageId('a', '1-2'), { code: 'PKGPANDA_ID_MALFORMED' })
})

t.test('pkgpanda 1.4, pkginfo.json', async t => {
  t.strictSame(parsePkginfo('{"unknown":1}', 'x'), { requires: [], environment: {}, sysctl: {}, stateDirectory: false })
  t.strictSame(
    decodePkginfo(
      {
        requires: ['a', { name: 'b', variant: 'c' }],
        state_directory: true,
        username: 'dcos_x',
        group: 'docker',
        variant: null,
        sysctl: { s: { k: 1 } },
      },
      'x',
    ),
    {
      requires: ['a', 'b'],
      environment: {},
      sysctl: { s: { k: 1 } },
      stateDirectory: true,
      username: 'dcos_x',
      group: 'docker',
    },
  )
  for (const text of [
    '',
    '[]',
    '"x"',
    'null',
    '{"requires":"a"}',
    '{"requires":[1]}',
    '{"requires":[{}]}',
    '{"environment":{"A":1}}',
    '{"environment":[]}',
    '{"sysctl":{"s":{"k":true}}}',
    '{"sysctl":{"s":1}}',
    '{"state_directory":"yes"}',
    '{"username":1}',
  ]) {
    t.throws(() => parsePkginfo(text, 'x--1'), { code: 'PKGPANDA_PKGINFO_UNREADABLE', message: /x--1/ }, text)
  }
})

t.test('pkgpanda 1.6, rules of a set, in their order', async t => {
  const cases: { what: string; set: SetMember[]; fault?: string; says?: RegExp }[] = [
    { what: 'nothing', set: [] },
    {
      what: 'a requirement that is met, and of itself',
      set: [member('a--1', { requires: ['b', 'a'] }), member('b--1')],
    },
    {
      what: 'a name twice',
      set: [member('a--1'), member('a--2', { group: 'g' })],
      fault: 'NAME_REPEATED',
      says: /Repeated name a .*a--1, a--2/,
    },
    {
      what: 'group without username',
      set: [member('a--1', { group: 'g', requires: ['z'] })],
      fault: 'GROUP_WITHOUT_USERNAME',
    },
    {
      what: 'requirement missing',
      set: [member('a--1', { requires: ['b'], environment: { PATH: 'x' } })],
      fault: 'REQUIREMENT_MISSING',
      says: /a--1 requires b/,
    },
    {
      what: 'requirement with a version',
      set: [member('a--1', { requires: ['b--1'] }), member('b--1')],
      fault: 'REQUIREMENT_EXACT',
    },
    { what: 'PATH', set: [member('a--1', { environment: { PATH: '/x' } })], fault: 'ENVIRONMENT_RESERVED' },
    {
      what: 'LD_LIBRARY_PATH',
      set: [member('a--1', { environment: { LD_LIBRARY_PATH: '/x' } })],
      fault: 'ENVIRONMENT_RESERVED',
    },
    {
      what: 'a variable twice, values alike',
      set: [member('a--1', { environment: { X: '1' } }), member('b--1', { environment: { X: '1' } })],
      fault: 'ENVIRONMENT_REPEATED',
      says: /a--1 and in b--1/,
    },
    {
      what: 'a value with a newline',
      set: [member('a--1', { environment: { X: 'a\nPATH=/evil' } })],
      fault: 'ENVIRONMENT_MALFORMED',
    },
    {
      what: 'a name that is none',
      set: [member('a--1', { environment: { 'X Y': '1' } })],
      fault: 'ENVIRONMENT_MALFORMED',
    },
    {
      what: 'sysctl with two values',
      set: [member('a--1', { sysctl: { s: { k: 1 } } }), member('b--1', { sysctl: { r: { k: 2 } } })],
      fault: 'SYSCTL_CONFLICT',
      says: /k: 1 by a--1 for s, 2 by b--1 for r/,
    },
    { what: 'sysctl 1 and "1"', set: [member('a--1', { sysctl: { s: { k: 1 }, r: { k: '1' } } })] },
    ...['dcos_mesos', 'dcos_a', 'dcos__', 'dcos_a_b_c', 'dcos_3dt', 'dcos_a1', 'dcos_1'].map(username => ({
      what: `user ${username}`,
      set: [member('a--1', { username })],
    })),
    ...[
      'dcos',
      'd',
      'd_a',
      'foobar_asdf',
      'dcos_***',
      'dc/os_foobar',
      'dcos_foo:bar',
      '3dcos_foobar',
      'dcos3_foobar',
      'dcos_a\n',
    ].map(username => ({
      what: `user ${JSON.stringify(username)} (fact 53)`,
      set: [member('a--1', { username })],
      fault: 'USERNAME_MALFORMED',
    })),
    {
      what: 'a group that is none',
      set: [member('a--1', { username: 'dcos_a', group: '-g root' })],
      fault: 'GROUP_MALFORMED',
    },
  ]
  for (const { what, set, fault, says } of cases) {
    if (fault) t.throws(() => validateSet(set), { code: `PKGPANDA_${fault}`, ...(says && { message: says }) }, what)
    else t.doesNotThrow(() => validateSet(set), what)
  }
})

t.test('pkgpanda 1.5, the merge plan', async t => {
  /** `bin/ bin/x` → entries; a slash at the end marks a directory. */
  const source = (id: string, paths: string): MergeSource => ({
    id,
    entries: paths.split(' ').map(path => ({ path: path.replace(/\/$/, ''), directory: path.endsWith('/') })),
  })
  const plan = planMerge(
    [source('b--1', 'lib/ lib/d/ lib/d/b bin_master/m'), source('a--1', 'lib/d/ lib/d/a bin/x bin_slave/s check/c')],
    ['master'],
  )
  t.strictSame(plan.directories, ['bin', 'dcos.target.wants', 'etc', 'include', 'lib', 'lib/d'])
  t.strictSame(plan.links, [
    { path: 'bin/m', packageId: 'b--1', source: 'bin_master/m' },
    { path: 'bin/x', packageId: 'a--1', source: 'bin/x' },
    { path: 'lib/d/a', packageId: 'a--1', source: 'lib/d/a' },
    { path: 'lib/d/b', packageId: 'b--1', source: 'lib/d/b' },
  ])
  for (const { what, left, right, says } of [
    { what: 'file over file', left: 'bin/x', right: 'bin/x', says: /bin\/x: a--1 \(bin\) and b--1 \(bin\)/ },
    { what: 'file over directory', left: 'lib/d/', right: 'lib/d', says: /lib\/d/ },
    { what: 'directory over file or link', left: 'lib/d', right: 'lib/d/', says: /lib\/d/ },
    { what: 'an empty directory over a file', left: 'etc/e', right: 'etc/e/', says: /etc\/e/ },
    {
      what: 'base and role',
      left: 'bin/x',
      right: 'bin_master/x',
      says: /\(bin\) and b--1 \(bin_master, role master\)/,
    },
    {
      what: 'two roles',
      left: 'bin_master/x',
      right: 'bin_other/x',
      says: /role master\) and b--1 \(bin_other, role other\)/,
    },
  ]) {
    t.throws(
      () => planMerge([source('a--1', left), source('b--1', right)], ['master', 'other']),
      { code: 'PKGPANDA_FILE_CONFLICT', message: says },
      what,
    )
  }
  t.throws(
    () => planMerge([source('a--1', 'bin/x bin_master/x')], ['master']),
    { code: 'PKGPANDA_FILE_CONFLICT' },
    'one package against itself',
  )

  const units = planMerge(
    [source('a--1', 'dcos.target.wants/a.service dcos.target.wants/a.service.d/ dcos.target.wants/a.service.d/x.conf')],
    [],
  )
  t.strictSame(
    planUnits(units).map(({ path }) => path),
    ['a.service', 'a.service.d/x.conf'],
  )
  for (const unit of ['dcos.target', 'dcos-download.service', 'dcos-setup.service']) {
    t.throws(
      () => planUnits(planMerge([source('a--1', `dcos.target.wants/${unit}`)], [])),
      { code: 'PKGPANDA_UNIT_RESERVED' },
      unit,
    )
  }
  for (const unit of [
    '*.service',
    '?.service',
    '[a-z].service',
    '-.mount',
    '--host=x.service',
    '.a.service',
    'a b.service',
  ]) {
    t.throws(
      () => planUnits(planMerge([source('a--1', `dcos.target.wants/${unit.replace(' ', '\u00a0')}`)], [])),
      { code: 'PKGPANDA_UNIT_MALFORMED' },
      unit,
    )
  }
  t.throws(
    () =>
      planUnits(planMerge([source('a--1', 'dcos.target.wants/a.service.d/b/ dcos.target.wants/a.service.d/b/c')], [])),
    { code: 'PKGPANDA_UNIT_MALFORMED' },
    'deeper than a drop-in',
  )
})

t.test('pkgpanda 1.7, generated files', async t => {
  const set = [member('b--1', { environment: { QUOTED: "it's $HOME", PLAIN: '/a:b' } }), member('a--1')]
  const { environment, environmentExport } = formatEnvironment(set, '/opt/mesosphere')
  t.equal(
    environment.split('\n').slice(1).join('\n'),
    "LD_LIBRARY_PATH=/opt/mesosphere/lib\nPATH=/opt/mesosphere/bin:/usr/bin:/bin:/sbin\n\n# package: a--1\n\n# package: b--1\nPLAIN=/a:b\nQUOTED=it's $HOME\n\n",
  )
  t.match(environmentExport, `export PATH="/opt/mesosphere/bin:$PATH"\n`)
  t.match(environmentExport, `export QUOTED='it'\\''s $HOME'\n`)
  for (const value of ['', 'a b', "it's", '"x y"', `'a' "b"`, 'a\\\\', '"a\\""', 'C:\\x', 'a"b', '$X %n #'])
    t.ok(staysOnItsLine(value), value)
  for (const value of ['a\nb', 'a\\', '\\', '"open', "'open", ' "open', '"a" "open', '"a\\"', `'a\\'`, 'a\\\\\\'])
    t.notOk(staysOnItsLine(value), value)
  t.strictSame([...parseEnvironment(environment).keys()], ['LD_LIBRARY_PATH', 'PATH', 'PLAIN', 'QUOTED'])

  t.equal(
    formatJson({ b: [1, { d: null }], a: {}, c: [] }),
    '{\n  "a":{},\n  "b":[\n    1,\n    {\n      "d":null\n    }\n  ],\n  "c":[]\n}\n',
  )

  const settings = { sysctl: { one: { k: 1 }, two: { l: 2 } } }
  t.strictSame(serviceConfiguration([{ ...member('a--1', settings), serviceFiles: ['one.service'] }]), {
    sysctl: { one: { k: 1 } },
  })
  t.strictSame(serviceConfiguration([{ ...member('a--1'), serviceFiles: [] }]), { sysctl: {} })
  t.throws(() => serviceConfiguration([{ ...member('a--1', settings), serviceFiles: [] }]), {
    code: 'PKGPANDA_SYSCTL_WITHOUT_SERVICE',
  })
})

t.test('pkgpanda 2.1, options anywhere, prefixes spelt out', async t => {
  for (const { given, wanted } of [
    { given: 'activate --no-block a--1 b--1', wanted: 'activate --no-block-systemd -- a--1 b--1' },
    { given: '--root /x list', wanted: 'list --root=/x --' },
    { given: '--no-s list', wanted: 'list --no-systemd --' },
    { given: 'fetch --repository-u=u a--1', wanted: 'fetch --repository-url=u -- a--1' },
    { given: 'swap --repository r a--1', wanted: 'swap --repository=r -- a--1' },
    { given: 'list --unknown=3', wanted: 'list --unknown=3 --' },
    { given: 'add -- --strange', wanted: 'add -- --strange' },
    { given: '--he', wanted: '--help' },
  ]) {
    t.equal(normalizeArguments(given.split(' ')).join(' '), wanted, given)
  }
  t.throws(() => normalizeArguments(['--roo', '/x']), { code: 'PKGPANDA_USAGE', message: /--root, --rooted-systemd/ })
  for (const given of ['list --r=x', 'list --no-', 'list --root', 'list --root=', 'list --root '])
    t.throws(() => normalizeArguments(given.split(' ')), { code: 'PKGPANDA_USAGE' }, given)
})

t.test('which units an activation stops', async t => {
  const unit = (name: string, packageId: string, text = 'same', installed: string | undefined = 'same') => ({
    path: name,
    packageId,
    text,
    installed,
  })
  const base: ChangeInput = {
    oldIds: ['a--1', 'b--1', 'nodejs--1', 'dcos-config--setup_1'],
    members: [
      member('a--1', { requires: ['nodejs'] }),
      member('b--1'),
      member('nodejs--1'),
      member('dcos-config--setup_1'),
    ],
    oldUnits: ['b.timer', 'a.service', 'a.socket'],
    texts: [unit('a.service', 'a--1'), unit('a.socket', 'a--1'), unit('b.timer', 'b--1')],
    removed: [],
    oldEnvironment: '# package: a--1\nX=1\n',
    environment: '# package: a--2\nX=1\n',
  }
  const all = ['a.service', 'a.socket', 'b.timer']
  const cases: { what: string; change: Partial<ChangeInput>; stopped: string[] }[] = [
    { what: 'nothing changed', change: {}, stopped: [] },
    {
      what: 'its package',
      change: { oldIds: ['a--0', 'b--1', 'nodejs--1', 'dcos-config--setup_1'] },
      stopped: ['a.service', 'a.socket'],
    },
    {
      what: 'a package that it requires',
      change: { oldIds: ['a--1', 'b--1', 'nodejs--0', 'dcos-config--setup_1'] },
      stopped: ['a.service', 'a.socket'],
    },
    {
      what: 'the configuration of the node',
      change: { oldIds: ['a--1', 'b--1', 'nodejs--1', 'dcos-config--setup_0'] },
      stopped: all,
    },
    { what: 'a variable', change: { environment: 'X=2\n' }, stopped: all },
    {
      what: 'its text',
      change: { texts: [unit('a.service', 'a--1', 'new'), unit('a.socket', 'a--1'), unit('b.timer', 'b--1')] },
      stopped: ['a.service'],
    },
    {
      what: 'its drop-in',
      change: {
        texts: [
          ...base.texts,
          { path: 'b.timer.d/50-dcos-hardening.conf', packageId: 'b--1', text: 'x', installed: undefined },
        ],
      },
      stopped: ['b.timer'],
    },
    { what: 'a drop-in that goes', change: { removed: ['b.timer.d/10-more.conf'] }, stopped: ['b.timer'] },
    {
      what: 'a unit that goes',
      change: { texts: [unit('a.service', 'a--1'), unit('a.socket', 'a--1')] },
      stopped: ['b.timer'],
    },
  ]
  for (const { what, change, stopped } of cases) t.strictSame(changedUnits({ ...base, ...change }), stopped, what)
})

t.test('systemctl: one stop call, passive units first, "not loaded" tolerated', async t => {
  t.strictSame(stopOrder(['a.service', 'a.socket', 'b.service', 'b.timer']), [
    'a.socket',
    'b.timer',
    'a.service',
    'b.service',
  ])
  const calls: string[] = []
  const answering = (status: number) => async (argv: readonly string[]) => {
    calls.push(argv.join(' '))
    return { status, stderr: 'said' }
  }
  const systemctl = createSystemctl({ run: answering(0), noBlock: true })
  await systemctl.stop([])
  await systemctl.stop(['a.service', 'a.socket'])
  await systemctl.reload()
  t.strictSame(calls.splice(0), ['stop -- a.socket a.service', 'daemon-reload'], 'uninstall reloads without a target')
  await systemctl.startTarget()
  t.strictSame(calls, ['enable dcos.target --no-reload', 'start dcos.target --no-block'])
  await t.resolves(createSystemctl({ run: answering(5) }).stop(['a.service']))
  await t.rejects(createSystemctl({ run: answering(1) }).stop(['a.service']), {
    code: 'PKGPANDA_SYSTEMCTL_FAILED',
    message: /ended with 1: said/,
  })
  await t.rejects(createSystemctl({ run: answering(5) }).startTarget(), { code: 'PKGPANDA_SYSTEMCTL_FAILED' })
})

t.test('pkgpanda 1.8, users', async t => {
  const host = {
    ...noUsers(),
    groupsOf: (user: string) => ({ dcos_there: ['dcos_there', 'docker'] })[user],
    hasGroup: (group: string) => group === 'docker' || group === 'root',
  }
  const users = (...set: PkginfoJson[]) => set.map((json, index) => member(`p${index}--1`, json))
  t.strictSame(planUsers(users({}, { username: 'dcos_there' }), host, true), [])
  t.strictSame(
    planUsers(
      users(
        { username: 'dcos_log', group: 'dcos_adminrouter' },
        { username: 'dcos_adminrouter' },
        { username: 'dcos_own', group: 'dcos_own' },
      ),
      host,
      false,
    ),
    [{ user: 'dcos_adminrouter' }, { user: 'dcos_own' }, { user: 'dcos_log', group: 'dcos_adminrouter' }],
    'who brings a group comes first',
  )
  t.strictSame(
    planUsers(users({ username: 'dcos_x', group: 'root' }), host, false),
    [{ user: 'dcos_x', group: 'root' }],
    'fact 54',
  )
  for (const { set, fault, manual = false } of [
    { set: users({ username: 'dcos_x' }), fault: 'USER_MISSING', manual: true },
    { set: users({ username: 'dcos_x', group: 'nogroup-at-all' }), fault: 'GROUP_MISSING' },
    { set: users({ username: 'dcos_there', group: 'nogroup-at-all' }), fault: 'GROUP_MISSING' },
    { set: users({ username: 'dcos_there', group: 'root' }), fault: 'USER_NOT_IN_GROUP' },
  ]) {
    t.throws(() => planUsers(set, host, manual), { code: `PKGPANDA_${fault}` }, fault)
  }
})
