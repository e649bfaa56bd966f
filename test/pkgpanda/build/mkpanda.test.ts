/** mkpanda by its command line, in a package's folder (pkgpanda 3.4). */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { chmodSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import t from 'tap'
import { parseMkpandaOptions } from '../../../pkgpanda/build/mkpanda/options.ts'
import { runBuilder } from '../../../pkgpanda/build/sibling.ts'
import { mkpanda, start } from './mkpanda-process.ts'
import { idOf, project } from './project-fixture.ts'

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
