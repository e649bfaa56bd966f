import t from 'tap'
import { agreeOnClusterId, parseClusterId, readClusterId } from '../../../src/shared/cluster/cluster-id.ts'
import { openSession } from '../../../src/shared/zookeeper/session.ts'
import { zooKeeperMissing } from '../../support/zookeeper/install.ts'
import { startZooKeeper } from '../../support/zookeeper/server.ts'

const ID = '1b4e28ba-2fa1-41d2-883f-b9a761bde3fb'

for (const { given, id } of [
  { given: ID, id: ID },
  { given: `${ID}\n`, id: ID },
  { given: '', id: undefined },
  { given: `${ID}x`, id: undefined },
  { given: ID.replaceAll('-', ''), id: undefined },
]) {
  t.test(`metrics 1.3, cluster id: ${JSON.stringify(given)}`, async t => {
    if (id) t.equal(parseClusterId(given, 'x'), id)
    else t.throws(() => parseClusterId(given, 'x'), { code: 'CLUSTER_ID_MALFORMED' })
  })
}

t.test('no file', async t => {
  await t.rejects(readClusterId('/no/such/file'), {
    code: 'CLUSTER_ID_UNREADABLE',
    message: /'\/no\/such\/file'.*ENOENT/,
  })
})

t.test('of several masters that propose at once one wins', { skip: await zooKeeperMissing() }, async t => {
  const server = await startZooKeeper()
  t.teardown(() => server[Symbol.asyncDispose]())
  const sessions = [1, 2, 3].map(() => openSession({ ensemble: server.address }))
  t.teardown(() => Promise.all(sessions.map(session => session[Symbol.asyncDispose]())))
  await Promise.all(sessions.map(session => session.connected(10_000)))
  const ids = await Promise.all(sessions.map(session => agreeOnClusterId(session)))
  t.equal(new Set(ids).size, 1)
  t.equal(await agreeOnClusterId(sessions[0]!, () => 'proposed again'), ids[0])
  await t.rejects(sessions[0]!.set('/cluster-id', ID), { code: 'ZOOKEEPER_REQUEST_FAILED' }, 'for life')
})
