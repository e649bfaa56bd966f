/** The command line as scripts of 1.9 see it: facts of pkgpanda 6, in process, on a node in a temporary directory. */
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { formatError } from '../../pkgpanda/cli.ts'
import { COMMANDS } from '../../pkgpanda/command-table.ts'
import { contains, isSystemDirectory } from '../../pkgpanda/disk/system-directories.ts'
import { faults } from '../../pkgpanda/errors.ts'
import { loadPackage } from '../../pkgpanda/repository/repository.ts'
import {
  HASHED,
  makeNode,
  type NodeFixture,
  names,
  PACKAGES,
  recordedSystemctl,
  runOn,
  snapshot,
} from './node-fixture.ts'

const NINE = [
  'active',
  'active.buildinfo.full.json',
  'bin',
  'dcos.target.wants',
  'environment',
  'environment.export',
  'etc',
  'include',
  'lib',
]
const LATE = `package:
- path: /etc/some.json
  content: '{"fixed":"value","foo":"LATE_BIND_PLACEHOLDER_START_foo_LATE_BIND_PLACEHOLDER_END","baz":"LATE_BIND_PLACEHOLDER_START_baz_LATE_BIND_PLACEHOLDER_END"}'
- path: /pkginfo.json
  content: '{}'
`

async function activated(t: Parameters<typeof makeNode>[0], ...ids: string[]): Promise<NodeFixture> {
  const node = makeNode(t)
  const set = ids.length > 0 ? ids : ['mesos--0.22.0', HASHED]
  const { status, err } = await node.run('activate', ...set)
  t.equal(status, 0, err)
  return node
}

/** A node before its first boot: marker, the bootstrap tarball's empty set, flags, a file:// store with the late package. */
function unbooted(t: Parameters<typeof makeNode>[0]): NodeFixture {
  const node = makeNode(t)
  const { root, configDirectory } = node.paths
  mkdirSync(join(root, 'active'))
  writeFileSync(join(root, 'bootstrap'), '')
  const flags = join(configDirectory, 'setup-flags')
  const store = join(node.directory, 'store')
  mkdirSync(flags)
  mkdirSync(join(store, 'packages/dcos-provider-abcdef-test'), { recursive: true })
  writeFileSync(join(store, 'packages/dcos-provider-abcdef-test/dcos-provider-abcdef-test--setup.dcos_config'), LATE)
  writeFileSync(join(flags, 'active.json'), JSON.stringify(['mesos--0.22.0', HASHED]))
  writeFileSync(join(flags, 'repository-url'), `file://${store}/\n`)
  writeFileSync(
    join(flags, 'late-config.yaml'),
    'late_bound_package_id: dcos-provider-abcdef-test--setup\nbound_values:\n  foo: bar\n  baz: qux\n',
  )
  return node
}

t.test('repository: list and load', async t => {
  const node = makeNode(t)
  mkdirSync(join(node.paths.repository, 'invalid-package'))
  mkdirSync(join(node.paths.repository, '.tmp-half'))
  const { status, out, err } = await node.run('list')
  t.match({ status, err }, { status: 0, err: '' })
  t.equal(out, `mesos:\n  0.22.0\n  0.23.0\nmesos-config:\n  ${HASHED.split('--')[1]}\n  justmesos\n`, 'facts 1 and 2')
  t.throws(() => loadPackage(node.paths.repository, 'invalid-package'), { code: 'PKGPANDA_ID_MALFORMED' }, 'fact 4')
  t.throws(
    () => loadPackage(node.paths.repository, 'missing-package--42'),
    { code: 'PKGPANDA_PACKAGE_MISSING' },
    'fact 5',
  )
})

t.test('list of a repository that is not there: nothing, no failure', async t => {
  const node = makeNode(t)
  t.strictSame(await node.run('list', '--repository', join(node.directory, 'nowhere')), { status: 0, out: '', err: '' })
})

t.test('active: sorted lines; two messages without a set', async t => {
  const node = await activated(t)
  t.strictSame(await node.run('active'), { status: 0, out: `mesos--0.22.0\n${HASHED}\n`, err: '' }, 'fact 3')
  const empty = makeNode(t)
  t.match(await empty.run('active'), { status: 1, out: '', err: /^ERROR: .*not bootstrapped/ })
  mkdirSync(join(empty.paths.root, 'active.old'))
  t.match(await empty.run('active'), { status: 1, err: /^ERROR: .*broken past deploy/ })
})

t.test('remove: an inactive one, an unknown one, an active one', async t => {
  const node = await activated(t, 'mesos--0.23.0')
  t.strictSame(
    await node.run('remove', 'mesos--0.22.0', 'nothing--1'),
    {
      status: 0,
      out: '\rRemoving: mesos--0.22.0\rRemoved: mesos--0.22.0\n\rRemoving: nothing--1\rRemoved: nothing--1\n',
      err: '',
    },
    'fact 8',
  )
  t.match((await node.run('list')).out, /^mesos--0\.23\.0$/m, 'fact 6')
  t.match(await node.run('remove', 'mesos--0.23.0'), { status: 1, err: /^ERROR: Package mesos--0\.23\.0 is active/ })
  t.ok(existsSync(join(node.paths.repository, 'mesos--0.23.0')), 'fact 7')
})

t.test('setup: a first boot from the flags', async t => {
  const node = unbooted(t)
  const { status, err } = await node.run('setup', '--allow-unverified')
  t.equal(status, 0, err)
  const { root, repository } = node.paths
  t.strictSame(names(join(root, 'active')), ['dcos-provider-abcdef-test', 'mesos', 'mesos-config'], 'fact 14')
  t.strictSame(names(join(root, 'bin')), ['mesos', 'mesos-dir', 'mesos-master', 'mesos-slave'], 'fact 15')
  t.strictSame(names(join(root, 'lib')), ['libmesos.so'])
  t.strictSame(names(join(root, 'include')), [])
  t.strictSame(names(join(root, 'etc')), ['dcos-service-configuration.json', 'foobar', 'some.json'], 'fact 16')
  t.strictSame(names(join(root, 'dcos.target.wants')), ['dcos-mesos-master.service'])
  t.strictSame(
    names(root).filter(name => !name.endsWith('.old')),
    [...NINE, 'dcos-mesos-master.service', 'dcos.target'].sort(),
    'fact 17',
  )
  t.strictSame(
    JSON.parse(readFileSync(join(root, 'etc/dcos-service-configuration.json'), 'utf8')),
    { sysctl: JSON.parse(PACKAGES['mesos--0.22.0']?.['pkginfo.json'] as string).sysctl },
    'fact 18',
  )
  t.strictSame(
    JSON.parse(readFileSync(join(root, 'etc/some.json'), 'utf8')),
    { fixed: 'value', foo: 'bar', baz: 'qux' },
    'fact 19',
  )
  const links = node.snapshot()
  t.equal(links['bin/mesos-master'], `-> ${repository}/mesos--0.22.0/bin_master/mesos-master`)
  t.equal(links['active/mesos'], `-> ${repository}/mesos--0.22.0`)
  t.equal(links['dcos.target.wants/dcos-mesos-master.service'], `-> ${root}/dcos-mesos-master.service`, 'fact 27')
  t.notMatch(links['dcos-mesos-master.service'], /^->/, 'fact 27: a regular file')
  t.equal(links['dcos.target'], '[Install]\nWantedBy=multi-user.target\n')

  writeFileSync(join(root, 'bootstrap'), '')
  t.equal((await node.run('setup', '--allow-unverified')).status, 0)
  t.strictSame(
    names(root).filter(name => name.endsWith('.old')),
    NINE.map(name => `${name}.old`).sort(),
    'fact 20',
  )

  t.strictSame(
    await node.run('activate', 'mesos--0.22.0', HASHED),
    { status: 0, out: '', err: '' },
    'fact 22: no output',
  )
  t.notOk(existsSync(join(root, 'active/dcos-provider-abcdef-test')))
  t.strictSame(await node.run('swap', 'mesos-config--justmesos'), { status: 0, out: '', err: '' })
  t.equal((await node.run('active')).out, 'mesos--0.22.0\nmesos-config--justmesos\n', 'fact 23')
  t.match(await node.run('swap', 'nothing--1'), { status: 1, out: '', err: /^Validation Error: / }, 'fact 24')
  t.equal((await node.run('activate', 'mesos--0.22.0')).status, 0)
  t.equal((await node.run('active')).out, 'mesos--0.22.0\n', 'fact 25')
})

t.test('setup: a late package is rendered again when its values change, and kept without a store', async t => {
  const node = unbooted(t)
  const { root, configDirectory } = node.paths
  const late = async () => (await node.run('active')).out.split('\n').find(id => id.startsWith('dcos-provider')) ?? ''
  const again = () => {
    writeFileSync(join(root, 'bootstrap'), '')
    return node.run('setup', '--allow-unverified')
  }
  t.equal((await again()).status, 0)
  const first = await late()
  t.match(first, /^dcos-provider-abcdef-test--setup_[0-9a-f]{16}$/)
  t.equal((await again()).status, 0)
  t.equal(await late(), first, 'nothing changed')

  const flag = join(configDirectory, 'setup-flags/late-config.yaml')
  writeFileSync(flag, readFileSync(flag, 'utf8').replace('foo: bar', 'foo: other'))
  t.equal((await again()).status, 0)
  const second = await late()
  t.not(second, first)
  t.match(JSON.parse(readFileSync(join(root, 'etc/some.json'), 'utf8')), { foo: 'other' })
  t.match(await node.run('verify', second), { status: 0 }, 'with a manifest')

  rmSync(join(configDirectory, 'setup-flags/repository-url'))
  t.match(await again(), { status: 0, err: /cannot be rendered again .*; going on with dcos-provider/ })
  t.equal(await late(), second)
})

t.test('setup without a marker and without a journal does nothing', async t => {
  const node = await activated(t)
  const before = node.snapshot()
  t.strictSame(await node.run('setup'), { status: 0, out: '', err: '' })
  t.strictSame(node.snapshot(), before)
})

t.test('setup refuses obsolete setup-packages, and a store without an index', async t => {
  const node = unbooted(t)
  t.match(await node.run('setup'), { status: 1, err: /^ERROR: The repository has no index.*PKGPANDA_INDEX_MISSING/ })
  t.ok(existsSync(join(node.paths.root, 'bootstrap')), 'the marker stays for the next try')
  mkdirSync(join(node.paths.configDirectory, 'setup-packages'))
  t.match(await node.run('setup'), { status: 1, err: /^Validation Error: .*setup-packages/ })
})

t.test(
  'setup with systemd: one reload and one start, when all is in place; --no-block-systemd is for the start',
  async t => {
    const node = unbooted(t)
    const calls: string[] = []
    const blocking: boolean[] = []
    const world = {
      systemctl: (noBlock: boolean) => {
        blocking.push(noBlock)
        const recorded = recordedSystemctl(calls)
        return {
          ...recorded,
          startTarget: async () => {
            if (!existsSync(join(node.paths.root, 'bootstrap'))) throw new Error('the marker went before the start')
            await recorded.startTarget()
          },
        }
      },
    }
    const { status, err } = await runOn(
      node.paths,
      ['setup', '--rooted-systemd', '--no-block-systemd', '--allow-unverified'],
      world,
    )
    t.equal(status, 0, err)
    t.strictSame(calls, ['stop', 'reload', 'start'])
    t.strictSame(blocking, [true])
    calls.length = 0
    t.equal((await runOn(node.paths, ['uninstall', '--rooted-systemd'], world)).status, 0)
    t.strictSame(calls, ['disable', 'stop dcos-mesos-master.service dcos.target', 'reload'])
  },
)

t.test('uninstall deletes the root with what is half done, and keeps the repository', async t => {
  const node = await activated(t)
  for (const stray of ['bin.new', 'lib.new', 'foo.new', 'packages']) mkdirSync(join(node.paths.root, stray))
  writeFileSync(join(node.paths.root, 'foobar.old'), '')
  writeFileSync(join(node.paths.root, 'install_progress'), 'not json')
  // A staging that was killed: units wait as files, their drop-ins in directories.
  const staged = join(node.paths.root, 'dcos-mesos-master.service.d.unit.new')
  mkdirSync(staged)
  writeFileSync(join(staged, '50-dcos-hardening.conf'), '')
  const { status, out, err } = await node.run('uninstall')
  t.match({ status, err }, { status: 0, err: '' })
  t.equal(out.split('\n').length, 6, 'five lines')
  t.notOk(existsSync(node.paths.root), 'fact 21')
  t.ok(existsSync(join(node.paths.repository, 'mesos--0.22.0')))
})

t.test('a root that is a link to a larger disk is emptied; the link stays, and uninstall may be repeated', async t => {
  const node = await activated(t)
  renameSync(node.paths.root, join(node.directory, 'disk'))
  symlinkSync('disk', node.paths.root)
  for (const _time of [1, 2]) {
    t.match(await node.run('uninstall'), { status: 0, err: '' })
    t.strictSame(names(join(node.directory, 'disk')), [])
  }
})

t.test('directories of the system are neither changed nor deleted, whatever is mistyped', async t => {
  const node = await activated(t)
  for (const path of ['/', '/usr', '/opt', '/etc', '/etc/systemd/system', '/var/lib', '/home', '/tmp'])
    t.ok(isSystemDirectory(path), path)
  for (const path of ['/opt/mesosphere', '/etc/mesosphere', '/var/lib/dcos', '/tmp/x', '/srv/node', node.directory])
    t.notOk(isSystemDirectory(path), path)
  symlinkSync('/', join(node.directory, 'slash'))
  t.ok(isSystemDirectory(join(node.directory, 'slash')), 'also behind a link')
  t.ok(contains('/', '/x') && contains('/x', '/x') && contains('/x', '/x/y'))
  t.notOk(contains('/x', '/xy') || contains('/x/y', '/x'))

  // Commands only where nothing could be lost.
  const before = snapshot(node.directory)
  const cases: readonly [what: string, argv: string[]][] = [
    ['a root of the kernel', ['activate', 'mesos--0.22.0', '--root=/proc']],
    ['what holds the state, which is to stay', ['uninstall', '--purge', `--config-dir=${node.directory}`]],
    ['what holds the repository', ['uninstall', '--purge', '--purge-state', `--state-dir-root=${node.directory}`]],
  ]
  for (const [what, argv] of cases)
    t.match(await node.run(...argv), { status: 1, out: '', err: /PKGPANDA_ROOT_REFUSED/ }, what)
  t.strictSame(snapshot(node.directory), before)
})

t.test('a directory with programs of somebody else does not become an install root', async t => {
  const node = makeNode(t)
  mkdirSync(join(node.paths.root, 'bin'))
  t.equal((await node.run('activate', 'mesos--0.22.0', '--dry-run')).status, 0, 'an empty one harms nobody')
  writeFileSync(join(node.paths.root, 'bin/theirs'), '')
  t.match(await node.run('activate', 'mesos--0.22.0'), { status: 1, err: /PKGPANDA_ROOT_REFUSED/ })
  t.strictSame(names(node.paths.root), ['bin'])
})

t.test('a configuration directory that is not there: no roles, no error', async t => {
  const node = makeNode(t)
  const { status } = await node.run('activate', 'mesos--0.22.0', '--config-dir', '/nowhere/at/all')
  t.equal(status, 0, 'fact 26')
  t.strictSame(names(join(node.paths.root, 'dcos.target.wants')), [])
})

t.test('a state directory is made by activate', async t => {
  const node = await activated(t, 'mesos--0.23.0')
  t.ok(existsSync(join(node.paths.stateRoot, 'mesos')), 'fact 28')
})

t.test('checks', async t => {
  const node = makeNode(t, {
    packages: {
      'pkg1--1': {
        'pkginfo.json': '{}',
        'check/hello_world_ok.py': { content: '#!/bin/sh\necho hello > "$0.ran"\n', mode: 0o755 },
        'check/not_executable.py': 'x',
      },
      'pkg2--1': {
        'pkginfo.json': '{}',
        'check/failed_check.py': { content: '#!/bin/sh\nexit 0\n', mode: 0o755 },
        'check/shell_script_check.sh': { content: '#!/bin/sh\n: > "$0.ran"\n', mode: 0o755 },
      },
      'pkg3--1': { 'pkginfo.json': '{}' },
    },
  })
  await node.run('activate', 'pkg1--1', 'pkg2--1', 'pkg3--1')
  const warning = 'WARNING: `not_executable.py` is not executable\n'
  t.strictSame(
    await node.run('check', '--list'),
    {
      status: 0,
      out: 'pkg1--1\n - hello_world_ok.py\npkg2--1\n - failed_check.py\n - shell_script_check.sh\n',
      err: warning,
    },
    'fact 35',
  )
  t.strictSame(await node.run('check'), { status: 0, out: '', err: warning }, 'fact 36')
  writeFileSync(join(node.paths.repository, 'pkg2--1/check/failed_check.py'), '#!/bin/sh\nexit 3\n')
  const failed = await node.run('check')
  t.match(failed, { status: 1, err: /Check failed: failed_check\.py\nERROR: 1 checks failed/ }, 'fact 37')
  t.ok(existsSync(join(node.paths.repository, 'pkg2--1/check/shell_script_check.sh.ran')), 'the others still ran')
})

t.test('a set that breaks a rule: the prefix of 1.9, the code, nothing changed', async t => {
  const node = await activated(t)
  const before = node.snapshot()
  for (const { argv, err } of [
    {
      argv: ['mesos--0.22.0', 'mesos--0.23.0'],
      err: /^Validation Error: Repeated name mesos.*\(PKGPANDA_NAME_REPEATED: .*\)\n$/,
    },
    { argv: [HASHED], err: /^Validation Error: Package .* requires mesos / },
    { argv: ['mesos---1'], err: /^Validation Error: Invalid package id/ },
    { argv: ['mesos--9'], err: /^Package Error: Package mesos--9 is not in the repository/ },
  ]) {
    t.match(await node.run('activate', ...argv), { status: 1, out: '', err })
  }
  t.strictSame(node.snapshot(), before)
})

t.test('a file conflict names the path and both sides, before anything is staged', async t => {
  const node = makeNode(t, {
    packages: { 'a--1': { 'pkginfo.json': '{}', 'bin/x': '' }, 'b--1': { 'pkginfo.json': '{}', 'bin_master/x': '' } },
  })
  t.match(await node.run('activate', 'a--1', 'b--1'), {
    status: 1,
    err: /bin\/x: a--1 \(bin\) and b--1 \(bin_master, role master\)/,
  })
  t.strictSame(names(node.paths.root), [])
})

t.test('one root, one pkgpanda: the second names the first and leaves with 75', async t => {
  const node = makeNode(t)
  const { acquireLock } = await import('../../pkgpanda/swap/lock.ts')
  {
    await using _lock = await acquireLock(node.paths.root, 'activate')
    const { status, err } = await node.run('activate', 'mesos--0.22.0')
    t.equal(status, 75)
    t.match(err, new RegExp(`^ERROR: .* is being changed by pid ${process.pid} \\(pkgpanda activate\\)`))
    t.equal((await node.run('list')).status, 0, 'readers are free')
  }
  t.equal((await node.run('activate', 'mesos--0.22.0')).status, 0, 'free again')
})

t.test('usage: help on stdout, mistakes on stderr with status 1', async t => {
  const node = makeNode(t)
  t.match(await node.run('--help'), { status: 0, out: /Usage: pkgpanda/, err: '' })
  t.match(await node.run('--version'), { status: 0, out: /^pkgpanda \d/ })
  for (const argv of [
    ['fly'],
    ['activate'],
    ['swap', 'a--1', 'b--1'],
    ['list', '--nonsense'],
    [],
    ['list', '--ro=x'],
  ]) {
    const { status, out, err } = await node.run(...argv)
    t.match({ status, out }, { status: 1, out: '' }, argv.join(' '))
    t.match(err, /\S/)
  }
  t.equal(
    (await node.run('active', '--no-block', '--config', '/nowhere')).err.includes('not bootstrapped'),
    true,
    'prefixes',
  )
})

t.test('show: what a package says about itself', async t => {
  const node = await activated(t)
  const { out, status } = await node.run('show', 'mesos-config--justmesos', 'mesos--0.22.0')
  t.equal(status, 0)
  t.match(out, /^mesos-config--justmesos\n {2}state: inactive\n/)
  t.match(out, /mesos--0\.22\.0\n {2}state: active\n[\s\S]*units on this node: dcos-mesos-master\.service\n/)
})

t.test('every message is one line', async t => {
  t.equal(formatError(new Error('two\nlines')), 'ERROR: two; lines')
  t.equal(formatError(new Error('a\u001b[2Jb\u009bc')), 'ERROR: a\\x1b[2Jb\\x9bc', 'what a stranger wrote obeys nobody')
  t.match(formatError(faults.NOT_ACTIVE('x')), /^Validation Error: .*\(PKGPANDA_NOT_ACTIVE: .*\)$/)
  t.equal(new Set(COMMANDS.map(({ name }) => name)).size, COMMANDS.length)
})

t.test('generated files are the same bytes whatever the order of the arguments', async t => {
  const node = await activated(t, 'mesos--0.22.0', HASHED)
  const once = node.snapshot()
  cpSync(node.paths.root, join(node.directory, 'copy'), { recursive: true, verbatimSymlinks: true })
  await node.run('activate', HASHED, 'mesos--0.22.0')
  const again = node.snapshot()
  for (const [path, content] of Object.entries(once)) t.equal(again[path], content, path)
  t.match(
    again.environment,
    /^LD_LIBRARY_PATH=.*\/lib\nPATH=.*\/bin:\/usr\/bin:\/bin:\/sbin\n\n# package: mesos--0\.22\.0\n\n# package: mesos-config--.*\nBAZ=TEST\nFOO=BAR\n\n/m,
  )
})
