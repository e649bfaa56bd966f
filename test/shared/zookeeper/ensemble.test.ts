import t from 'tap'
import { parseEnsemble } from '../../../src/shared/zookeeper/ensemble.ts'
import { chooseLeader } from '../../../src/shared/zookeeper/leader.ts'

const addresses = [
  { given: '127.0.0.1:2181', servers: '127.0.0.1:2181', path: '' },
  { given: 'zk-1.zk:2181,zk-2.zk', servers: 'zk-1.zk:2181,zk-2.zk:2181', path: '' },
  { given: 'zk://10.0.0.1:2181,10.0.0.2:2182/mesos', servers: '10.0.0.1:2181,10.0.0.2:2182', path: '/mesos' },
  { given: 'zk://h/a/b/', servers: 'h:2181', path: '/a/b' },
  { given: 'h/', servers: 'h:2181', path: '' },
]

for (const { given, ...ensemble } of addresses) {
  t.test(`address ${given}`, async t => {
    t.same(parseEnsemble(given), ensemble)
  })
}

for (const given of [
  '',
  'zk://',
  ':2181',
  'h:0',
  'h:65536',
  'h:x',
  'h,,i',
  'zk://user:word@h:2181/mesos',
  '[::1]:2181',
]) {
  t.test(`address refused: '${given}'`, async t => {
    t.throws(() => parseEnsemble(given), { code: 'ZOOKEEPER_ADDRESS_MALFORMED' })
  })
}

const elections = [
  {
    what: 'the smallest number leads',
    given: ['json.info_0000000012', 'json.info_0000000003'],
    leader: 'json.info_0000000003',
  },
  {
    what: 'other nodes are no candidates',
    given: ['log_replicas', 'info_0000000001', 'json.info_'],
    leader: undefined,
  },
  { what: 'nobody', given: [], leader: undefined },
  // The counter is a signed 32-bit number; ZooKeeper goes on below zero.
  {
    what: 'a counter that ran over',
    given: ['json.info_2147483647', 'json.info_-2147483648'],
    leader: 'json.info_-2147483648',
  },
]

for (const { what, given, leader } of elections) {
  t.test(`election: ${what}`, async t => {
    t.equal(chooseLeader(given, 'json.info_'), leader)
  })
}
