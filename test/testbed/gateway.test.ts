import { once } from 'node:events'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { type AddressInfo, createConnection, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import t, { type Test } from 'tap'
import { freePort } from './free-port.ts'
import { parseForward, startForwards, startRelay } from './gateway.ts'

t.test('a forward on the command line', async t => {
  t.same(parseForward('9090=172.31.0.1:9090'), { port: 9090, target: '172.31.0.1:9090' })
  for (const bad of ['9090', '=172.31.0.1:1', '90=host:1', '90=172.31.0.1', 'x=172.31.0.1:1']) {
    t.throws(() => parseForward(bad), TypeError, bad)
  }
})

t.test('bytes pass both ways, and half-closed connections stay half-closed', async t => {
  await using target = await echoServer()
  const socketFile = await socketPath(t)
  await using _relay = await startRelay(socketFile)
  t.equal((await stat(socketFile)).mode & 0o777, 0o600, 'nobody else may use the way in')

  const port = await freePort('the test', 20_000 + (process.pid % 10_000))
  await using _forwards = await startForwards([{ port, target: `127.0.0.1:${target.port}` }], socketFile)
  const client = createConnection({ port, host: '127.0.0.1', allowHalfOpen: true })
  client.end('x'.repeat(300_000))
  t.equal(await text(client), `${'x'.repeat(300_000)} and bye`)
})

t.test('a target that refuses closes the connection', async t => {
  const gone = await echoServer()
  await gone[Symbol.asyncDispose]()
  const socketFile = await socketPath(t)
  await using _relay = await startRelay(socketFile)
  const client = createConnection(socketFile)
  client.write(`127.0.0.1:${gone.port}\n`)
  client.resume()
  await t.resolves(once(client, 'close'))
})

const lines = ['nonsense\n', 'example.org:80\n', 'x'.repeat(100)]
for (const line of lines) {
  t.test(`the relay hangs up on a first line of '${line.slice(0, 20).trim()}'`, async t => {
    const socketFile = await socketPath(t)
    await using _relay = await startRelay(socketFile)
    const client = createConnection(socketFile)
    client.on('error', () => {})
    client.write(line)
    client.resume()
    await once(client, 'close')
    t.equal(client.bytesRead, 0)
  })
}

t.test('a busy port is passed over, and a run of them is a fault', async t => {
  await using busy = await echoServer()
  t.equal(await freePort('the test', busy.port, new Set([busy.port + 1])).then(port => port > busy.port + 1), true)
  const all = new Set(Array.from({ length: 20 }, (_, i) => 3000 + i))
  await t.rejects(freePort('the test', 3000, all), { code: 'BED_PORT_BUSY' })
})

/** Sends back what it got when the client has finished, then says goodbye. */
async function echoServer() {
  const server = createServer({ allowHalfOpen: true }, (socket: Socket) => {
    void text(socket).then(
      received => socket.end(`${received} and bye`),
      () => socket.destroy(),
    )
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: () => new Promise<void>(resolve => server.close(() => resolve())),
  }
}

/** Not t.testdir(): a socket's path may be 107 bytes long, and that one holds the test's name. */
async function socketPath(t: Test): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'gateway-'))
  t.teardown(() => rm(directory, { recursive: true, force: true }))
  return join(directory, 'gateway.sock')
}
