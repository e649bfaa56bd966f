import { execFileSync } from 'node:child_process'
import { appendFileSync, cpSync, existsSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { chooseCacheDirectory } from '../../../pkgpanda/build/cache-directory.ts'
import type { faults } from '../../../pkgpanda/build/errors.ts'
import { loadManifest } from '../../../pkgpanda/package/manifest.ts'
import { readTree } from '../../../pkgpanda/package/read-manifest.ts'
import { idOf, json, PROJECT, project } from './project-fixture.ts'

t.test('a build, what is in it, and that it is not repeated', async t => {
  const p = project(t)
  const { packages, bootstrap, built } = await p.build()
  t.strictSame(
    packages.map(id => id.split('--')[0]),
    ['pkgpanda', 'runtime', 'web'],
  )
  t.equal(built.length, 4, 'three packages and the bootstrap')
  const repository = join(p.root, 'build/repository')

  t.test('pkgpanda 3.1, the repository', async t => {
    const { version, files } = json(join(repository, 'index.json'))
    t.equal(version, 1)
    t.strictSame(Object.keys(files), [
      `bootstrap.latest`,
      `bootstrap/${bootstrap}.active.json`,
      `bootstrap/${bootstrap}.bootstrap.tar.xz`,
      'complete/complete.latest.json',
      ...packages
        .flatMap(id => [`packages/${id.split('--')[0]}/latest`, `packages/${id.split('--')[0]}/${id}.tar.xz`])
        .sort(),
    ])
    for (const id of packages)
      t.equal(readFileSync(join(repository, `packages/${id.split('--')[0]}/latest`), 'utf8'), `${id}\n`)
    t.equal(readFileSync(join(repository, 'bootstrap.latest'), 'utf8'), `${bootstrap}\n`)
    t.strictSame(json(join(repository, 'complete/complete.latest.json')), { bootstrap, packages })
    t.strictSame(json(join(repository, `bootstrap/${bootstrap}.active.json`)), packages.slice(0, 2))
    t.strictSame(readdirSync(join(p.root, 'build')).sort(), ['bin', 'programs', 'repository'], 'no scratch left')
  })

  t.test('pkgpanda 3.2, the package', async t => {
    const id = idOf(packages, 'pkgpanda')
    const version = id.split('--')[1]
    const folder = p.unpack(id)
    t.strictSame(json(join(folder, 'pkginfo.json')), { requires: ['runtime'], environment: {} })
    t.equal(readFileSync(join(folder, 'note'), 'utf8'), 'from extra\n', 'fact 64: extra/ is visible to the script')
    t.equal(
      readFileSync(join(folder, 'etc_master/variables'), 'utf8'),
      `pkgpanda ${version} /opt/mesosphere/packages/${id} <default>\n`,
    )
    t.match(json(join(folder, 'buildinfo.full.json')), {
      name: 'pkgpanda',
      variant: null,
      package_version: version,
      build_ids: { name: 'pkgpanda', runtime: '24.0.0', requires: [idOf(packages, 'runtime')] },
      sources: { program: { kind: 'bundle', entry: 'src/app.ts', content: /^[0-9a-f]{64}$/ } },
    })
    t.equal(
      readFileSync(join(folder, 'bin/app'), 'utf8').split('\n')[2],
      'exec /opt/mesosphere/bin/node --v8-pool-size=1 /opt/mesosphere/active/pkgpanda/app/main.js "$@"',
    )
    t.match(
      readFileSync(join(folder, 'app/NOTICES'), 'utf8'),
      /@seldom\/bye 4\.5\.6 \(ISC\)[\s\S]*greeter 1\.2\.3 \(MIT\)[\s\S]*Permission is granted\.\n/,
    )
    t.strictSame(
      readdirSync(join(folder, 'app')).sort(),
      ['NOTICES', 'main.js', 'seldom-bye.js'],
      'what is loaded on demand is a file of its own, what nothing calls is none',
    )
    t.match(readFileSync(join(folder, 'app/seldom-bye.js'), 'latin1'), /bye, bye\\u2026/, 'ASCII alone')
    t.match(readFileSync(join(folder, 'app/main.js'), 'utf8'), /await using/, 'the runtime does it, nothing is lowered')
    t.strictSame(json(join(p.unpack(idOf(packages, 'web')), 'pkginfo.json')), {
      environment: {},
      requires: ['pkgpanda'],
      state_directory: true,
      username: 'dcos_web',
    })
  })

  t.test('pkgpanda 3.4 (fact 65), the bootstrap tarball', async t => {
    const folder = mkdtempSync(join(p.root, 'bootstrap-'))
    const file = join(repository, `bootstrap/${bootstrap}.bootstrap.tar.xz`)
    execFileSync('tar', ['-xJf', file, '-C', folder])
    t.strictSame(
      readdirSync(folder).sort(),
      'active active.buildinfo.full.json bin bootstrap environment environment.export etc include lib packages'.split(
        ' ',
      ),
    )
    const [app, runtime] = packages as [string, string]
    t.strictSame(readdirSync(join(folder, 'packages')).sort(), ['.manifests', app, runtime], 'only what the list names')
    for (const id of [app, runtime]) {
      const found = new Map<string, unknown>()
      for await (const [path, entry] of readTree(join(folder, 'packages', id))) found.set(path, entry)
      t.strictSame(found, loadManifest(join(folder, 'packages'), id), `a fresh node verifies ${id}`)
    }
    t.strictSame(readdirSync(join(folder, 'etc')), ['dcos-service-configuration.json'], 'no directories of roles')
    const links = execFileSync('find', ['active', 'bin', 'lib', '-type', 'l', '-printf', '%p %l\n'], {
      cwd: folder,
      encoding: 'utf8',
    })
    t.strictSame(links.trim().split('\n').sort(), [
      `active/pkgpanda /opt/mesosphere/packages/${app}`,
      `active/runtime /opt/mesosphere/packages/${runtime}`,
      `bin/app /opt/mesosphere/packages/${app}/bin/app`,
      `bin/sub/app /opt/mesosphere/packages/${app}/bin/sub/app`,
      `lib/license /opt/mesosphere/packages/${runtime}/lib/license`,
    ])
    t.match(readFileSync(join(folder, 'environment'), 'utf8'), /^RUNTIME=yes it is$/m)
    t.equal(json(join(folder, 'active.buildinfo.full.json')).pkgpanda.package_version, app.split('--')[1])
  })

  t.test('programs for work by hand', async t => {
    t.strictSame(readdirSync(join(p.root, 'build/bin')).sort(), ['app', 'tool'])
    const run = (program: string, ...names: string[]) =>
      execFileSync(join(p.root, 'build/bin', program), names, { cwd: '/', encoding: 'utf8' })
    t.equal(run('app', 'you', 'all'), 'hello you,all 1 object\ndisposed\n')
    t.equal(run('tool', 'you', 'all'), 'hello you,all 0 object\ndisposed\n', 'of an excluded folder too')
    t.equal(run('app', 'bye'), 'hello bye 1 object\nbye, bye…\ndisposed\n', 'a package on demand')
  })

  t.test('again: nothing is built', async t => {
    const before = readFileSync(join(repository, 'index.json'), 'utf8')
    t.strictSame(await p.build(), { packages, bootstrap, built: [] })
    t.equal(p.lines.filter(line => line.endsWith(': unchanged')).length, 4, p.lines.join('\n'))
    t.equal(readFileSync(join(repository, 'index.json'), 'utf8'), before)
  })

  t.test('a damaged tarball is built again', async t => {
    const id = idOf(packages, 'web')
    appendFileSync(join(repository, `packages/web/${id}.tar.xz`), 'x')
    t.strictSame((await p.build()).built, [id])
  })

  t.test('fact 66, pkgpanda 3.3: a change re-versions what depends on it, and only that', async t => {
    p.write('packages/pkgpanda/build', `${PROJECT['packages/pkgpanda/build']}# changed\n`)
    const changed = await p.build()
    t.strictSame(
      changed.packages.map(id => packages.includes(id)),
      [false, true, false],
      'pkgpanda and web are new, runtime is not',
    )
    t.not(changed.bootstrap, bootstrap)
    t.ok(
      Object.hasOwn(json(join(repository, 'index.json')).files, `packages/web/${idOf(packages, 'web')}.tar.xz`),
      'old ones stay',
    )
    p.write('packages/pkgpanda/build', PROJECT['packages/pkgpanda/build'] as string)
    t.strictSame(await p.build(), { packages, bootstrap, built: [] }, 'and back')
  })

  t.test('one package only, with what it requires, from another folder', async t => {
    p.write('elsewhere/package/buildinfo.json', '{"requires":["runtime"]}')
    p.write('elsewhere/package/build', 'echo "$NUM_CORES" >/dev/null\n')
    const result = await p.build({ only: ['extra'], packages: { extra: join(p.root, 'elsewhere/package') } })
    t.strictSame(
      result.packages.map(id => id.split('--')[0]),
      ['extra', 'runtime'],
    )
    t.equal(result.built.length, 1)
    t.strictSame(
      json(join(repository, 'complete/complete.latest.json')),
      { bootstrap, packages },
      'the rest is as it was',
    )
    await t.rejects(p.build({ only: ['none'] }), { code: 'BUILD_PACKAGE_UNKNOWN', message: /known: .*tool, web/ })
  })
})

t.test('fact 66: another folder, the same bytes', async t => {
  const [one, two] = [project(t, 'one'), project(t, 'another/much/deeper')]
  const built = await one.build()
  t.strictSame((await two.build()).packages, built.packages)
  execFileSync('diff', ['--recursive', join(one.root, 'build/repository'), join(two.root, 'build/repository')])
  execFileSync('diff', ['--recursive', join(one.root, 'build/programs'), join(two.root, 'build/programs')])

  cpSync(join(two.root, 'node_modules/greeter'), join(two.root, 'node_modules/greeter2'), { recursive: true })
  t.strictSame((await two.build()).built, [], 'a package that nothing uses changes nothing')
  two.write('node_modules/greeter/LICENSE', 'Permission is not granted.\n')
  t.not(idOf((await two.build()).packages, 'pkgpanda'), idOf(built.packages, 'pkgpanda'), 'its licence is content too')
})

type Code = `BUILD_${keyof typeof faults & string}`
const broken: { what: string; files: Record<string, string>; code: Code; message: RegExp }[] = [
  { what: 'a reserved unit (fact 60)', files: { 'packages/web/build': 'mkdir "$PKG_PATH/dcos.target.wants_slave"; touch "$PKG_PATH/dcos.target.wants_slave/dcos.target"' }, code: 'BUILD_RESULT_UNIT_RESERVED', message: /'web' ships dcos\.target\.wants_slave\/dcos\.target/ },
  { what: 'the scratch folder in a file', files: { 'packages/web/build': 'echo "cd $PKG_SRC/web" >"$PKG_PATH/run"' }, code: 'BUILD_RESULT_LEAKS_PATH', message: /'web': run holds \// },
  { what: 'a link out of the package', files: { 'packages/web/build': 'mkdir "$PKG_PATH/a"; ln -s ../../x "$PKG_PATH/a/b"' }, code: 'BUILD_RESULT_FILE_KIND', message: /a\/b is a link to \.\.\/\.\.\/x/ },
  { what: 'an absolute link', files: { 'packages/web/build': 'ln -s /etc/passwd "$PKG_PATH/b"' }, code: 'BUILD_RESULT_FILE_KIND', message: /outside the package/ },
  { what: 'a setuid file', files: { 'packages/web/build': 'touch "$PKG_PATH/a"; chmod 4755 "$PKG_PATH/a"' }, code: 'BUILD_RESULT_FILE_KIND', message: /setuid/ },
  { what: 'a pipe', files: { 'packages/web/build': 'mkfifo "$PKG_PATH/a"' }, code: 'BUILD_RESULT_FILE_KIND', message: /a is neither/ },
  { what: 'a pkginfo.json of its own', files: { 'packages/web/build': 'echo {} >"$PKG_PATH/pkginfo.json"' }, code: 'BUILD_RESULT_FILE_RESERVED', message: /pkginfo\.json/ },
  { what: 'a script that fails', files: { 'packages/web/build': 'echo early; echo why >&2; false | true; echo not here' }, code: 'BUILD_SCRIPT_FAILED', message: /'web' ended with status 1:\nearly\nwhy$/ },
  { what: 'a script with an unset variable', files: { 'packages/web/build': 'echo "$NO_SUCH"' }, code: 'BUILD_SCRIPT_FAILED', message: /NO_SUCH: unbound variable/ },
  { what: 'no script', files: { 'packages/web/buildinfo.json': '{"build_script":"make"}' }, code: 'BUILD_SCRIPT_MISSING', message: /'web' has no build script make/ },
  { what: 'an entry that is not there', files: { 'packages/pkgpanda/buildinfo.json': '{"single_source":{"kind":"bundle","entry":"src/none/main.ts","program":"none"},"requires":["runtime"]}' }, code: 'BUILD_SOURCE_MISSING', message: /'pkgpanda', source 'pkgpanda': src\/none\/main\.ts does not exist/ },
  { what: 'an npm package that is not there', files: { 'packages/runtime/buildinfo.json': '{"single_source":{"kind":"npm","package":"@no/such","paths":["a"]}}' }, code: 'BUILD_SOURCE_MISSING', message: /the npm package '@no\/such'/ },
  { what: 'a folder among the files', files: { 'packages/web/buildinfo.json': '{"single_source":{"kind":"files","paths":["units"]}}' }, code: 'BUILD_SOURCE_FILE_KIND', message: /units is not a regular file/ },
  { what: 'an import that is not there', files: { 'src/app.ts': "import './none.ts'" }, code: 'BUILD_BUNDLE_FAILED', message: /src\/app\.ts:1: Could not resolve/ },
  { what: 'import.meta', files: { 'src/app.ts': 'console.log(import.meta.url)' }, code: 'BUILD_BUNDLE_FAILED', message: /import\.meta/ },
  { what: 'await at the top level', files: { 'src/app.ts': 'await Promise.resolve(); export {}' }, code: 'BUILD_BUNDLE_FAILED', message: /await/ },
  { what: 'a requirement that is not there', files: { 'packages/web/buildinfo.json': '{"requires":["none"]}' }, code: 'BUILD_REQUIREMENT_UNKNOWN', message: /'web' requires 'none'/ },
  { what: 'a bootstrap without what it requires', files: { 'packages/treeinfo.json': '{"exclude":["tool"],"bootstrap_package_list":["pkgpanda"]}' }, code: 'BUILD_TREEINFO_INVALID', message: /'pkgpanda' but not 'runtime'/ },
] // biome-ignore format: a table

for (const { what, files, code, message } of broken) {
  t.test(`refused: ${what}`, async t => {
    const p = project(t)
    for (const [path, text] of Object.entries(files)) p.write(path, text)
    await t.rejects(p.build(), { code, message })
    t.notOk(existsSync(join(p.root, 'build/repository/complete')), 'nothing says that the tree is complete')
    t.notOk(existsSync(join(p.root, 'build/.scratch')), 'no scratch left')
  })
}

t.test('a name used twice', async t => {
  const p = project(t)
  p.write('more/web/buildinfo.json', '{}')
  await t.rejects(p.build({ packagesDirs: [join(p.root, 'more')] }), { code: 'BUILD_PACKAGE_REPEATED' })
  await t.rejects(p.build({ packages: { 'a--b': p.root } }), { code: 'BUILD_PACKAGE_NAME_INVALID' })
})

t.test('a package named on the command line takes the place of the one in packages/', async t => {
  const p = project(t)
  const before = idOf((await p.build()).packages, 'web')
  cpSync(join(p.root, 'packages/web'), join(p.root, 'patched'), { recursive: true })
  appendFileSync(join(p.root, 'patched/build'), 'touch "$PKG_PATH/patched"\n')
  const after = idOf((await p.build({ packages: { web: join(p.root, 'patched') } })).packages, 'web')
  t.not(after, before)
  t.equal(idOf((await p.build()).packages, 'web'), before, 'packages/ is as it was')
})

t.test('where the cache is', async t => {
  t.equal(chooseCacheDirectory({}, 0, '/root'), '/var/cache/dcos-node')
  t.equal(chooseCacheDirectory({ DCOS_NODE_CACHE: '/x/' }, 0, '/root'), '/x')
  t.equal(chooseCacheDirectory({ XDG_CACHE_HOME: '/home/u/.c' }, 1000, '/home/u'), '/home/u/.c/dcos-node')
  t.equal(chooseCacheDirectory({}, 1000, '/home/u'), '/home/u/.cache/dcos-node')
})
