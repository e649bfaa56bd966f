import { mkdir, mkdtemp, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { checkEnsemble } from '../../src/bootstrap/exhibitor.ts'
import { applySysctls, sysctlPath } from '../../src/bootstrap/sysctl.ts'
import { chooseZooKeeper } from '../../src/bootstrap/zookeeper-address.ts'
import { isSameZooKeeper, noteZooKeeper } from '../../src/bootstrap/zookeeper-process.ts'
import { createLog } from '../../src/shared/log/journald.ts'

async function temporary(t: Test): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'bootstrap-'))
  t.teardown(() => rm(directory, { recursive: true, force: true }))
  return directory
}

const agent = { given: undefined, isMaster: false, environment: {}, masterList: [] }
const addresses = [
  { what: '--zk comes first', facts: { ...agent, given: 'z:1', isMaster: true }, zk: 'z:1' },
  { what: 'a master asks its own', facts: { ...agent, isMaster: true }, zk: '127.0.0.1:2181' },
  {
    what: 'an agent with a list asks all of it',
    facts: {
      ...agent,
      environment: { MASTER_SOURCE: 'master_list', EXHIBITOR_ADDRESS: 'x' },
      masterList: ['10.0.0.1', '10.0.0.2'],
    },
    zk: '10.0.0.1:2181,10.0.0.2:2181',
  },
  {
    what: 'an agent behind a load balancer',
    facts: { ...agent, environment: { EXHIBITOR_ADDRESS: 'lb' } },
    zk: 'lb:2181',
  },
  { what: 'any other agent', facts: agent, zk: 'zk-1.zk:2181,zk-2.zk:2181,zk-3.zk:2181,zk-4.zk:2181,zk-5.zk:2181' },
]
for (const { what, facts, zk } of addresses) {
  t.test(`pkgpanda 5.5, ZooKeeper address: ${what}`, async t => {
    t.equal(chooseZooKeeper(facts), zk)
  })
}

const serving = { description: 'serving', isLeader: false }
const leader = { description: 'serving', isLeader: true }
const down = { description: 'down', isLeader: false }
const ensembles = [
  { what: 'one of one', servers: [leader], count: 1 },
  { what: 'three of three', servers: [serving, leader, serving], count: 3 },
  {
    what: 'two of three',
    servers: [serving, leader, down],
    count: 3,
    fault: '2 of 3 ZooKeeper servers serve, with 1 leaders',
  },
  {
    what: 'more than there should be',
    servers: [leader, serving],
    count: 1,
    fault: '2 of 1 ZooKeeper servers serve, with 1 leaders',
  },
  { what: 'no leader', servers: [serving], count: 1, fault: '1 of 1 ZooKeeper servers serve, with 0 leaders' },
  {
    what: 'two leaders',
    servers: [leader, leader, serving],
    count: 3,
    fault: '3 of 3 ZooKeeper servers serve, with 2 leaders',
  },
]
for (const { what, servers, count, fault } of ensembles) {
  t.test(`pkgpanda 5.5, ensemble: ${what}`, async t => {
    if (fault) t.throws(() => checkEnsemble(servers, count), { code: 'BOOTSTRAP_ENSEMBLE_INCOMPLETE', message: fault })
    else t.doesNotThrow(() => checkEnsemble(servers, count))
  })
}

for (const [key, path] of [
  ['vm.max_map_count', 'vm/max_map_count'],
  ['net.ipv4.vs.conntrack', 'net/ipv4/vs/conntrack'],
  ['net/ipv4/conf/eth0.1/forwarding', 'net/ipv4/conf/eth0.1/forwarding'],
  ['net.ipv4.conf.eth0/1.forwarding', 'net/ipv4/conf/eth0.1/forwarding'],
] as const) {
  t.test(`sysctl ${key}`, async t => {
    t.equal(sysctlPath(key), path)
  })
}

t.test('pkgpanda 1.7, kernel settings: the service gets its own, the rest is logged', async t => {
  const directory = await temporary(t)
  await mkdir(join(directory, 'etc'))
  await mkdir(join(directory, 'sys/vm'), { recursive: true })
  await writeFile(join(directory, 'sys/vm/swappiness'), '60')
  await writeFile(join(directory, 'outside'), 'untouched')
  await writeFile(
    join(directory, 'etc/dcos-service-configuration.json'),
    JSON.stringify({
      sysctl: { a: { 'vm.swappiness': 1, 'vm.no.such': '2', '/../../outside': '3' }, b: { 'vm.swappiness': 9 } },
    }),
  )
  const lines: string[] = []
  const log = createLog({ write: line => lines.push(line) })
  await applySysctls('a', directory, directory, log)
  await applySysctls('none', directory, directory, log)
  t.equal(await readFile(join(directory, 'sys/vm/swappiness'), 'utf8'), '1')
  t.equal(await readFile(join(directory, 'outside'), 'utf8'), 'untouched')
  t.match(
    lines.join(''),
    /^<6>Kernel setting written service='a' key='vm.swappiness' value=1\n<4>Cannot write .*vm.no.such.*ENOENT.*\n<4>Cannot write .*PATH_OUTSIDE_ROOT/,
  )
  await writeFile(join(directory, 'etc/dcos-service-configuration.json'), '{')
  await applySysctls('a', directory, directory, log)
  t.match(lines.at(-1), /^<4>Cannot read the kernel settings of services, going on without them/)
})

t.test('pkgpanda 5.5: the same life of ZooKeeper is known again, another is not', async t => {
  const stateDirectory = await temporary(t)
  const procfs = await temporary(t)
  const places = { stateDirectory, procfs }
  const pidFile = join(stateDirectory, 'exhibitor/zk.pid')
  t.equal(await isSameZooKeeper(places), false, 'nothing is known')
  await noteZooKeeper(places)
  t.equal(await isSameZooKeeper(places), false, 'there was no pid file to note')
  await mkdir(join(stateDirectory, 'exhibitor'))
  await writeFile(pidFile, '123\n')
  await noteZooKeeper(places)
  t.equal(await isSameZooKeeper(places), false, 'the process is gone')
  await mkdir(join(procfs, '123'))
  await writeFile(join(procfs, '123/cmdline'), 'java\0org.apache.zookeeper.server.quorum.QuorumPeerMain\0')
  t.equal(await isSameZooKeeper(places), true)
  await writeFile(join(procfs, '123/cmdline'), 'sleep\0')
  t.equal(await isSameZooKeeper(places), false, 'the pid belongs to another program now')
  await writeFile(join(procfs, '123/cmdline'), 'java\0org.apache.zookeeper.server.quorum.QuorumPeerMain\0')
  await utimes(pidFile, 1, 1)
  t.equal(await isSameZooKeeper(places), false, 'ZooKeeper was started again')
})
