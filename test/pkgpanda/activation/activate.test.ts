/** An activation's dealings with the world outside the nine names: users, state directories, space, scrape targets, the lock. */
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import {
  chownSync,
  existsSync,
  lchownSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createConnection, createServer } from 'node:net'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import t from 'tap'
import { activate } from '../../../pkgpanda/activation/activate.ts'
import { ensureStateDirectory } from '../../../pkgpanda/activation/state-directories.ts'
import { hostUsers, type UserDatabase } from '../../../pkgpanda/activation/users.ts'
import { requireSpace } from '../../../pkgpanda/disk/space.ts'
import { formatScrapeTargets, scrapeTargetsPath, writeScrapeTargets } from '../../../pkgpanda/record/scrape-targets.ts'
import { acquireLock, lockName } from '../../../pkgpanda/swap/lock.ts'
import { refuseVendorUnits } from '../../../pkgpanda/units/unit-links.ts'
import { makeNode, noUsers, scratchDirectory, UNIT } from '../node-fixture.ts'
import { noTmpfs } from '../small-tmpfs.ts'

const AS_ROOT = process.getuid?.() === 0 ? false : 'needs root, to change owners'

t.test('users are made before anything is staged, and own their state directory', async t => {
  const node = makeNode(t, {
    packages: { 'logs--1': { 'pkginfo.json': '{"username":"dcos_logs","state_directory":true}' } },
  })
  const made: string[] = []
  const users: UserDatabase = {
    ...noUsers(),
    uidOf: () => process.getuid?.(),
    create: user => {
      made.push(user)
      if (existsSync(join(node.paths.root, 'bin.new'))) throw new Error('staged already')
    },
  }
  await activate(node.surroundings({ users }), ['logs--1'])
  t.strictSame(made, ['dcos_logs'])
  t.ok(existsSync(join(node.paths.stateRoot, 'logs')))
  await t.rejects(activate(node.surroundings({ users, manualUsers: true }), ['logs--1']), {
    code: 'PKGPANDA_USER_MISSING',
  })
})

t.test('the users of this machine are found by getent', async t => {
  const users = hostUsers()
  t.strictSame(users.groupsOf('root')?.[0], 'root')
  t.equal(users.uidOf('root'), 0)
  t.ok(users.hasGroup('root'))
  t.equal(users.groupsOf('dcos_nobody_has_this_name'), undefined)
  t.equal(users.uidOf('dcos_nobody_has_this_name'), undefined)
  t.notOk(users.hasGroup('dcos_nobody_has_this_name'))
})

t.test('state directories: owners that differ are changed, links are not followed', { skip: AS_ROOT }, async t => {
  const directory = scratchDirectory(t)
  const state = join(directory, 'state')
  const outside = join(directory, 'outside')
  mkdirSync(join(state, 'deep'), { recursive: true })
  writeFileSync(outside, '')
  writeFileSync(join(state, 'deep/file'), '')
  symlinkSync(outside, join(state, 'link'))
  chownSync(join(state, 'deep/file'), 0, 12_345)
  lchownSync(join(state, 'link'), 0, 0)
  linkSync(outside, join(state, 'theirs'))
  ensureStateDirectory(state, 54_321)
  const owner = (path: string) => `${lstatSync(path).uid}:${lstatSync(path).gid}`
  t.equal(owner(join(state, 'deep/file')), '54321:12345', 'the group stays')
  t.equal(owner(join(state, 'link')), '54321:0')
  t.equal(owner(outside), '0:0', 'neither through a link nor by another name')
})

t.test('state directories: a daemon that renames meanwhile leads nowhere else', { skip: AS_ROOT }, async t => {
  const directory = scratchDirectory(t)
  const state = join(directory, 'state')
  const outside = join(directory, 'outside')
  mkdirSync(state)
  mkdirSync(outside)
  writeFileSync(join(outside, 'shadow'), '')
  const daemon = new Worker(
    `const { mkdirSync, rmdirSync, symlinkSync, unlinkSync } = require('node:fs')
    const { parentPort, workerData } = require('node:worker_threads')
    parentPort.postMessage('renaming')
    for (;;) {
      mkdirSync(workerData.name)
      rmdirSync(workerData.name)
      symlinkSync(workerData.outside, workerData.name)
      unlinkSync(workerData.name)
    }`,
    { eval: true, workerData: { name: join(state, 'name'), outside } },
  )
  await once(daemon, 'message')
  for (let round = 0; round < 5_000; round++) ensureStateDirectory(state, 54_321)
  await daemon.terminate()
  t.equal(lstatSync(join(outside, 'shadow')).uid, 0)
})

t.test('space is asked for first', async t => {
  const directory = scratchDirectory(t)
  t.doesNotThrow(() => requireSpace(join(directory, 'not/there/yet'), { bytes: 1, inodes: 1 }))
  t.throws(() => requireSpace(directory, { bytes: 1e18, inodes: 0 }), {
    code: 'PKGPANDA_NO_SPACE',
    message: /bytes wanted/,
  })
  t.throws(() => requireSpace(directory, { bytes: 0, inodes: 1e15 }), {
    code: 'PKGPANDA_NO_SPACE',
    message: /inodes wanted/,
  })
})

t.test('an install root on a full disk: refused, the node as it was', { skip: noTmpfs() }, async t => {
  const many = Object.fromEntries(Array.from({ length: 400 }, (_, index) => [`lib/f${index}`, '']))
  const node = makeNode(t, {
    packages: { 'a--1': { 'pkginfo.json': '{}', 'bin/a': '' }, 'b--1': { 'pkginfo.json': '{}', ...many } },
  })
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8m,nr_inodes=300', 'tmpfs', node.paths.root])
  t.teardown(() => execFileSync('umount', [node.paths.root]))
  t.equal((await node.run('activate', 'a--1')).status, 0)
  const before = node.snapshot()
  t.match(await node.run('activate', 'a--1', 'b--1'), { status: 1, err: /^ERROR: No space left .*inodes wanted/ })
  t.strictSame(node.snapshot(), before)
})

t.test('the fragment for Prometheus follows the active set', async t => {
  t.strictSame(JSON.parse(formatScrapeTargets('10.0.0.1', 'a1', ['slave'])), [
    { targets: ['10.0.0.1:61091'], labels: { node: 'a1', role: 'slave' } },
  ])
  t.match(formatScrapeTargets('fd00::1', 'a1', []), /\[fd00::1\]:61091/)
  const detectIp = { content: '#!/bin/sh\necho 10.1.2.3\n', mode: 0o755 }
  const node = makeNode(t, {
    packages: {
      'dcos-metrics--1': { 'pkginfo.json': '{}' },
      'dcos-config--setup_1': { 'pkginfo.json': '{}', 'bin/detect_ip': detectIp },
      'dcos-config--setup_2': {
        'pkginfo.json': '{}',
        'bin/detect_ip': { ...detectIp, content: '#!/bin/sh\nexit 3\n' },
      },
    },
  })
  const path = scrapeTargetsPath(node.paths)
  await node.run('activate', 'dcos-metrics--1', 'dcos-config--setup_1')
  t.match(JSON.parse(readFileSync(path, 'utf8')), [{ targets: ['10.1.2.3:61091'], labels: { role: 'master' } }])
  t.match(await node.run('activate', 'dcos-metrics--1', 'dcos-config--setup_2'), {
    status: 0,
    err: /keeps the targets it has: detect_ip/,
  })
  t.match(readFileSync(path, 'utf8'), '10.1.2.3')
  t.equal((await node.run('activate', 'dcos-metrics--1', 'dcos-config--setup_2', '--silent')).err, '')
  await node.run('activate', 'dcos-config--setup_1')
  t.notOk(existsSync(path), 'no metrics, no target')
  const lines: string[] = []
  await writeScrapeTargets(
    { ...node.surroundings(), roles: [], warn: line => lines.push(line), detectIp: async () => '10.9.9.9' },
    ['dcos-metrics--1'],
  )
  t.strictSame(lines, [])
})

t.test('the lock: freed by death, silent owners are told so', async t => {
  const root = scratchDirectory(t)
  const source = `import { acquireLock } from ${JSON.stringify(join(import.meta.dirname, '../../../pkgpanda/swap/lock.ts'))}
    await acquireLock(${JSON.stringify(root)}, 'fetch'); console.log('held'); setInterval(() => {}, 1000)`
  const owner = spawn(process.execPath, ['--input-type=module', '--eval', source], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await new Promise(resolve => owner.stdout.once('data', resolve))
  await t.rejects(acquireLock(root, 'list'), {
    code: 'PKGPANDA_LOCKED',
    message: new RegExp(`pid ${owner.pid} \\(pkgpanda fetch\\)`),
  })
  process.kill(owner.pid ?? 0, 'SIGSTOP')
  await t.rejects(acquireLock(root, 'list'), {
    code: 'PKGPANDA_LOCKED',
    message: /another pkgpanda that does not answer/,
  })
  const gone = new Promise(resolve => owner.once('close', resolve))
  owner.kill('SIGKILL')
  await gone
  for (const lie of ['1 \u001b[2Jactivate', '1 activate\n', '1 a b', 'x'.repeat(9_999)]) {
    await using stranger = createServer(connection => connection.end(lie))
    await new Promise<void>(resolve => stranger.listen(lockName(root), resolve))
    await t.rejects(
      acquireLock(root, 'list'),
      { code: 'PKGPANDA_LOCKED', message: /another pkgpanda that does not answer/ },
      'what a local user who took the name says is not passed on',
    )
  }
  await using lock = await acquireLock(root, 'list')
  t.ok(lock)
  await using other = await acquireLock(scratchDirectory(t), 'list')
  t.ok(other, 'another root has a lock of its own')
})

t.test('the lock: a connection that nobody closes does not keep its owner', { timeout: 10_000 }, async t => {
  const root = scratchDirectory(t)
  const digest = createHash('sha256').update(realpathSync(root)).digest('hex').slice(0, 32)
  const lock = await acquireLock(root, 'activate')
  const idle = createConnection({ path: `\0dcos-pkgpanda:${digest}`, allowHalfOpen: true })
  t.teardown(() => idle.destroy())
  const [answer] = await once(idle, 'data')
  t.equal(String(answer), `${process.pid} activate`)
  await t.resolves(lock[Symbol.asyncDispose]())
})

t.test('the program itself: status, streams, and the recovery script that it leaves while it works', async t => {
  const node = makeNode(t, {
    packages: { 'a--1': { 'pkginfo.json': '{}', 'bin/a': '', 'dcos.target.wants/dcos-a.service': UNIT } },
  })
  const main = join(import.meta.dirname, '../../../pkgpanda/main.ts')
  const { root, repository, configDirectory, stateRoot } = node.paths
  const options = [
    `--root=${root}`,
    `--repository=${repository}`,
    `--config-dir=${configDirectory}`,
    `--state-dir-root=${stateRoot}`,
    '--rooted-systemd',
    '--no-systemd',
  ]
  const run = (...argv: string[]) => spawnSync(process.execPath, [main, ...options, ...argv], { encoding: 'utf8' })
  t.match(run('activate', 'a--1'), { status: 0, stdout: '', stderr: '' })
  t.match(run('active'), { status: 0, stdout: 'a--1\n' })
  t.match(run('activate', 'a--2'), { status: 1, stdout: '', stderr: /^Package Error: .*\n$/ })

  // A swap killed while bin/ is away, as `kill -9` leaves it: only the script can bring pkgpanda back.
  let script = ''
  const disk = (await import('../../../pkgpanda/disk/disk.ts')).openDisk({
    before(what, path) {
      if (script) throw new Error('killed')
      if (what === 'rename' && path === join(root, 'bin.new')) {
        script = readFileSync(join(root, 'install_recover'), 'utf8')
        throw new Error('killed')
      }
    },
  })
  const recoveryCommand = [process.execPath, main, 'setup', ...options]
  await t.rejects(activate(node.surroundings({ disk, recoveryCommand }), ['a--1']), { message: 'killed' })
  t.notOk(existsSync(join(root, 'bin')))
  const recovered = spawnSync(join(root, 'install_recover'), { encoding: 'utf8' })
  t.match(recovered, { status: 0, stderr: /has been finished/ })
  t.ok(existsSync(join(root, 'bin/a')))
  t.notOk(existsSync(join(root, 'install_recover')))
})

t.test('a unit of the operator that the target wants: its file is not deleted with the old set', async t => {
  const packages = {
    'a--1': { 'pkginfo.json': '{}', 'dcos.target.wants_gone/a.service': UNIT },
    'b--1': { 'pkginfo.json': '{}' },
  }
  const node = makeNode(t, { packages, roles: ['gone'] })
  const { root } = node.paths
  await activate(node.surroundings({ roles: ['gone'] }), ['a--1'])
  t.ok(existsSync(join(root, 'a.service')))
  // As `systemctl enable` does it.
  writeFileSync(join(root, 'theirs.service'), UNIT)
  symlinkSync(join(root, 'theirs.service'), join(root, 'dcos.target.wants/theirs.service'))
  const lines: string[] = []
  await activate(node.surroundings({ warn: line => void lines.push(line), roles: [] }), ['b--1'])
  t.notOk(existsSync(join(root, 'a.service')), 'also of a role that the node has no more')
  t.ok(existsSync(join(root, 'theirs.service')))
  t.match(lines, [/theirs\.service belongs to no package/])
})

t.test('a unit that would take the place of one of the system is refused, unless it has done so before', async t => {
  const vendor = scratchDirectory(t)
  writeFileSync(join(vendor, 'sshd.service'), UNIT)
  const units = ['a.service', 'sshd.service.d/x.conf', 'sshd.service'].map(path => ({ path, packageId: 'a--1' }))
  t.throws(() => refuseVendorUnits(units, [], [vendor]), { code: 'PKGPANDA_UNIT_RESERVED', message: /sshd\.service/ })
  refuseVendorUnits(units, ['sshd.service'], [vendor])
  refuseVendorUnits(units.slice(0, 2), [], [vendor, join(vendor, 'none')])
})
