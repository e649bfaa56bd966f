/** mkpanda by its command line: packages, variants, trees and upstreams (pkgpanda 3.4). */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import t from 'tap'
import { parseMkpandaOptions } from '../../../pkgpanda/build/mkpanda/options.ts'
import { runBuilder } from '../../../pkgpanda/build/sibling.ts'
import { idOf, json, type Project, project } from './project-fixture.ts'

const MAIN = resolve(import.meta.dirname, '../../../pkgpanda/build/mkpanda/main.ts')

function start(p: Project, folder: string, words: readonly string[]): ChildProcess {
  return spawn(process.execPath, [MAIN, ...words], {
    cwd: join(p.root, folder),
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, DCOS_NODE_CACHE: join(p.root, 'cache') },
  })
}

async function mkpanda(p: Project, folder: string, ...words: string[]) {
  const child = start(p, folder, words)
  const [[status], stdout, stderr] = await Promise.all([once(child, 'close'), text(child.stdout!), text(child.stderr!)])
  return { status, lines: stdout.trim().split('\n'), stderr }
}

const MINIMAL = { 'packages/app/buildinfo.json': '', 'packages/app/build': 'touch "$PKG_PATH/app"\n' }

t.test('the command line', async t => {
  const defaults = { tree: false, keep: false, recursive: false, bootstrap: false, isolated: true, help: false }
  t.strictSame(parseMkpandaOptions([], '/p'), defaults)
  t.strictSame(
    parseMkpandaOptions(['--rec', '--variant', 'default', '--repository-url=http://a', '--dont', '--out=o'], '/p'),
    { ...defaults, recursive: true, variant: '', repositoryUrl: 'http://a', keep: true, output: '/p/o' },
  )
  t.strictSame(parseMkpandaOptions(['--mk', 'tree', '--variant=ee', '--no-isolation'], '/p'), {
    ...defaults,
    tree: true,
    bootstrap: true,
    variant: 'ee',
    isolated: false,
  })
  for (const argv of [
    ['tree', '--recursive'],
    ['--mkbootstrap'],
    ['trees'],
    ['tree', 'x'],
    ['--variant=a.b'],
    ['--wat'],
  ])
    t.throws(() => parseMkpandaOptions(argv, '/p'), { code: 'BUILD_ARGUMENT_INVALID' }, argv.join(' '))
  t.throws(() => parseMkpandaOptions(['--re'], '/p'), { code: 'PKGPANDA_USAGE' }, 'a prefix of two options')
})

t.test('fact 58: a minimal package, by command line and by library: the same id', async t => {
  const p = project(t, 'project', MINIMAL)
  const { status, lines, stderr } = await mkpanda(p, 'packages/app')
  t.strictSame([status, stderr], [0, ''])
  const { packages } = await p.build({ output: join(p.root, 'other') })
  const id = idOf(packages, 'app')
  t.equal(lines.at(-1), `<default>:${p.root}/build/repository/packages/app/${id}.tar.xz`)
  execFileSync('diff', [
    '--recursive',
    join(p.root, 'build/repository/packages'),
    join(p.root, 'other/repository/packages'),
  ])
})

t.test('fact 62: after a build there are latest and the tarball, the download; no src and result', async t => {
  const sha1 = createHash('sha1').update('foo contents').digest('hex')
  const p = project(t, 'project', {
    'packages/app/buildinfo.json': JSON.stringify({ single_source: { kind: 'url', url: 'foo', sha1 } }),
    'packages/app/foo': 'foo contents',
    'packages/app/build': 'cp "$PKG_SRC/app/foo" "$PKG_PATH/"\n',
  })
  const { status } = await mkpanda(p, 'packages/app')
  t.equal(status, 0)
  const folder = join(p.root, 'build/repository/packages/app')
  const id = readFileSync(join(folder, 'latest'), 'utf8').trim()
  t.strictSame(readdirSync(folder).sort(), [`${id}.tar.xz`, 'latest'])
  t.strictSame(readdirSync(join(p.root, 'cache/downloads', sha1)), ['foo'])
  t.strictSame(readdirSync(join(p.root, 'build')), ['repository'])
  t.strictSame(readdirSync(join(p.root, 'packages/app')).sort(), ['build', 'buildinfo.json', 'foo'])

  t.equal((await mkpanda(p, 'packages/app', '--dont-clean-after-build', '--output', join(p.root, 'kept'))).status, 0)
  t.strictSame(readdirSync(join(p.root, 'kept/kept', id)).sort(), ['result', 'src'])
})

t.test('a folder that is no package, a package that is not in packages/', async t => {
  const p = project(t, 'project', { ...MINIMAL, 'packages/empty/build': '', 'elsewhere/app/buildinfo.json': '{}' })
  const empty = await mkpanda(p, 'packages/empty')
  t.strictSame([empty.status, empty.lines], [1, ['']])
  t.match(empty.stderr, /^BUILD_FOLDER_NOT_A_PACKAGE: .*\/packages\/empty holds no buildinfo\.json\n/)
  t.equal((await mkpanda(p, 'elsewhere/app')).status, 1)
  t.equal((await mkpanda(p, 'packages/app', '--variant=none')).status, 1)
})

const TWO = {
  'packages/base/buildinfo.json': '{}',
  'packages/base/build': 'touch "$PKG_PATH/base"\n',
  'packages/app/buildinfo.json': '{"requires":["base"]}',
  'packages/app/build': 'touch "$PKG_PATH/app"\n',
}

t.test('--recursive builds what is required; without it that must be there', async t => {
  const p = project(t, 'project', TWO)
  const without = await mkpanda(p, 'packages/app')
  t.equal(without.status, 1)
  t.match(without.stderr, /^BUILD_DEPENDENCY_NOT_BUILT: app needs base--[0-9a-f]{40}, which is not built/)
  t.equal((await mkpanda(p, 'packages/app', '--recursive')).status, 0)
  p.write('packages/app/build', 'touch "$PKG_PATH/app2"\n')
  const again = await mkpanda(p, 'packages/app')
  t.equal(again.status, 0, again.stderr)
  t.match(again.lines[0], /^base--[0-9a-f]{40}: unchanged$/)
})

t.test('--repository-url: a package is taken from there when its id is the same, else built', async t => {
  const p = project(t, 'project', TWO)
  await p.build({ output: join(p.root, 'store') })
  p.write('packages/app/build', 'touch "$PKG_PATH/app2"\n')
  const store = `--repository-url=file://${join(p.root, 'store/repository')}`
  const { status, lines } = await mkpanda(p, 'packages/app', '--recursive', store)
  t.equal(status, 0)
  t.match(lines[0], /^base--[0-9a-f]{40}: fetched in/)
  t.match(lines[1], /^app--[0-9a-f]{40}: built in/)
  const away = await mkpanda(p, 'packages/app', '--recursive', '--output=away', '--repository-url=file:///none/such')
  t.equal(away.status, 0, 'a store that does not answer is no reason not to build')
  t.match(away.lines.join('\n'), /no such file.*, building it here/)
})

const VARIANTS = {
  'packages/app/buildinfo.json': '{}',
  'packages/app/ee.buildinfo.json': '{"requires":[{"name":"base","variant":"ee"}],"environment":{"EE":"1"}}',
  'packages/app/build': 'echo "default $PKG_VARIANT" >"$PKG_PATH/variant"\n',
  'packages/app/ee.build': 'echo "own $PKG_VARIANT" >"$PKG_PATH/variant"\n',
  'packages/base/ee.buildinfo.json': '{}',
  'packages/base/build': 'echo "$PKG_VARIANT" >"$PKG_PATH/variant"\n',
  'packages/left/buildinfo.json': '{}',
  'packages/left/build': 'touch "$PKG_PATH/left"\n',
  'packages/treeinfo.json': '{"exclude":["left"]}',
  'packages/ee.treeinfo.json':
    '{"core_package_list":["app","left"],"bootstrap_package_list":["app","base"],"variants":{"app":"ee","base":"ee"}}',
}

t.test('variants of a package: own files, own ids', async t => {
  const p = project(t, 'project', VARIANTS)
  const { status, lines, stderr } = await mkpanda(p, 'packages/app', '--recursive')
  t.equal(status, 0, stderr)
  const made = lines.slice(-2).map(line => line.split(':'))
  t.strictSame(
    made.map(([variant]) => variant),
    ['<default>', 'ee'],
  )
  const folder = join(p.root, 'build/repository/packages')
  const [plain, ee] = ['latest', 'ee.latest'].map(name => readFileSync(join(folder, 'app', name), 'utf8').trim()) as [
    string,
    string,
  ]
  t.strictSame(
    made.map(([, path]) => path),
    [plain, ee].map(id => join(folder, 'app', `${id}.tar.xz`)),
  )
  t.not(plain, ee)
  t.equal(readFileSync(join(p.unpack(plain), 'variant'), 'utf8'), 'default <default>\n')
  t.equal(readFileSync(join(p.unpack(ee), 'variant'), 'utf8'), 'own ee\n')
  t.match(json(join(p.unpack(plain), 'buildinfo.full.json')), { variant: null, build_ids: { variant: '' } })
  t.match(json(join(p.unpack(ee), 'buildinfo.full.json')), { variant: 'ee', build_ids: { variant: 'ee' } })
  t.strictSame(json(join(p.unpack(ee), 'pkginfo.json')).requires, [{ name: 'base', variant: 'ee' }])
  const base = p.unpack(readFileSync(join(folder, 'base/ee.latest'), 'utf8').trim())
  t.equal(readFileSync(join(base, 'variant'), 'utf8'), 'ee\n', 'without an own script the one of all')
  const only = await mkpanda(p, 'packages/app', '--variant=default')
  t.match(only.lines.at(-1), /^<default>:/)
  t.notMatch(only.lines.join('\n'), /ee:/)
})

t.test('fact 65: trees with variants and a bootstrap list', async t => {
  const p = project(t, 'project', VARIANTS)
  const { status, lines, stderr } = await mkpanda(p, 'packages', 'tree', '--mkbootstrap')
  t.equal(status, 0, stderr)
  const repository = join(p.root, 'build/repository')
  const plain = json(join(repository, 'complete/complete.latest.json'))
  const ee = json(join(repository, 'complete/ee.complete.latest.json'))
  const names = (ids: string[]) => ids.map(id => id.split('--')[0])
  t.strictSame(names(plain.packages), ['app'], 'left is excluded, base has no default variant')
  t.strictSame(names(ee.packages), ['app', 'base', 'left'])
  t.equal(readFileSync(join(repository, 'bootstrap.latest'), 'utf8').trim(), plain.bootstrap)
  t.equal(readFileSync(join(repository, 'ee.bootstrap.latest'), 'utf8').trim(), ee.bootstrap)
  const bootstrap = join(repository, `bootstrap/${ee.bootstrap}.bootstrap.tar.xz`)
  t.strictSame(lines.slice(-2), [
    `<default>:${repository}/bootstrap/${plain.bootstrap}.bootstrap.tar.xz`,
    `ee:${bootstrap}`,
  ])
  const entries = execFileSync('tar', ['-tJf', bootstrap], { encoding: 'utf8' }).split('\n')
  t.strictSame(
    [...new Set(entries.map(path => path.split('/')[1]).filter(Boolean))].sort(),
    'active active.buildinfo.full.json bin bootstrap environment environment.export etc include lib packages'.split(
      ' ',
    ),
  )
  t.strictSame(
    [
      ...new Set(
        entries
          .filter(path => path.startsWith('./packages/'))
          .map(path => path.split('/')[2])
          .filter(Boolean),
      ),
    ].sort(),
    ee.packages.slice(0, 2),
    'only listed packages',
  )
  const without = await mkpanda(p, 'packages', 'tree', '--variant=ee', '--output=without')
  t.strictSame([without.status, without.lines.at(-1)], [0, `ee:${p.root}/packages/without/repository`])
  t.notOk(existsSync(join(p.root, 'packages/without/repository/bootstrap')))
})

const brokenTrees: [what: string, files: Record<string, string>, message: RegExp][] = [
  [
    'a variant that is not there',
    { 'packages/treeinfo.json': '{"variants":{"left":"none"}}' },
    /'left \(none\)' does not exist/,
  ],
  [
    'another variant than is required',
    { 'packages/treeinfo.json': '{"variants":{"app":"ee"}}', 'packages/base/buildinfo.json': '{}' },
    /two variants of package 'base'/,
  ],
  [
    'a core package that is not there',
    { 'packages/treeinfo.json': '{"core_package_list":["none"]}' },
    /'none' does not exist/,
  ],
  [
    'a package included and excluded',
    { 'packages/treeinfo.json': '{"core_package_list":["app"],"exclude":["app"]}' },
    /'app' is excluded and in 'core_package_list'/,
  ],
]
for (const [what, files, message] of brokenTrees) {
  t.test(`refused, a tree with ${what}`, async t => {
    const p = project(t, 'project', { ...VARIANTS, ...files })
    await t.rejects(p.build(), { message })
  })
}

t.test('an upstream: its packages where there are none of that name', async t => {
  const p = project(t, 'project', {
    'packages/app/buildinfo.json': '{"requires":["base"]}',
    'packages/app/build': 'touch "$PKG_PATH/local"\n',
  })
  const upstream = join(p.root, 'upstream')
  mkdirSync(join(upstream, 'packages'), { recursive: true })
  for (const name of ['app', 'base']) {
    mkdirSync(join(upstream, 'packages', name))
    writeFileSync(
      join(upstream, 'packages', name, 'buildinfo.json'),
      '{"single_source":{"kind":"files","paths":["note"]}}',
    )
    writeFileSync(join(upstream, 'packages', name, 'build'), `cp "$PKG_SRC/${name}/note" "$PKG_PATH/upstream"\n`)
  }
  writeFileSync(join(upstream, 'note'), 'a file of the upstream\n')
  const git = (...words: string[]) =>
    execFileSync('git', ['-C', upstream, '-c', 'user.name=t', '-c', 'user.email=t@example.com', ...words], {
      stdio: 'pipe',
    })
  git('init', '--quiet')
  git('add', '.')
  git('commit', '--quiet', '-m', 'upstream')
  p.write('packages/upstream.json', '{"kind":"git_local","rel_path":"../upstream"}')
  const { packages } = await p.build()
  t.strictSame(readdirSync(p.unpack(idOf(packages, 'app'))).sort(), ['buildinfo.full.json', 'local', 'pkginfo.json'])
  t.equal(readFileSync(join(p.unpack(idOf(packages, 'base')), 'upstream'), 'utf8'), 'a file of the upstream\n')

  writeFileSync(join(upstream, 'packages/upstream.json'), '{"kind":"git_local","rel_path":"x"}')
  git('add', '.')
  git('commit', '--quiet', '-m', 'an upstream of its own')
  await t.rejects(p.build(), { code: 'BUILD_UPSTREAM_INVALID', message: /has an upstream itself/ })
  p.write('packages/upstream.json', '[]')
  await t.rejects(p.build(), { code: 'BUILD_UPSTREAM_INVALID' })
  p.write('packages/upstream.json', '{"kind":"ftp"}')
  await t.rejects(p.build(), { code: 'BUILD_BUILDINFO_INVALID', message: /packages\/upstream\.json: .*ftp/ })
})

t.test('a failure names its package and stops the rest; what was finished stays', async t => {
  const p = project(t, 'project', {
    'packages/a/buildinfo.json': '{}',
    'packages/a/build': 'true\n',
    'packages/b/buildinfo.json': '{"requires":["a"]}',
    'packages/b/build': 'echo why >&2; exit 3\n',
    'packages/c/buildinfo.json': '{"requires":["a"]}',
    'packages/c/build': 'sleep 1000\n',
    'packages/d/buildinfo.json': '{"requires":["c"]}',
    'packages/d/build': 'true\n',
  })
  await t.rejects(p.build(), { code: 'BUILD_SCRIPT_FAILED', message: /package 'b' ended with status 3:\nwhy/ })
  t.match(p.lines, [/^a--.*: built in/, 'b: failed, stopping the rest', 'c: stopped'])
  t.equal(p.lines.length, 3)
  t.match(Object.keys(json(join(p.root, 'build/repository/index.json')).files), [
    /^packages\/a\/a--/,
    'packages/a/latest',
  ])
})

t.test('SIGINT: status 130, and nothing left behind', async t => {
  const p = project(t, 'project', { ...MINIMAL, 'packages/app/build': 'echo here >"$PKG_PATH/here"; sleep 1000\n' })
  const child = start(p, 'packages/app', [])
  const output = Promise.all([text(child.stdout!), text(child.stderr!)])
  const scratch = join(p.root, 'build/.scratch')
  const here = () =>
    existsSync(scratch) && readdirSync(scratch).some(name => existsSync(join(scratch, name, 'result/here')))
  while (!here()) await new Promise(resolve => setTimeout(resolve, 20))
  child.kill('SIGINT')
  t.strictSame(await once(child, 'exit'), [130, null])
  const [stdout, stderr] = await output
  t.equal(stdout, 'app: stopped\n')
  t.match(stderr, /^BUILD_INTERRUPTED: interrupted by SIGINT\n/)
  t.strictSame(readdirSync(join(p.root, 'build')), ['repository'])
})

t.test('pkgpanda build: the program beside it, with its status; none on a node', async t => {
  const folder = t.testdir({ bin: {}, programs: { pkgpanda: {} } })
  const main = join(folder, 'programs/pkgpanda/main.js')
  await t.rejects(runBuilder([], main), { code: 'BUILD_BUILDER_MISSING', message: /bin\/mkpanda/ })
  writeFileSync(join(folder, 'bin/mkpanda'), '#!/bin/sh\n[ "$1 $2" = "tree --variant=a b" ] || exit 1\nexit 7\n')
  chmodSync(join(folder, 'bin/mkpanda'), 0o755)
  t.equal(await runBuilder(['tree', '--variant=a b'], main), 7)
})
