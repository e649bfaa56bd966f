// Where a client's token may go: to whom the cluster's authority vouches for, and to a leader that is the same service on another host.
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { createPeer } from '../../../src/log/mesos/peer.ts'

const TOKEN = 'token=abc'

/** An authority of its own, and a certificate of 127.0.0.1 by it. */
function certificates(directory: string) {
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: directory, stdio: 'pipe' })
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2']
  openssl('req', '-x509', ...key, '-keyout', 'ca.key', '-out', 'ca.pem', '-subj', '/CN=test authority')
  openssl(
    ...['req', '-x509', ...key, '-CA', 'ca.pem', '-CAkey', 'ca.key', '-keyout', 'own.key', '-out', 'own.pem'],
    ...['-subj', '/CN=mesos', '-addext', 'subjectAltName=IP:127.0.0.1', '-addext', 'basicConstraints=CA:FALSE'],
  )
  const read = (name: string) => readFileSync(join(directory, name))
  return { ca: read('ca.pem'), cert: read('own.pem'), key: read('own.key') }
}

/** Answers with its name, or sends on; notes the tokens that came. */
async function listen(t: Test, create: (answer: RequestListener) => Server, host: string, port = 0) {
  const service = { url: '', port: 0, tokens: [] as (string | undefined)[], location: '' }
  const server = create(({ headers }, response) => {
    service.tokens.push(headers.authorization)
    if (service.location !== '') response.writeHead(307, { Location: service.location })
    response.end(host)
  })
  server.listen(port, host)
  await once(server, 'listening')
  service.port = (server.address() as AddressInfo).port
  service.url = `http://${host}:${service.port}`
  t.teardown(async () => {
    server.close()
    server.closeAllConnections()
    await once(server, 'close')
  })
  return service
}

function ask(url: string, tls = {}, limitBytes = 1000) {
  const peer = createPeer({
    name: 'Mesos',
    baseUrl: async () => url,
    timeoutMs: 2000,
    requestsMax: 1,
    opensMax: 1,
    tls,
  })
  return peer.get('/state', { authorization: TOKEN, signal: new AbortController().signal }, limitBytes)
}

const NOT_FOLLOWED = { code: 'LOG_MESOS_FAILED', message: 'Mesos answered 307' }

t.test(
  'an open answer keeps its place until it ends, is left or its client goes, and takes none of those who ask',
  async t => {
    const mesos = await listen(t, createServer, '127.0.0.1')
    const peer = createPeer({
      name: 'Mesos',
      baseUrl: async () => mesos.url,
      timeoutMs: 2000,
      requestsMax: 1,
      opensMax: 1,
    })
    const gone = new AbortController()
    const caller = { authorization: TOKEN, signal: gone.signal }
    const open = () => peer.open('/files/download', caller)
    const busy = () => t.rejects(open(), { code: 'LOG_MESOS_BUSY', status: 503 })
    const disposed = await open()
    await busy()
    t.equal((await peer.get('/state', caller, 1000)).status, 200)
    await peer.check('/files/browse', caller)
    disposed[Symbol.dispose]()
    disposed[Symbol.dispose]()
    const ended = await open()
    await busy()
    for await (const piece of ended.body) t.equal(piece.toString(), '127.0.0.1')
    const left = await open()
    for await (const _ of left.body) {
      await busy()
      break
    }
    mesos.location = '/'
    await t.rejects(open(), NOT_FOLLOWED)
    mesos.location = ''
    await open()
    await busy()
    gone.abort()
    const other = { ...caller, signal: new AbortController().signal }
    ;(await peer.open('/files/download', other))[Symbol.dispose]()
  },
)

t.test('what went wrong is told apart: no answer, too large an answer, a bug', async t => {
  const mesos = await listen(t, createServer, '127.0.0.1')
  await t.rejects(ask(mesos.url, {}, 8), {
    code: 'LOG_MESOS_TOO_LARGE',
    message: 'Mesos answered with more than 8 bytes',
  })
  await t.rejects(ask('http://127.0.0.9:9'), { code: 'LOG_MESOS_UNAVAILABLE', message: 'no answer from Mesos' })
  const broken = { authorization: TOKEN, signal: new AbortController().signal }
  const peer = createPeer({ name: 'Mesos', baseUrl: async () => mesos.url, timeoutMs: -1, requestsMax: 1, opensMax: 1 })
  await t.rejects(peer.get('/state', broken, 1000), { name: 'RangeError' })
})

t.test('the leader on another host gets the request and its token, one step far', async t => {
  const master = await listen(t, createServer, '127.0.0.1')
  const leader = await listen(t, createServer, '127.0.0.2', master.port)
  master.location = `//127.0.0.2:${master.port}/state`
  t.equal((await ask(master.url)).body.toString(), '127.0.0.2')
  t.strictSame(leader.tokens, [TOKEN])
  leader.location = `//127.0.0.1:${master.port}/state`
  await t.rejects(ask(master.url), NOT_FOLLOWED)
  t.equal(master.tokens.length, 2)
})

t.test('another port is another service, and gets nothing', async t => {
  const master = await listen(t, createServer, '127.0.0.1')
  const other = await listen(t, createServer, '127.0.0.1')
  for (const location of [
    `${other.url}/state`,
    `//127.0.0.1:${other.port}/`,
    'https://127.0.0.1/',
    'file:///etc',
    'http://[',
  ]) {
    master.location = location
    await t.rejects(ask(master.url), NOT_FOLLOWED, location)
  }
  t.strictSame(other.tokens, [])
})

t.test('TLS: who has no certificate of the authority gets nothing, and nobody is asked without TLS', async t => {
  const { ca, cert, key } = certificates(join(t.testdir({ own: {}, other: {} }), 'own'))
  const master = await listen(t, answer => createTlsServer({ cert, key }, answer), '127.0.0.1')
  const url = `https://127.0.0.1:${master.port}`
  t.equal((await ask(url, { ca })).status, 200)
  t.equal((await ask(url, { rejectUnauthorized: false })).status, 200)
  await t.rejects(ask(url), { code: 'LOG_MESOS_UNAVAILABLE' }, 'the authorities of the system do not know it')
  const { ca: other } = certificates(join(t.testdirName, 'other'))
  await t.rejects(ask(url, { ca: other }), { code: 'LOG_MESOS_UNAVAILABLE' })
  t.strictSame(master.tokens, [TOKEN, TOKEN])
  const plain = await listen(t, createServer, '127.0.0.2', master.port)
  master.location = `${plain.url}/state`
  await t.rejects(ask(url, { ca }), NOT_FOLLOWED)
  t.strictSame(plain.tokens, [])
  await listen(t, answer => createTlsServer({ cert, key }, answer), '127.0.0.3', master.port)
  master.location = `//127.0.0.3:${master.port}/state`
  await t.rejects(ask(url, { ca }), { code: 'LOG_MESOS_UNAVAILABLE' }, 'its certificate is of another host')
})
