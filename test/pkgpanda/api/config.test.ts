/** Configuration of the API: the file of 1.9, options by hand, roles; and the socket that --socket replaces. */
import { linkSync, mkdirSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import { loadConfig, readRepositoryUrls } from '../../../pkgpanda/api/config.ts'
import { removeStaleSocket } from '../../../pkgpanda/api/stale-socket.ts'
import { installPaths } from '../../../pkgpanda/context.ts'
import { scratchDirectory } from '../node-fixture.ts'

t.test('nothing given: the node itself, as the command line sees it', async t => {
  const config = await loadConfig([], {})
  t.match(installPaths(config.paths), {
    root: '/opt/mesosphere',
    repository: '/opt/mesosphere/packages',
    rootedSystemd: false,
  })
  t.match(config, {
    ...{ listener: undefined, workDirectory: '/run/dcos/pkgpanda-api', metricsDirectory: '/run/dcos/metrics' },
    ...{ repositoryUrls: [], idleExitMs: 60_000, changesAllowed: true },
  })
  t.equal(config.paths.blockSystemd, false)
})

t.test('the file of 1.9, and options over it', async t => {
  const directory = scratchDirectory(t)
  const file = join(directory, 'api.json')
  const keys = {
    DCOS_ROOT: '/a',
    DCOS_CONFIG_DIR: '/b',
    DCOS_REPO_DIR: '/c',
    DCOS_ROOTED_SYSTEMD: true,
    WORK_DIR: '/d',
  }
  writeFileSync(file, JSON.stringify(keys))
  const env = { PKGPANDA_HTTP_CONFIG: file }
  const config = await loadConfig([], env)
  t.match(installPaths(config.paths), { root: '/a', configDirectory: '/b', repository: '/c', rootedSystemd: true })
  t.equal(config.workDirectory, '/d')
  const byHand = ['--root=/x', '--state-dir-root', '/s', '--no-systemd', '--socket', '/y/s']
  const other = await loadConfig(byHand, env)
  t.match(installPaths(other.paths), { root: '/x', repository: '/c', stateRoot: '/s' })
  t.match(other, {
    paths: { systemd: false },
    listener: { path: '/y/s', mode: 0o660 },
    metricsDirectory: '/s/pkgpanda',
  })
  t.strictSame((await loadConfig(['--port', '0'], {})).listener, { host: '127.0.0.1', port: 0 }, 'loopback only')
})

t.test('what is wrong is named', async t => {
  const file = join(scratchDirectory(t), 'api.json')
  writeFileSync(file, '{"ROLE": "boss", "DCOS_ROT": 1}')
  await t.rejects(loadConfig([], { PKGPANDA_HTTP_CONFIG: file }), {
    code: 'CONFIG_VALUE_INVALID',
    message: /boss.*DCOS_ROT|DCOS_ROT.*boss/,
  })
  await t.rejects(loadConfig([], { PKGPANDA_HTTP_CONFIG: `${file}.none` }), { code: 'CONFIG_FILE_UNREADABLE' })
  for (const argv of [
    ['--port', '80x'],
    ['--port', '65536'],
    ['--socket', '/s', '--port', '1'],
    ['--nonsense'],
    ['word'],
  ]) {
    await t.rejects(loadConfig(argv, {}), { code: 'PKGPANDA_USAGE' }, argv.join(' '))
  }
})

t.test('whether changes are allowed: masters, and whoever the file says', async t => {
  const directory = scratchDirectory(t)
  const file = join(directory, 'api.json')
  mkdirSync(join(directory, 'roles'))
  const cases: readonly [keys: object, role: string, allowed: boolean][] = [
    [{ ROLE: 'master' }, '', true],
    [{ ROLE: 'agent' }, '', false],
    [{ ROLE: 'agent_public' }, '', false],
    [{ ROLE: 'agent', ALLOW_CHANGES: true }, '', true],
    [{ ROLE: 'master', ALLOW_CHANGES: false }, '', false],
    [{}, 'master', true],
    [{}, 'slave', false],
    [{}, 'slave_public', false],
  ]
  for (const [keys, role, allowed] of cases) {
    const config = join(directory, `config-${role}`)
    mkdirSync(join(config, 'roles'), { recursive: true })
    if (role) writeFileSync(join(config, 'roles', role), '')
    writeFileSync(file, JSON.stringify(keys))
    const { changesAllowed } = await loadConfig([`--config-dir=${config}`], { PKGPANDA_HTTP_CONFIG: file })
    t.equal(changesAllowed, allowed, `${JSON.stringify(keys)} ${role}`)
  }
})

t.test('the repository that the installer wrote down', async t => {
  const configDirectory = scratchDirectory(t)
  const paths = { ...installPaths({}), configDirectory }
  t.strictSame(readRepositoryUrls(paths), [])
  mkdirSync(join(configDirectory, 'setup-flags'))
  writeFileSync(join(configDirectory, 'setup-flags/repository-url'), 'http://a/x\n')
  t.strictSame(readRepositoryUrls(paths), ['http://a/x'])
})

t.test('--socket replaces a socket that nobody listens on, and nothing else', async t => {
  const directory = scratchDirectory(t)
  const path = join(directory, 's')
  await removeStaleSocket(path)
  const server = createServer(connection => connection.end())
  await new Promise<void>(resolve => server.listen(path, resolve))
  await removeStaleSocket(path)
  t.ok(statSync(path).isSocket(), 'one that is listened on stays')
  // Node removes the socket of a server that is closed: a link keeps it, as a kill would.
  const stale = join(directory, 'stale')
  linkSync(path, stale)
  await new Promise<void>(resolve => server.close(() => resolve()))
  t.ok(statSync(stale).isSocket())
  await removeStaleSocket(stale)
  t.throws(() => statSync(stale), { code: 'ENOENT' })
  writeFileSync(path, 'precious')
  await removeStaleSocket(path)
  t.ok(statSync(path).isFile(), 'a file stays')
})
