/** Variants, trees and upstreams (pkgpanda 3.4), and what a failure leaves of a tree. */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { mkpanda } from './mkpanda-process.ts'
import { idOf, json, project } from './project-fixture.ts'

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
    ['.manifests', ...ee.packages.slice(0, 2)],
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
