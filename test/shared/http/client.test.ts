// What the client says on the wire where the answers of a server do not show it; the rest of it is in server.test.ts.
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import t from 'tap'
import { fetchBytes } from '../../../src/shared/http/client.ts'

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
