import t from 'tap'
import { dependenciesOf, orderPackages } from '../../../pkgpanda/build/build-order.ts'
import { parseBuildinfo } from '../../../pkgpanda/build/buildinfo.ts'
import { chooseCacheDirectory } from '../../../pkgpanda/build/cache-directory.ts'
import { parseOptions } from '../../../pkgpanda/build/options.ts'
import { checkBootstrapPackages, parseTreeinfo } from '../../../pkgpanda/build/treeinfo.ts'

const FILE = 'packages/app/buildinfo.json'
const files = { kind: 'files', paths: ['units/a.service'] }

t.test('pkgpanda 3.2, defaults: an empty file is {}', async t => {
  const defaults = { sources: {}, requires: [], environment: {}, stateDirectory: false }
  t.strictSame(parseBuildinfo('', 'app', FILE), defaults)
  t.strictSame(parseBuildinfo(' {}\n', 'app', FILE), defaults)
})

t.test('pkgpanda 3.2, every key', async t => {
  const text = JSON.stringify({
    single_source: { kind: 'bundle', entry: 'src/a/main.ts', program: 'a', nodeFlags: ['--v8-pool-size=1'] },
    build_script: 'build.sh',
    requires: ['nodejs', { name: 'adminrouter', variant: null }, { name: 'java', variant: 'ee' }],
    environment: { A: 'b' },
    state_directory: true,
    username: 'dcos_app',
    group: 'systemd-journal',
    sysctl: { 'dcos-app': { 'vm.swappiness': 1 } },
  })
  t.strictSame(parseBuildinfo(text, 'app', FILE), {
    sources: { app: { kind: 'bundle', entry: 'src/a/main.ts', program: 'a', nodeFlags: ['--v8-pool-size=1'] } },
    buildScript: 'build.sh',
    requires: [
      { name: 'nodejs', variant: '' },
      { name: 'adminrouter', variant: '' },
      { name: 'java', variant: 'ee' },
    ],
    environment: { A: 'b' },
    stateDirectory: true,
    username: 'dcos_app',
    group: 'systemd-journal',
    sysctl: { 'dcos-app': { 'vm.swappiness': 1 } },
  })
})

const INVALID = 'BUILD_BUILDINFO_INVALID'
const wrong: { what: string; json: unknown; code: string; message: RegExp }[] = [
  { what: 'an unknown key (fact 59)', json: { user: 'x' }, code: INVALID, message: /'user': unknown/ },
  { what: 'a list', json: [], code: INVALID, message: /the whole/ },
  ...['name', 'variant', 'build', 'pkgpanda_version', 'extra_source'].map(key => ({
    what: `the computed key ${key} (fact 59)`,
    json: { [key]: 'x' },
    code: 'BUILD_BUILDINFO_KEY_COMPUTED',
    message: new RegExp(`key '${key}' is computed`),
  })),
  { what: 'both forms of sources', json: { single_source: files, sources: { a: files } }, code: INVALID, message: /exclude/ },
  { what: 'an unknown kind', json: { single_source: { kind: 'ftp' } }, code: INVALID, message: /"ftp", allowed bundle, files, git, git_local, npm, url, url_extract/ },
  { what: 'a key another kind has', json: { single_source: { ...files, entry: 'a' } }, code: INVALID, message: /'entry': unknown/ },
  { what: 'a path that climbs', json: { single_source: { kind: 'files', paths: ['a/../../b'] } }, code: INVALID, message: /relative path/ },
  { what: 'an absolute path', json: { single_source: { kind: 'files', paths: ['/etc/passwd'] } }, code: INVALID, message: /relative path/ },
  { what: 'a source that is no folder name', json: { sources: { '../a': files } }, code: INVALID, message: /'\.\.\/a'/ },
  { what: 'a script elsewhere', json: { build_script: '../build' }, code: INVALID, message: /build_script/ },
  { what: 'a flag that is shell', json: { single_source: { kind: 'bundle', entry: 'a.ts', program: 'a', nodeFlags: ['--a;rm'] } }, code: INVALID, message: /nodeFlags/ },
  { what: 'a username without dcos_', json: { username: 'root' }, code: INVALID, message: /username/ },
  { what: 'a group without username', json: { group: 'root' }, code: INVALID, message: /'username'/ },
  { what: 'a variant that is none', json: { requires: [{ name: 'a', variant: 'e.e' }] }, code: INVALID, message: /requires/ },
  { what: 'a download without digest', json: { single_source: { kind: 'url', url: 'http://a/b' } }, code: INVALID, message: /exactly one of .*sha1/ },
  { what: 'a download with two digests', json: { single_source: { kind: 'url', url: 'a', sha1: '0'.repeat(40), sha256: '0'.repeat(64) } }, code: INVALID, message: /exactly one/ },
  { what: 'an archive of no known form', json: { single_source: { kind: 'url_extract', url: 'http://a/b.rar?x=.zip', sha1: '0'.repeat(40) } }, code: INVALID, message: /names no archive/ },
  { what: 'a branch for a commit', json: { single_source: { kind: 'git', git: 'a', ref: 'master', ref_origin: 'master' } }, code: INVALID, message: /'ref'/ },
  { what: 'a URL that is an option', json: { single_source: { kind: 'git', git: '--upload-pack=x', ref: '0'.repeat(40), ref_origin: 'master' } }, code: INVALID, message: /'git'/ },
  { what: 'an absolute repository', json: { single_source: { kind: 'git_local', rel_path: '/a' } }, code: INVALID, message: /rel_path/ },
  { what: 'a fraction as sysctl', json: { sysctl: { a: { b: 0.5 } } }, code: INVALID, message: /sysctl/ },
] // biome-ignore format: a table

for (const { what, json, code, message } of wrong) {
  t.test(`pkgpanda 3.2, refused: ${what}`, async t => {
    t.throws(() => parseBuildinfo(JSON.stringify(json), 'app', FILE), { code, message })
    t.throws(() => parseBuildinfo(JSON.stringify(json), 'app', FILE), { message: new RegExp(FILE) }, 'names the file')
  })
}

t.test('text that is not JSON', async t => {
  t.throws(() => parseBuildinfo('{', 'app', FILE), { code: 'BUILD_BUILDINFO_UNREADABLE' })
})

t.test('pkgpanda 3.4, order: dependencies first, sorted names', async t => {
  const requires = new Map(Object.entries({ c: ['b'], a: ['c', 'b'], b: [], d: [] }))
  t.strictSame(orderPackages(requires), ['b', 'c', 'a', 'd'])
  t.strictSame(dependenciesOf('a', requires), ['b', 'c'])
  t.strictSame(dependenciesOf('d', requires), [])
  t.throws(() => orderPackages(new Map([['a', ['x']]])), {
    code: 'BUILD_REQUIREMENT_UNKNOWN',
    message: "package 'a' requires 'x', which does not exist",
  })
  t.throws(() => orderPackages(new Map(Object.entries({ a: ['b'], b: ['c'], c: ['b'] }))), {
    code: 'BUILD_REQUIREMENT_CYCLE',
    message: /b → c → b$/,
  })
})

t.test('pkgpanda 3.4, treeinfo', async t => {
  const file = 'packages/treeinfo.json'
  t.strictSame(parseTreeinfo('{}', file), { exclude: [], variants: new Map() })
  const text =
    '{"exclude":["x"],"core_package_list":["a","b"],"bootstrap_package_list":["a"],"variants":{"a":"test","b":null}}'
  t.strictSame(parseTreeinfo(text, file), {
    exclude: ['x'],
    corePackages: ['a', 'b'],
    bootstrapPackages: ['a'],
    variants: new Map([['a', 'test']]),
  })
  const both = ['core_package_list', 'bootstrap_package_list'].map(key => `{"exclude":["a"],"${key}":["a"]}`)
  for (const text of ['{"core":[]}', ...both, '{"variants":{"a":"b.c"}}', 'x', '[]'])
    t.throws(() => parseTreeinfo(text, file), { code: 'BUILD_TREEINFO_INVALID' }, text)
  const requires = new Map(Object.entries({ a: ['b'], b: [] }))
  t.doesNotThrow(() => checkBootstrapPackages(['a', 'b'], requires, file))
  t.throws(() => checkBootstrapPackages(['a'], requires, file), { message: /has 'a' but not 'b'/ })
  t.throws(() => checkBootstrapPackages(['z'], requires, file), { message: /'z', which does not exist/ })
})

t.test('the command line', async t => {
  t.strictSame(parseOptions([], '/p'), {
    output: '/p/build',
    packagesDirs: [],
    packages: {},
    isolated: true,
    help: false,
  })
  t.strictSame(
    parseOptions(
      [
        '--no-isolation',
        '--output',
        'o',
        '--only',
        'a',
        '--only=b',
        '--packages-dir',
        'more',
        '--package',
        'mesos-standin=test/x',
      ],
      '/p',
    ),
    {
      output: '/p/o',
      only: ['a', 'b'],
      packagesDirs: ['/p/more'],
      packages: { 'mesos-standin': '/p/test/x' },
      isolated: false,
      help: false,
    },
  )
  for (const argv of [['--wat'], ['stray'], ['--package', 'x']])
    t.throws(() => parseOptions(argv, '/p'), { code: 'BUILD_ARGUMENT_INVALID' }, argv.join(' '))
})

t.test('the cache', async t => {
  t.equal(chooseCacheDirectory({}, 0, '/root'), '/var/cache/dcos-node')
  t.equal(chooseCacheDirectory({}, 1000, '/home/u'), '/home/u/.cache/dcos-node')
  t.equal(chooseCacheDirectory({ XDG_CACHE_HOME: '/x' }, 1000, '/home/u'), '/x/dcos-node')
  t.equal(chooseCacheDirectory({ DCOS_NODE_CACHE: '/y', XDG_CACHE_HOME: '/x' }, 0, '/root'), '/y')
})
