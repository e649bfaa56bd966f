/** bootstrap against a real ZooKeeper and a stand-in for Exhibitor; the program itself where its process matters. */
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { type BootstrapOptions, bootstrap } from '../../src/bootstrap/bootstrap.ts'
import type { Fault } from '../../src/shared/errors/fault.ts'
import { createLog } from '../../src/shared/log/journald.ts'
import { openSession } from '../../src/shared/zookeeper/session.ts'
import { zooKeeperMissing } from '../support/zookeeper/install.ts'
import { startZooKeeper } from '../support/zookeeper/server.ts'

const MAIN = join(import.meta.dirname, '../../src/bootstrap/main.ts')
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\n$/
/** Ports below 1024 are not handed out: nobody listens here. */
const NOBODY = '127.0.0.1:1'

/** A node with a role and files in etc/; its options reach nothing real until a test says so. */
async function makeNode(t: Test, role: string, files: Record<string, string> = {}): Promise<BootstrapOptions> {
  const directory = await mkdtemp(join(tmpdir(), 'bootstrap-'))
  t.teardown(() => rm(directory, { recursive: true, force: true }))
  const root = join(directory, 'opt')
  await mkdir(join(root, 'etc/roles'), { recursive: true })
  await writeFile(join(root, 'etc/roles', role), '')
  await writeFile(join(root, 'etc/dcos-service-configuration.json'), '{"sysctl":{}}')
  for (const [name, text] of Object.entries(files)) await writeFile(join(root, 'etc', name), text)
  return {
    root,
    stateDirectory: join(directory, 'state'),
    procfs: join(directory, 'proc'),
    exhibitorUrl: `http://${NOBODY}/`,
    zooKeeper: undefined,
    zooKeeperTimeoutMs: 10_000,
    environment: {},
  }
}

async function run(options: BootstrapOptions, ...names: string[]): Promise<{ fault?: Fault; lines: string }> {
  const lines: string[] = []
  try {
    await bootstrap(names, options, createLog({ write: line => lines.push(line) }))
    return { lines: lines.join('') }
  } catch (fault) {
    return { fault: fault as Fault, lines: lines.join('') }
  }
}

/** The program, under the mask that a hardened unit sets. */
function runProgram(...args: string[]): Promise<{ status: number; stderr: string; stdout: string }> {
  return new Promise(resolve => {
    const command = ['-c', 'umask 0077; exec "$@"', 'sh', process.execPath, MAIN, ...args]
    execFile('/bin/sh', command, (error, stdout, stderr) =>
      resolve({ status: error ? Number(error.code) : 0, stdout, stderr }),
    )
  })
}

async function exhibitor(t: Test, status: number, answer: unknown): Promise<string> {
  const server = createServer((_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json' })
    response.end(JSON.stringify(answer))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/exhibitor/v1/cluster/status`
}

const COMPLETE = [{ code: 3, description: 'serving', hostname: '10.0.0.1', isLeader: true }]

t.test('the cluster id in a real ZooKeeper', { skip: await zooKeeperMissing() }, async t => {
  const zooKeeper = await startZooKeeper()
  t.teardown(() => zooKeeper[Symbol.asyncDispose]())
  const exhibitorUrl = await exhibitor(t, 200, COMPLETE)
  const there = { zooKeeper: zooKeeper.address, exhibitorUrl }
  const master = { ...(await makeNode(t, 'master', { master_count: '1\n' })), ...there }
  const agent = { ...(await makeNode(t, 'slave')), ...there }
  const masterFile = join(master.stateDirectory, 'cluster-id')
  const agentFile = join(agent.stateDirectory, 'cluster-id')

  await t.test('an agent fails until a master has made it', async t => {
    t.match(await run(agent, 'dcos-metrics-agent'), { fault: { code: 'CLUSTER_ID_UNKNOWN' } })
    await t.rejects(readFile(agentFile), { code: 'ENOENT' })
  })

  await t.test('a master makes it, readable for all whatever the mask of the unit', async t => {
    const places = ['--root', master.root, '--state-dir', master.stateDirectory, '--procfs', master.procfs]
    const flags = [...places, '--zk', zooKeeper.address, '--exhibitor', exhibitorUrl]
    const { status, stderr } = await runProgram(...flags, 'dcos-metrics-master')
    t.equal(status, 0)
    t.match(stderr, /^<6>Cluster id written file='.*' id='[0-9a-f-]{36}'\n$/)
    t.match(await readFile(masterFile, 'utf8'), UUID)
    t.equal((await stat(masterFile)).mode & 0o777, 0o644)
    t.equal((await stat(master.stateDirectory)).mode & 0o777, 0o755)
  })

  await t.test('fact 67: the file removed and asked again, the same id; an agent reads it', async t => {
    const id = await readFile(masterFile, 'utf8')
    await rm(masterFile)
    t.match(await run(master, 'dcos-metrics-master', 'dcos-adminrouter'), { fault: undefined })
    t.equal(await readFile(masterFile, 'utf8'), id)
    t.match(await run(agent, 'dcos-metrics-agent'), { fault: undefined, lines: /^<6>Cluster id written/ })
    t.equal(await readFile(agentFile, 'utf8'), id)
    t.same(await run(agent, 'dcos-metrics-agent'), { lines: '' }, 'nothing to do, nothing to say')
  })

  await t.test('a node that comes from another cluster gets the new id, with a warning', async t => {
    await writeFile(agentFile, '00000000-0000-4000-8000-000000000000\n')
    const { lines } = await run(agent, 'dcos-metrics-agent')
    t.match(lines, /^<4>The cluster id of this node has changed, writing the new one .* old='00000000-/)
    t.equal(await readFile(agentFile, 'utf8'), await readFile(masterFile, 'utf8'))
  })

  await t.test('while ZooKeeper is away an agent keeps the id it has; a master insists', async t => {
    const away = { zooKeeper: NOBODY, zooKeeperTimeoutMs: 50 }
    const { fault, lines } = await run({ ...agent, ...away }, 'dcos-metrics-agent')
    t.equal(fault, undefined)
    t.match(lines, /^<4>ZooKeeper does not answer, keeping the cluster id of this node .*'ZOOKEEPER_UNREACHABLE'/)
    const fresh = await makeNode(t, 'slave')
    t.match(await run({ ...fresh, ...away }, 'dcos-metrics-agent'), { fault: { code: 'ZOOKEEPER_UNREACHABLE' } })
    t.match(await run({ ...master, ...away }, 'dcos-metrics-master'), { fault: { code: 'ZOOKEEPER_UNREACHABLE' } })
  })

  await t.test('somebody wrote nonsense into ZooKeeper', async t => {
    await using session = openSession({ ensemble: zooKeeper.address })
    await session.connected(10_000)
    await session.remove('/cluster-id')
    await session.create('/cluster-id', 'nonsense')
    const { fault } = await run(master, 'dcos-metrics-master')
    t.match(fault, { code: 'CLUSTER_ID_MALFORMED', message: /'\/cluster-id' holds 'nonsense'/ })
  })

  await t.test(
    'fact 68: the secret for tokens, once for all masters, in a file that only its user may read',
    async t => {
      const uid = process.getuid?.() ?? 0
      const asked: string[] = []
      const withUser = {
        ...master,
        uidOf: async (user: string) => {
          asked.push(user)
          return uid
        },
      }
      const file = join(master.stateDirectory, 'dcos-oauth/auth-token-secret')
      t.match(await run(withUser, 'dcos-oauth'), { fault: undefined, lines: /^<6>Secret for tokens written file=/ })
      const secret = await readFile(file, 'utf8')
      t.match(secret, /^[A-Za-z]{64}$/)
      t.match(await stat(file), { uid, mode: 0o100600 })
      t.strictSame(asked, ['dcos_oauth'])

      await rm(file)
      const { lines } = await run(withUser, 'dcos-oauth')
      t.equal(await readFile(file, 'utf8'), secret, 'removed and asked again: the same')
      t.notMatch(lines, secret, 'and never logged')
      await chmod(file, 0o644)
      t.same(await run(withUser, 'dcos-oauth'), { lines: '' })
      t.equal((await stat(file)).mode & 0o777, 0o600, 'a mode that somebody changed is mended')

      t.match(await run(master, 'dcos-oauth'), { fault: { code: 'BOOTSTRAP_USER_MISSING' } })
      await using session = openSession({ ensemble: zooKeeper.address })
      await session.connected(10_000)
      await session.remove('/dcos/auth-token-secret')
      await session.create('/dcos/auth-token-secret', 'two words')
      const { fault } = await run(withUser, 'dcos-oauth')
      t.match(fault, { code: 'BOOTSTRAP_SECRET_MALFORMED' })
      t.notMatch(fault?.message, /two words/)
      await session.remove('/dcos/auth-token-secret')
    },
  )

  await t.test('the state cannot be written', async t => {
    const session = openSession({ ensemble: zooKeeper.address })
    t.teardown(() => session[Symbol.asyncDispose]())
    await session.connected(10_000)
    await session.remove('/cluster-id')
    await writeFile(join(master.stateDirectory, 'file'), '')
    const blocked = { ...master, stateDirectory: join(master.stateDirectory, 'file') }
    t.match(await run(blocked, 'dcos-metrics-master'), { fault: { code: 'BOOTSTRAP_STATE_NOT_WRITTEN' } })
  })
})

t.test('what ends before ZooKeeper is asked', async t => {
  const agent = await makeNode(t, 'slave')
  const master = async (count: string, exhibitorUrl: string) => ({
    ...(await makeNode(t, 'master', { master_count: count })),
    exhibitorUrl,
  })
  const cases = [
    { what: 'an unknown service', node: agent, names: ['dcos-log-agent', 'toString'], fault: /^BOOTSTRAP_SERVICE_UNKNOWN.*'toString'/ },
    { what: 'no role', node: { ...agent, root: join(agent.root, 'none') }, fault: /^BOOTSTRAP_ROLE_UNKNOWN.*ENOENT/ },
    { what: 'Exhibitor is away', node: await master('1', `http://${NOBODY}/`), fault: /^BOOTSTRAP_EXHIBITOR_UNREACHABLE.*ECONNREFUSED/ },
    { what: 'Exhibitor fails', node: await master('1', await exhibitor(t, 500, {})), fault: /^BOOTSTRAP_EXHIBITOR_UNREACHABLE.*500/ },
    { what: 'Exhibitor answers something else', node: await master('1', await exhibitor(t, 200, { a: 1 })), fault: /^BOOTSTRAP_EXHIBITOR_UNREACHABLE.*allowed a list/ },
    { what: 'the ensemble is not complete', node: await master('3', await exhibitor(t, 200, COMPLETE)), fault: /^BOOTSTRAP_ENSEMBLE_INCOMPLETE.*1 of 3/ },
    { what: 'the number of masters is none', node: await master('many', await exhibitor(t, 200, COMPLETE)), fault: /^BOOTSTRAP_FILE_UNUSABLE.*master_count.*'many'/ },
    { what: 'the list of masters is missing', node: await makeNode(t, 'slave', { dns_config: 'MASTER_SOURCE=master_list\n' }), names: ['dcos-metrics-agent'], fault: /^BOOTSTRAP_FILE_UNUSABLE.*master_list.*ENOENT/ },
    { what: 'the list of masters is empty', node: await makeNode(t, 'slave', { dns_config: 'MASTER_SOURCE=master_list\n', master_list: '[]' }), names: ['dcos-metrics-agent'], fault: /^BOOTSTRAP_FILE_UNUSABLE.*master_list.*allowed/ },
  ] // biome-ignore format: a table
  for (const { what, node, names = ['dcos-log-agent'], fault } of cases) {
    await t.test(what, async t => {
      const result = await run(node, ...names)
      t.match(`${result.fault?.code} ${result.fault?.message}`, fault)
      t.equal(result.lines, '', 'told once, by the caller')
    })
  }

  await t.test('a service that needs nothing', async t => {
    t.same(await run(agent, 'dcos-log-agent', 'dcos-spartan'), { lines: '' })
    t.same(await run(await master('1', await exhibitor(t, 200, COMPLETE)), 'dcos-log-master'), { lines: '' })
  })
})

t.test('the program: exit statuses and what the journal gets', async t => {
  const { status, stderr } = await runProgram('--root', '/no/such/root', 'dcos-nothing')
  t.equal(status, 1)
  t.match(
    stderr,
    /^<3>Cannot prepare this node for the service code='BOOTSTRAP_SERVICE_UNKNOWN' error=.* remedy='Correct/,
  )
  t.match(await runProgram('--version'), { status: 0, stdout: /^bootstrap \d+\.\d+\.\d+\n$/ })
})
