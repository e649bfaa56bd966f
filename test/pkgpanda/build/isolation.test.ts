import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import t, { type Test } from 'tap'
import { chooseIsolation } from '../../../pkgpanda/build/isolation.ts'
import { idOf, json, type Project, project } from './project-fixture.ts'

const SCRIPT_SEES = [
  // What follows tries to do harm, which is not for the machine that tests.
  '[ "$PKG_PATH" = "$PKG_FINAL_PATH" ]',
  'cd "$PKG_PATH"; exec 2>&1',
  'id -u >uid; ls / >top; ls /etc >settings; ls /opt/mesosphere/packages >packages; echo "PKG_PATH=$PKG_PATH" >environment',
  'sed s,/pkg/,/p/,g /proc/self/mounts >mounts; cat /proc/net/dev >network; grep ^CapEff /proc/self/status >capabilities',
  'ls /proc | grep -c "^[0-9]" >processes; cat "$PKG_EXTRA/note" >note; ls "$PKG_SRC" >sources',
  'readlink /opt/mesosphere/bin/tool >link; /opt/mesosphere/bin/tool >said; source /opt/mesosphere/environment.export; echo "$TOOL" >variable',
  // What must not go: each would be a line of `refused`.
  '{ touch /opt/mesosphere/bin/x /usr/x /pkg/build /pkg/extra/x /etc/x /x && echo written; ls "$HOME_OF_BUILDER" && echo seen; } >refused || true',
  '{ mount -t tmpfs none /tmp && echo mounted; echo 1 >/proc/sys/vm/drop_caches && echo sysctl; } >>refused || true',
  'touch /tmp/scratch /pkg/src/scratch; chown 0:0 uid; echo x >/dev/shm/x; mkfifo /tmp/fifo\n',
].join('\n')

const FILES: Record<string, string> = {
  'packages/tool/buildinfo.json': '{"environment":{"TOOL":"is here"}}',
  'packages/tool/build':
    'mkdir "$PKG_PATH/bin"; printf "#!/bin/sh\\necho tool\\n" >"$PKG_PATH/bin/tool"; chmod +x "$PKG_PATH/bin/tool"',
  'packages/other/buildinfo.json': '{}',
  'packages/other/build': 'mkdir "$PKG_PATH/bin"; touch "$PKG_PATH/bin/other"',
  'packages/app/buildinfo.json': '{"requires":["tool"],"single_source":{"kind":"files","paths":["src"]}}',
  'packages/app/build': SCRIPT_SEES.replace('$HOME_OF_BUILDER', '/root" /home "/var/lib'),
  'packages/app/extra/note': 'from extra\n',
  src: 'source\n',
}

/** false when scripts can be isolated here, else why not. */
const NO_NAMESPACES = await (async () => {
  const folder = mkdtempSync(join(tmpdir(), 'dcos-probe-'))
  try {
    const isolation = await chooseIsolation(process.getuid?.(), folder, new AbortController().signal)
    return isolation.kind === 'none' && `no namespaces here: ${isolation.why}`
  } finally {
    rmSync(folder, { recursive: true })
  }
})()

const MKPANDA = resolve(import.meta.dirname, '../../../pkgpanda/build/mkpanda/main.ts')
const AS_USER = ['--reuid=64321', '--regid=64321', '--clear-groups']

/** false when the tests above were as root, and an ordinary user may read the project. */
function noOtherUser(): string | false {
  if (process.getuid?.() !== 0) return 'the tests above are by an ordinary user'
  const { status } = spawnSync('setpriv', [...AS_USER, process.execPath, '--check', MKPANDA])
  return status === 0 ? false : 'an ordinary user cannot read the project'
}

function checkView(t: Test, p: Project, id: string): void {
  const folder = p.unpack(id)
  const read = (name: string) => readFileSync(join(folder, name), 'utf8')
  t.equal(read('uid'), '0\n')
  t.strictSame(
    read('top')
      .trim()
      .split('\n')
      .filter(name => !/^(s?bin|lib\w*)$/.test(name)),
    ['dev', 'etc', 'old', 'opt', 'pkg', 'proc', 'run', 'tmp', 'usr', 'var'],
  )
  t.notMatch(read('settings'), /shadow|resolv|ssh/)
  t.strictSame(
    read('packages').trim().split('\n'),
    [id, 'tool'].map(name => (name === id ? id : read('link').split('/')[4]!)).sort(),
  )
  t.match(read('link'), /^\/opt\/mesosphere\/packages\/tool--[0-9a-f]{40}\/bin\/tool\n$/)
  t.equal(read('said'), 'tool\n')
  t.equal(read('variable'), 'is here\n')
  t.equal(read('note'), 'from extra\n', 'fact 64: extra/ is visible to the script')
  t.equal(read('sources'), 'app\n')
  t.match(read('network').trim().split('\n').slice(2).join(), /^\s*lo:[^\n]*$/, 'no network but the loopback')
  t.match(read('capabilities'), /0000000000000000/)
  t.ok(Number(read('processes')) < 12, 'no processes but its own')
  t.notMatch(read('mounts'), /\/(home|root|var\/lib)\b/)
  t.notMatch(read('refused'), /written|seen|mounted|sysctl/)
  t.match(read('environment'), `PKG_PATH=/opt/mesosphere/packages/${id}`)
}

/** Processes whose command line has the word. */
function processesWith(word: string): string[] {
  return readdirSync('/proc').filter(name => {
    try {
      return /^\d+$/.test(name) && readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0').includes(word)
    } catch {
      return false
    }
  })
}

function mountsBelow(folder: string): string[] {
  return readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .filter(line => line.includes(folder))
}

t.test(
  'a script sees its dependencies and sources, and nothing else of the machine',
  { skip: NO_NAMESPACES },
  async t => {
    const p = project(t, 'project', FILES)
    const { packages } = await p.build()
    checkView(t, p, idOf(packages, 'app'))
    t.strictSame(mountsBelow(p.root), [], 'no mounts left')
    t.strictSame(readdirSync(join(p.root, 'build')).sort(), ['repository'])
  },
)

t.test('the same for an ordinary user', { skip: NO_NAMESPACES || noOtherUser() }, async t => {
  const p = project(t, 'project', FILES)
  execFileSync('chown', ['-R', '64321:64321', p.root])
  const output = execFileSync('setpriv', [...AS_USER, process.execPath, MKPANDA, 'tree', '--mkbootstrap'], {
    cwd: join(p.root, 'packages'),
    encoding: 'utf8',
    env: { PATH: process.env.PATH, DCOS_NODE_CACHE: join(p.root, 'cache') },
  })
  if (/without isolation/.test(output)) return t.comment(`not for ordinary users here: ${output.split('\n', 1)[0]}`)
  const { packages } = json(join(p.root, 'build/repository/complete/complete.latest.json'))
  checkView(t, p, idOf(packages, 'app'))
  t.strictSame(mountsBelow(p.root), [])
})

const LEAVES_DAEMON = 'setsid sleep 7654321 >/dev/null 2>&1 & sleep 8765432 & echo done >"$PKG_PATH/done"\n'

for (const isolated of [true, false]) {
  const way = isolated ? 'in namespaces' : 'without namespaces'
  t.test(`${way}: a daemon that the script leaves behind is gone`, { skip: isolated && NO_NAMESPACES }, async t => {
    const p = project(t, 'project', { ...FILES, 'packages/app/build': LEAVES_DAEMON })
    await p.build({ isolated })
    t.strictSame([...processesWith('7654321'), ...processesWith('8765432')], [])
    if (!isolated) t.match(p.lines, ['build scripts run without isolation: as asked for'], 'and says so')
  })

  t.test(
    `${way}: an interrupted build leaves no process, mount or folder`,
    { skip: isolated && NO_NAMESPACES },
    async t => {
      const p = project(t, 'project', {
        ...FILES,
        'packages/app/build': 'sleep 6543210 & mkdir -p "$PKG_PATH/closed/in"; chmod 0 "$PKG_PATH/closed"; wait\n',
      })
      const controller = new AbortController()
      const build = t.rejects(p.build({ isolated }, { signal: controller.signal }), { message: 'that is enough' })
      while (processesWith('6543210').length === 0) await new Promise(resolve => setTimeout(resolve, 20))
      controller.abort(new Error('that is enough'))
      await build
      t.strictSame(processesWith('6543210'), [])
      t.strictSame(mountsBelow(p.root), [])
      t.notOk(existsSync(join(p.root, 'build/.scratch')))
      t.ok(p.lines.includes('app: stopped'), p.lines.join('\n'))
    },
  )
}

t.test('a killed builder takes its scripts along, and the next one tidies up', { skip: NO_NAMESPACES }, async t => {
  const p = project(t, 'project', { ...FILES, 'packages/app/build': 'sleep 5432109\n' })
  const builder = spawn(process.execPath, [MKPANDA, '--recursive'], {
    cwd: join(p.root, 'packages/app'),
    stdio: 'ignore',
    env: { ...process.env, DCOS_NODE_CACHE: join(p.root, 'cache') },
  })
  while (processesWith('5432109').length === 0) await new Promise(resolve => setTimeout(resolve, 20))
  builder.kill('SIGKILL')
  await once(builder, 'exit')
  while (processesWith('5432109').length > 0) await new Promise(resolve => setTimeout(resolve, 20))
  t.ok(existsSync(join(p.root, 'build/.scratch')), 'it could not tidy up itself')
  p.write('packages/app/build', 'true\n')
  await p.build()
  t.notOk(existsSync(join(p.root, 'build/.scratch')))
})

t.test('where the kernel refuses namespaces, the build says why and goes on', async t => {
  const folder = t.testdir({ bin: {} })
  const unshare = join(folder, 'bin/unshare')
  writeFileSync(unshare, '#!/bin/sh\necho "unshare: unshare failed: Operation not permitted" >&2\nexit 1\n')
  chmodSync(unshare, 0o755)
  t.strictSame(
    await chooseIsolation(
      0,
      join(folder, 'scratch'),
      new AbortController().signal,
      `${join(folder, 'bin')}:/usr/bin:/bin`,
    ),
    {
      kind: 'none',
      why: 'unshare: unshare failed: Operation not permitted',
    },
  )
  t.strictSame(readdirSync(join(folder, 'scratch')), [])
})

t.test('both ways give the same bytes', { skip: NO_NAMESPACES }, async t => {
  const files = {
    ...FILES,
    'packages/app/build':
      'cp "$PKG_EXTRA/note" "$PKG_PATH/"; mv "$PKG_SRC/app/src" "$PKG_PATH/"; echo "$PKG_FINAL_PATH $PKG_ID" >"$PKG_PATH/facts"\n',
  }
  const p = project(t, 'project', files)
  await p.build({ output: join(p.root, 'one') })
  await p.build({ output: join(p.root, 'two'), isolated: false })
  execFileSync('diff', ['--recursive', join(p.root, 'one'), join(p.root, 'two')])
})

t.test('a dependency that another one contradicts is told before the script runs', { skip: NO_NAMESPACES }, async t => {
  const p = project(t, 'project', {
    ...FILES,
    'packages/other/build': 'mkdir "$PKG_PATH/bin"; touch "$PKG_PATH/bin/tool"',
    'packages/app/buildinfo.json': '{"requires":["tool","other"]}',
  })
  await t.rejects(p.build(), { code: 'PKGPANDA_FILE_CONFLICT', message: /bin\/tool/ })
})
