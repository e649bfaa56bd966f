import { execFileSync } from 'node:child_process'
import t from 'tap'
import { scriptEnvironment } from '../../../pkgpanda/build/build-script.ts'
import { coveredPaths, type IsolatedRoot, planIsolatedRoot, quote } from '../../../pkgpanda/build/isolated-root.ts'
import { isolatedCommand } from '../../../pkgpanda/build/isolation.ts'
import { holdsPath } from '../../../pkgpanda/build/package-result.ts'

const ROOT: IsolatedRoot = {
  mountPoint: '/s/root',
  id: 'app--1',
  sources: '/s/a b',
  extra: '/s/extra',
  script: '/s/build',
  temporary: '/s/tmp',
  result: '/s/result',
  installRoot: '/s/view',
  dependencies: new Map([['nodejs--2', '/s/dep']]),
  hidden: ['/usr/src/project', '/usr/src/project/build', '/srv/project'],
}
const LAYOUT = { links: new Map([['bin', 'usr/bin']]), folders: ['/lib64'], files: ['/etc/ld.so.cache'] }

t.test('pkgpanda 3.4, what a build script sees', async t => {
  const { folders, links, mounts } = planIsolatedRoot(ROOT, LAYOUT)
  const lines = mounts.trim().split('\n')
  for (const line of [
    '/usr /s/root/usr none bind,ro,nosuid,nodev 0 0',
    '/lib64 /s/root/lib64 none bind,ro,nosuid,nodev 0 0',
    '/s/a\\040b /s/root/pkg/src none bind 0 0',
    '/s/build /s/root/pkg/build none bind,ro,nosuid,nodev 0 0',
    '/s/extra /s/root/pkg/extra none bind,ro,nosuid,nodev 0 0',
    '/s/view /s/root/opt/mesosphere none bind,ro,nosuid,nodev 0 0',
    '/s/dep /s/root/opt/mesosphere/packages/nodejs--2 none bind,ro,nosuid,nodev 0 0',
    '/s/result /s/root/opt/mesosphere/packages/app--1 none bind 0 0',
    'hidden /s/root/usr/src/project tmpfs ro,nosuid,nodev,size=4k 0 0',
  ]) {
    t.ok(lines.includes(line), line)
  }
  const writable = lines
    .filter(line => / none bind 0 0$/.test(line) && !/\/dev\//.test(line))
    .map(line => line.split(' ')[1])
  t.strictSame(writable, ['/s/root/pkg/src', '/s/root/tmp', '/s/root/opt/mesosphere/packages/app--1'])
  t.equal(links.get('/bin'), 'usr/bin')
  t.notOk(folders.some(folder => /^\/(root|home|srv)/.test(folder)))
  t.notOk(planIsolatedRoot({ ...ROOT, extra: undefined } as never, LAYOUT).mounts.includes('/pkg/extra'))
})

t.test('folders of the builder are covered where the system shows them, each once', async t => {
  t.strictSame(coveredPaths(ROOT.hidden), ['/usr/src/project'])
  t.strictSame(coveredPaths(['/srv/x', '/usr']), [])
  t.strictSame(coveredPaths(['/lib/a', '/usr/ab', '/usr/a']), ['/lib/a', '/usr/ab', '/usr/a'])
})

t.test('a word of sh is that word', async t => {
  for (const text of ['', "it's", '$HOME `id` "x"', 'a\nb', '\\']) {
    t.equal(execFileSync('sh', ['-c', `printf %s ${quote(text)}`], { encoding: 'utf8' }), text)
  }
})

t.test("root's scripts get an id of nobody's, others keep theirs; neither has capabilities", async t => {
  const asRoot = isolatedCommand({ kind: 'namespaces', builder: 65533 }, ROOT, '/s/table', ['true'])
  t.match(asRoot.join(' '), /^setpriv --pdeathsig=KILL -- unshare --mount --pid --fork --kill-child --net /)
  t.match(asRoot.join(' '), /--reuid=65533 .*--bounding-set=-all .*unshare --user .*--no-new-privs -- true$/)
  const asUser = isolatedCommand({ kind: 'namespaces' }, ROOT, '/s/table', ['true'])
  t.match(asUser.join(' '), /unshare .*--net .*--user --map-root-user -- sh/)
  t.match(asUser.slice(-3), ['--no-new-privs', '--', 'true'])
})

t.test('pkgpanda 3.4, the variables of a script', async t => {
  const run = { name: 'app', variant: '', version: '1', places: { ...ROOT, table: '/s/table' } }
  t.match(scriptEnvironment(run, true), {
    PKG_NAME: 'app',
    PKG_VERSION: '1',
    PKG_ID: 'app--1',
    PKG_VARIANT: '<default>',
    PKG_PATH: '/opt/mesosphere/packages/app--1',
    PKG_FINAL_PATH: '/opt/mesosphere/packages/app--1',
    PKG_SRC: '/pkg/src',
    PKG_EXTRA: '/pkg/extra',
    NUM_CORES: /^\d+$/,
  })
  t.match(scriptEnvironment({ ...run, variant: 'ee' }, false), {
    PKG_VARIANT: 'ee',
    PKG_PATH: '/s/result',
    PKG_FINAL_PATH: '/opt/mesosphere/packages/app--1',
    PKG_SRC: '/s/a b',
    PKG_EXTRA: '/s/extra',
  })
})

const texts: [string, boolean][] = [
  ['cd /pkg/src/web', true],
  ['"/pkg/src"', true],
  ['-I/pkg/src/include', true],
  ['vendor/pkg/src/x.go', false],
  ['/go/pkg/src', false],
  ['/pkg/srcs', false],
  ['vendor/pkg/src then /pkg/src', true],
  ['', false],
]
for (const [text, holds] of texts) {
  t.test(`a path of the script's own root, looked for in '${text}'`, async t => {
    t.equal(holdsPath(Buffer.from(text), '/pkg/src'), holds)
  })
}
