import { once } from 'node:events'
import { createServer } from 'node:net'
import t, { type Test } from 'tap'
import { openSession, type ZooKeeperSession } from '../../../src/shared/zookeeper/session.ts'
import { within } from '../../support/within.ts'
import { zooKeeperMissing } from '../../support/zookeeper/install.ts'
import { startZooKeeper, type ZooKeeperServer } from '../../support/zookeeper/server.ts'

const skip = await zooKeeperMissing()
const CONNECT_MS = 10_000

/** For tests of what happens when they are over; elsewhere a busy machine must not end a session or a request. */
const SHORT = { sessionTimeoutMs: 900, requestTimeoutMs: 600 }

async function open(t: Test, address: string, timeouts: Partial<typeof SHORT> = {}): Promise<ZooKeeperSession> {
  const session = openSession({ ensemble: address, ...timeouts })
  t.teardown(() => session[Symbol.asyncDispose]())
  await session.connected(CONNECT_MS)
  return session
}

function connectionBecomes(session: ZooKeeperSession, wanted: boolean): Promise<void> {
  const became = new Promise<void>(resolve => {
    if (session.isConnected === wanted) return resolve()
    const forget = session.onConnection(connected => {
      if (connected !== wanted) return
      forget()
      resolve()
    })
  })
  return within(wanted ? 'the connection' : 'the loss of the connection', became)
}

t.test('against a real ZooKeeper', { skip }, async t => {
  const server: ZooKeeperServer = await startZooKeeper()
  t.teardown(() => server[Symbol.asyncDispose]())

  await t.test('nodes are made, read, changed, listed, removed', async t => {
    const session = await open(t, server.address)
    t.equal(await session.get('/fruit'), undefined)
    t.equal(await session.children('/fruit'), undefined)
    t.equal(await session.exists('/fruit'), false)
    t.equal(await session.create('/fruit', 'apple'), '/fruit')
    t.same(await session.get('/fruit'), Buffer.from('apple'))
    await t.rejects(session.create('/fruit', ''), { code: 'ZOOKEEPER_NODE_EXISTS' })
    await t.rejects(session.create('/no/where', ''), { code: 'ZOOKEEPER_REQUEST_FAILED' })
    await t.rejects(session.set('/no', ''), { code: 'ZOOKEEPER_REQUEST_FAILED' })
    await session.set('/fruit', 'pear')
    t.equal(String(await session.get('/fruit')), 'pear')
    await session.ensurePath('/fruit/of/trees')
    await session.ensurePath('/fruit/of/trees')
    t.equal((await session.get('/fruit/of'))?.length, 0, 'a node without data is there')
    t.equal(await session.create('/fruit/n_', '', { sequential: true }), '/fruit/n_0000000001')
    t.same((await session.children('/fruit'))?.sort(), ['n_0000000001', 'of'])
    await t.rejects(session.remove('/fruit'), { code: 'ZOOKEEPER_REQUEST_FAILED' }, 'it has children')
    await session.remove('/fruit/n_0000000001')
    await session.remove('/fruit/n_0000000001')
    t.same(await session.children('/fruit'), ['of'])
  })

  await t.test('a path in the address is put before all paths', async t => {
    const session = await open(t, server.address)
    await session.ensurePath('/below')
    const below = await open(t, `zk://${server.address}/below`)
    t.equal(await below.create('/x', '1'), '/x')
    t.equal(String(await session.get('/below/x')), '1')
  })

  await t.test('a node that nobody may change', async t => {
    const session = await open(t, server.address)
    await session.create('/constant', '42', { readOnly: true })
    await t.rejects(session.set('/constant', '43'), { code: 'ZOOKEEPER_REQUEST_FAILED' })
    t.equal(String(await session.get('/constant')), '42')
  })

  await t.test('watches tell of data, of children, and of a node that appears', async t => {
    const session = await open(t, server.address)
    const appeared = Promise.withResolvers<void>()
    t.equal(await session.get('/watched', appeared.resolve), undefined)
    await session.create('/watched', '1')
    await t.resolves(within('the node to appear', appeared.promise))
    const data = Promise.withResolvers<void>()
    await session.get('/watched', data.resolve)
    const children = Promise.withResolvers<void>()
    await session.children('/watched', children.resolve)
    await session.set('/watched', '2')
    await t.resolves(within('the change of the data', data.promise))
    await session.create('/watched/child', '')
    await t.resolves(within('the new child', children.promise))
  })

  await t.test('an ephemeral node goes with its session', async t => {
    const session = await open(t, server.address)
    const gone = Promise.withResolvers<void>()
    {
      await using other = openSession({ ensemble: server.address })
      await other.connected(CONNECT_MS)
      await other.create('/ephemeral', '', { ephemeral: true })
      t.ok(await session.exists('/ephemeral', gone.resolve))
    }
    await within('the end of the ephemeral node', gone.promise)
    t.notOk(await session.exists('/ephemeral'))
  })

  await t.test(
    'a server that hangs is noticed by the heartbeat, and the session begins anew with watches told',
    async t => {
      const session = await open(t, server.address, SHORT)
      const told = Promise.withResolvers<void>()
      await session.children('/', told.resolve)
      server.freeze()
      await within('the watch', told.promise)
      await t.rejects(session.get('/x'), { code: 'ZOOKEEPER_UNREACHABLE' })
      server.thaw()
      await connectionBecomes(session, true)
      t.ok(await session.exists('/'))
    },
  )

  await t.test('a request to a server that hangs ends in time', async t => {
    const session = openSession({ ensemble: server.address, sessionTimeoutMs: 2000, requestTimeoutMs: 100 })
    t.teardown(() => session[Symbol.asyncDispose]())
    await session.connected(CONNECT_MS)
    server.freeze()
    await t.rejects(session.get('/x'), { code: 'ZOOKEEPER_REQUEST_TIMEOUT' })
    server.thaw()
  })

  await t.test('after the death and return of the server the same session object works', async t => {
    const session = await open(t, server.address)
    const told = Promise.withResolvers<void>()
    await session.children('/', told.resolve)
    const lost = connectionBecomes(session, false)
    await server.kill()
    await lost
    await t.rejects(session.children('/'), { code: 'ZOOKEEPER_UNREACHABLE' })
    await server.restart()
    await connectionBecomes(session, true)
    t.ok(await session.exists('/'))
    await session.create('/after', '')
    await within('the watch', told.promise)
  })

  await t.test('a server that lost its data takes no session of before: a new one is made', async t => {
    const session = await open(t, server.address, SHORT)
    await session.create('/before', '')
    const told = Promise.withResolvers<void>()
    await session.get('/before', told.resolve)
    const lost = connectionBecomes(session, false)
    await server.kill()
    await server.forget()
    await lost
    await server.restart()
    await within('the watch', told.promise)
    await connectionBecomes(session, true)
    t.notOk(await session.exists('/before'))
  })

  await t.test('after disposal requests are refused and nothing is open', async t => {
    const session = openSession({ ensemble: server.address })
    await session.connected(CONNECT_MS)
    await session[Symbol.asyncDispose]()
    await session[Symbol.asyncDispose]()
    await t.rejects(session.get('/'), { code: 'ZOOKEEPER_CLOSED' })
    await t.rejects(session.connected(1), { code: 'ZOOKEEPER_CLOSED' })
  })
})

t.test('nobody listens: connected() rejects in time, and disposal ends the attempts', async t => {
  const listener = createServer().listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const { port } = listener.address() as import('node:net').AddressInfo
  listener.close()
  await once(listener, 'close')
  await using session = openSession({ ensemble: `127.0.0.1:${port}` })
  await t.rejects(session.connected(50), {
    code: 'ZOOKEEPER_UNREACHABLE',
    message: `no ZooKeeper of 127.0.0.1:${port} answers`,
  })
  await t.rejects(session.get('/'), { code: 'ZOOKEEPER_UNREACHABLE' })
})

const hostile = [
  { what: 'not ZooKeeper at all', bytes: Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n') },
  { what: 'a message without end', bytes: Buffer.alloc(64, 0x7f) },
  { what: 'a length below zero', bytes: Buffer.alloc(8, 0xff) },
  { what: 'nothing', bytes: Buffer.alloc(0) },
  { what: 'a connect answer cut short', bytes: Buffer.from([0, 0, 0, 4, 0, 0, 0, 0]) },
]

for (const { what, bytes } of hostile) {
  t.test(`a peer that sends ${what} is left, and does no harm`, async t => {
    const left = Promise.withResolvers<void>()
    const listener = createServer(socket => {
      socket.on('error', () => {}).on('close', () => left.resolve())
      socket.write(bytes)
      socket.resume()
    }).listen(0, '127.0.0.1')
    await once(listener, 'listening')
    t.teardown(() => listener.close())
    const { port } = listener.address() as import('node:net').AddressInfo
    await using session = openSession({ ensemble: `127.0.0.1:${port}`, sessionTimeoutMs: 300 })
    await within('the connection to be left', left.promise)
    t.equal(session.isConnected, false)
  })
}
