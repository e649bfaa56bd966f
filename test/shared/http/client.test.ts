// What the client says on the wire where the answers of a server do not show it; the rest of it is in server.test.ts.
import { once } from 'node:events'
import { createServer as createHttpServer, type ServerResponse } from 'node:http'
import { type AddressInfo, createServer } from 'node:net'
import t from 'tap'
import { fetchBytes, fetchStream } from '../../../src/shared/http/client.ts'

/** First byte of a TLS handshake record (RFC 8446 5.1). */
const HANDSHAKE = 22

t.test('https speaks TLS', async t => {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const first = new Promise<number | undefined>(resolve => {
    server.on('connection', socket => {
      socket.on('error', () => {})
      socket.on('data', bytes => {
        resolve(bytes[0])
        socket.destroy()
      })
    })
  })
  const { port } = server.address() as AddressInfo
  await t.rejects(fetchBytes(`https://127.0.0.1:${port}/`, { timeoutMs: 5000, limitBytes: 10 }), {
    code: 'HTTP_UPSTREAM_UNAVAILABLE',
    message: /ECONNRESET/,
  })
  t.equal(await first, HANDSHAKE)
  server.close()
})

/** An HTTP server that gives its answers to the test. */
async function answers() {
  const given: ServerResponse[] = []
  const server = createHttpServer((_, response) => void given.push(response))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  const next = async () => {
    if (given.length === 0) await once(server, 'request')
    return given.shift()!
  }
  const close = async () => {
    server.close()
    server.closeAllConnections()
    await once(server, 'close')
  }
  return { url, next, [Symbol.asyncDispose]: close }
}

t.test('an answer that switches protocols, which nobody asked for, is none', async t => {
  await using server = await answers()
  const asked = fetchBytes(server.url, { timeoutMs: 5000, limitBytes: 10 })
  const { socket } = await server.next()
  socket?.end('HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n')
  await t.rejects(asked, { code: 'HTTP_UPSTREAM_UNAVAILABLE', message: /without an answer/ })
})

t.test('a stream comes in pieces, and is no larger than what is taken of it', async t => {
  await using server = await answers()
  const asked = fetchStream(server.url, { timeoutMs: 5000 })
  const response = await server.next()
  response.writeHead(200, { 'X-Is': 'it' }).write('one')
  using answer = await asked
  t.match(answer, { status: 200, headers: { 'x-is': 'it' } })
  const body = answer.body[Symbol.asyncIterator]()
  t.equal(String((await body.next()).value), 'one')
  response.end('two')
  t.equal(String((await body.next()).value), 'two')
  t.equal((await body.next()).done, true)
})

t.test('a stream whose next piece does not come in time', async t => {
  await using server = await answers()
  const asked = fetchStream(server.url, { timeoutMs: 50 })
  const response = await server.next()
  response.writeHead(200).write('one')
  const answer = await asked
  const read = async () => {
    for await (const _ of answer.body);
  }
  await t.rejects(read(), { code: 'HTTP_UPSTREAM_UNAVAILABLE', message: /nothing within 50 ms$/ })
})

t.test('a stream that is given up ends its connection', async t => {
  await using server = await answers()
  for (const giveUp of ['dispose', 'leave', 'abort']) {
    const gone = new AbortController()
    const asked = fetchStream(server.url, { timeoutMs: 5000, signal: gone.signal })
    const response = await server.next()
    const closed = once(response, 'close')
    response.writeHead(200).write('one')
    const answer = await asked
    if (giveUp === 'dispose') answer[Symbol.dispose]()
    else if (giveUp === 'leave') for await (const _ of answer.body) break
    else gone.abort()
    await t.resolves(closed, giveUp)
  }
})
