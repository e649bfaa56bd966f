/** The HTTP server over real sockets: answers, errors, limits, bad and slow clients, streams, shutdown; and nothing left open. */
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { defineFaults } from '../../../src/shared/errors/fault.ts'
import { fetchBytes } from '../../../src/shared/http/client.ts'
import { jsonAnswer, type Route } from '../../../src/shared/http/route.ts'
import { type HttpServer, type HttpServerOptions, startHttpServer } from '../../../src/shared/http/server.ts'
import { createLog } from '../../../src/shared/log/journald.ts'
import { createMetrics } from '../../../src/shared/metrics/registry.ts'
import { startLeakCheck } from '../../support/leak-check.ts'
import { within } from '../../support/within.ts'

const faults = defineFaults('X', {
  REFUSED: { status: 400, message: (what: string) => `${what} is refused`, remedy: 'Ask otherwise.' },
  DOWN: { status: 503, message: () => 'down', remedy: 'Wait.' },
})

const get = (path: string, handler: Route['handler']): Route => ({ method: 'GET', path, handler, contract: 'test' })

/** A server on a free port, with its log lines and metrics. */
async function start(routes: Route[], options: Partial<HttpServerOptions> = {}) {
  const lines: string[] = []
  const metrics = createMetrics('test')
  const log = createLog({ debug: true, write: line => lines.push(line) })
  const server = await startHttpServer({ routes, listener: { host: '127.0.0.1', port: 0 }, log, metrics, ...options })
  return {
    lines,
    metrics,
    server,
    url: `http://127.0.0.1:${server.port}`,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}

const fetched = (url: string, options: object = {}) => fetchBytes(url, { timeoutMs: 5000, limitBytes: 1e7, ...options })

/** Writes `text` and gives all that comes until the server closes. */
async function raw(server: HttpServer, text: string): Promise<string> {
  const socket = await connected(server)
  socket.write(text)
  return await received(socket)
}
async function connected(server: HttpServer): Promise<Socket> {
  const socket = connect(server.port, '127.0.0.1')
  await once(socket, 'connect')
  return socket
}
async function received(socket: Socket): Promise<string> {
  let text = ''
  socket.on('data', chunk => {
    text += chunk
  })
  await Promise.race([once(socket, 'close'), once(socket, 'error')]).catch(() => {})
  return text
}

t.test('answers', async t => {
  await using at = await start([
    get('/json', () => jsonAnswer({ a: 1 })),
    get('/echo/:id', ({ params, rawQuery, path, method }) => jsonAnswer({ params, rawQuery, path, method })),
    get('/none', () => ({ status: 204 })),
    { method: 'POST', path: '/body', handler: async r => ({ status: 200, body: await r.body(10) }), contract: 'test' },
    get('/refused', () => {
      throw faults.REFUSED('it')
    }),
    get('/down', () => {
      throw faults.DOWN().because(new Error('10.0.0.1 secret'))
    }),
    get('/bug', () => {
      throw new TypeError('x is not a function')
    }),
  ])
  for (const [method, path, status, body, headers = {}] of [
    ['GET', '/json', 200, '{"a":1}\n', { 'content-type': 'application/json', 'content-length': '8' }],
    ['HEAD', '/json', 200, '', { 'content-type': 'application/json', 'content-length': '8' }],
    ['GET', '/json/', 404, '404 page not found\n', { 'x-content-type-options': 'nosniff' }],
    ['GET', '/JSON', 404, '404 page not found\n'],
    ['GET', '/echo/a%2Fb?q=%20', 200, '{"params":{"id":"a/b"},"rawQuery":"q=%20","path":"/echo/a/b","method":"GET"}\n'],
    ['POST', '/json', 405, '405 method not allowed\n', { allow: 'GET' }],
    ['GET', '/body', 405, '405 method not allowed\n', { allow: 'POST' }],
    ['OPTIONS', '/json', 405, '405 method not allowed\n', { allow: 'GET' }],
    ['GET', '/none', 204, ''],
    ['GET', '/refused', 400, 'it is refused\n'],
    ['GET', '/down', 503, 'down\n'],
    ['GET', '/bug', 500, '500 internal server error\n'],
  ] as [string, string, number, string, object?][]) {
    const answer = await fetched(at.url + path, { method })
    t.equal(answer.status, status, `${method} ${path}`)
    t.equal(answer.body.toString(), body, `${method} ${path}`)
    t.match(answer.headers, headers, `${method} ${path}`)
  }
  t.equal((await fetched(`${at.url}/body`, { method: 'POST', body: '0123456789' })).body.toString(), '0123456789')
  t.equal((await fetched(`${at.url}/body`, { method: 'POST', body: '0123456789x' })).status, 413)

  const told = at.lines.filter(line => line.startsWith('<3>')).join('')
  t.match(told, /request failed url='\/down' code='X_DOWN' error='down' cause='10\.0\.0\.1 secret' remedy='Wait\.'/)
  t.match(told, /a bug failed a request code='HTTP_INTERNAL' url='\/bug' error='TypeError: x is not a function\\n/)
  t.notMatch(told, 'it is refused', 'the client heard of it, the operator need not')
  t.match(
    at.lines.find(line => line.startsWith('<7>')),
    /method='GET' url='\/json' status=200 took_s=[\d.]+ remote='127\.0\.0\.1'/,
  )
  const text = await at.metrics.text()
  t.match(text, 'dcos_test_http_requests_total{server="main",route="/json",method="GET",status="200"} 1')
  t.match(text, 'dcos_test_http_bugs_total{server="main"} 1')
  t.match(text, 'route="none",method="GET",status="404"} 2', 'an unknown path is no label value')
})

t.test('a fault that every request meets is told once a second, not once a request', async t => {
  await using at = await start([
    get('/down', () => {
      throw faults.DOWN()
    }),
  ])
  const startedMs = performance.now()
  for (let n = 0; n < 50; n++) t.equal((await fetched(`${at.url}/down`)).status, 503)
  const told = at.lines.filter(line => line.includes('request failed')).length
  t.ok(told >= 1 && told <= 1 + (performance.now() - startedMs) / 1000, `${told} lines`)
})

t.test('a limit that says when to come again is a warning, not a failure', async t => {
  await using at = await start([
    get('/busy', () => {
      throw faults.DOWN().with({ retryAfterSeconds: 1 })
    }),
  ])
  t.equal((await fetched(`${at.url}/busy`)).status, 503)
  t.same(
    at.lines.filter(line => /^<[34]>/.test(line)).map(line => line.slice(0, 50)),
    ['<4>request refused, letting its client come again '],
  )
})

t.test('a body announced too large is refused before it comes; a chunked one as soon as it is', async t => {
  await using at = await start([
    { method: 'POST', path: '/body', handler: async r => ({ status: 200, body: await r.body(10) }), contract: 'test' },
  ])
  const head = 'POST /body HTTP/1.1\r\nHost: x\r\nConnection: close\r\n'
  t.match(await raw(at.server, `${head}Content-Length: 99999999\r\n\r\n`), /^HTTP\/1\.1 413 /)
  t.match(
    await raw(at.server, `${head}Transfer-Encoding: chunked\r\n\r\nff\r\n${'x'.repeat(255)}\r\n`),
    /^HTTP\/1\.1 413 /,
  )
})

t.test('what is no HTTP, and heads that are too large', async t => {
  await using at = await start([get('/', () => jsonAnswer({}))], { limits: { headBytesMax: 2048 } })
  t.match(await raw(at.server, 'hello\r\n\r\n'), /^HTTP\/1\.1 400 Bad Request\r\nConnection: close\r\n/)
  t.match(await raw(at.server, `GET / HTTP/1.1\r\nHost: x\r\nA: ${'x'.repeat(4096)}\r\n\r\n`), /^HTTP\/1\.1 431 /)
  t.match(
    await raw(
      at.server,
      'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ),
    /^HTTP\/1\.1 400 /,
    'both lengths: request smuggling',
  )
  t.match(await raw(at.server, 'GET /%ff HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'), /^HTTP\/1\.1 40[04] /)
  t.match(await at.metrics.text(), 'dcos_test_http_requests_refused_total{server="main"} 3')
})

t.test(
  'what is no HTTP behind a request whose answer goes out already: cut off, with nothing put into the answer',
  async t => {
    async function* endless(signal: AbortSignal) {
      yield 'first'
      await once(signal, 'abort')
    }
    await using at = await start([get('/', ({ signal }) => ({ status: 200, body: endless(signal) }))])
    const socket = await connected(at.server)
    socket.on('error', () => {})
    let text = ''
    socket.on('data', chunk => {
      text += chunk
      if (text.endsWith('first\r\n')) socket.write('hello\r\n\r\n')
    })
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
    await once(socket, 'close')
    t.match(text, /^HTTP\/1\.1 200 .*first\r\n$/s)
  },
)

t.test('a pipeline is answered in order, one request at work at a time', async t => {
  let atWork = 0
  let most = 0
  await using at = await start([
    get('/:n', async ({ params }) => {
      most = Math.max(most, ++atWork)
      await new Promise(setImmediate)
      atWork--
      return { status: 200, body: `answer ${params.n}\n` }
    }),
  ])
  const requests = Array.from({ length: 16 }, (_, n) => `GET /${n} HTTP/1.1\r\nHost: x\r\n`)
  const text = await raw(at.server, `${requests.join('\r\n')}Connection: close\r\n\r\n`)
  t.same(
    text.match(/^answer \d+$/gm),
    requests.map((_, n) => `answer ${n}`),
  )
  t.equal(most, 1)
  t.equal(at.server.connections(), 0)
})

t.test('a pipeline that is too long is cut off and counted, its first requests answered or not', async t => {
  let asked = 0
  const answer = () => ({ status: 200, body: `${++asked}${'x'.repeat(40_000)}` })
  await using at = await start([get('/', answer)], { limits: { pipelinedMax: 4 } })
  const socket = await connected(at.server)
  socket.on('error', () => {})
  socket.pause()
  socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(1000))
  while (at.server.connections() > 0) await new Promise(setImmediate)
  t.ok(asked <= 5, `${asked} of 1000 answers were made`)
  t.match(await at.metrics.text(), 'dcos_test_http_requests_refused_total{server="main"} 1\n')
  socket.destroy()
})

t.test('too many connections: the next is closed at once, and counted', async t => {
  await using at = await start([get('/', () => jsonAnswer({}))], { limits: { connectionsMax: 1 } })
  const first = await connected(at.server)
  t.equal(await raw(at.server, 'GET / HTTP/1.1\r\nHost: x\r\n\r\n'), '')
  t.equal(at.server.connections(), 1)
  t.match(await at.metrics.text(), 'http_connections_dropped_total{server="main"} 1')
  first.destroy()
})

t.test('a client that takes nothing of its answer is let go, on its second request too', async t => {
  const released: string[] = []
  const flood = get('/flood/:n', ({ params, signal }) => ({
    status: 200,
    body: (async function* () {
      try {
        while (!signal.aborted) yield Buffer.alloc(256 * 1024)
      } finally {
        released.push(params.n ?? '')
      }
    })(),
  }))
  await using at = await start([flood, get('/', () => jsonAnswer({}))], { limits: { writeTimeoutMs: 100 } })
  for (const before of ['', 'GET / HTTP/1.1\r\nHost: x\r\n\r\n']) {
    const socket = await connected(at.server)
    socket.pause()
    socket.on('error', () => {})
    if (before) {
      socket.write(before)
      await once(socket, 'readable')
    }
    socket.write(`GET /flood/${before ? 2 : 1} HTTP/1.1\r\nHost: x\r\n\r\n`)
    const startedMs = performance.now()
    while (at.server.connections() > 0 && performance.now() - startedMs < 3000)
      await new Promise(r => setTimeout(r, 20))
    t.equal(at.server.connections(), 0, before ? 'second request' : 'first request')
    socket.destroy()
  }
  t.same(released, ['1', '2'], 'the handler was released')
  t.match(await at.metrics.text(), 'http_connections_stalled_total{server="main"} 2\n')
})

t.test('an answer may have its own patience, and is told when it has ended', async t => {
  let cutOff = 0
  const stall = { limitMs: 100, cutOff: () => void cutOff++ }
  const silent = get('/silent', ({ signal }) => ({
    status: 200,
    stall,
    body: (async function* () {
      yield 'first\n'
      await once(signal, 'abort')
    })(),
  }))
  const flood = get('/flood', () => ({
    status: 200,
    stall,
    body: (async function* () {
      for (;;) yield Buffer.alloc(256 * 1024)
    })(),
  }))
  await using at = await start([silent, flood])
  const sockets = [await connected(at.server), await connected(at.server)]
  for (const socket of sockets) socket.pause().on('error', () => {})
  for (const [i, path] of ['/silent', '/flood'].entries()) sockets[i]?.write(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`)
  for (let look = 0; look < 150 && at.server.connections() > 1; look++) await new Promise(r => setTimeout(r, 20))
  t.equal(at.server.connections(), 1, 'the one with nothing to take stays')
  t.equal(cutOff, 1)
  for (const socket of sockets) socket.destroy()
})

t.test('a client that takes nothing of a stream does not hold the end of the server', async t => {
  let cutOff = 0
  const flood = get('/flood', () => ({
    status: 200,
    stall: { limitMs: 60_000, cutOff: () => void cutOff++ },
    body: (async function* () {
      for (;;) yield Buffer.alloc(4 * 1024 * 1024)
    })(),
  }))
  const at = await start([flood])
  const socket = await connected(at.server)
  socket.on('error', () => {})
  socket.write('GET /flood HTTP/1.1\r\nHost: x\r\n\r\n')
  await once(socket, 'readable')
  await within('the end of the server', Promise.resolve(at.server[Symbol.asyncDispose]()), 10_000)
  t.equal(cutOff, 0, 'it was not its time that was over')
  socket.destroy()
})

t.test('what came before a fault goes out, without an end that says that it is all', async t => {
  const failing = get('/failing', () => ({
    status: 200,
    body: (async function* () {
      yield Buffer.alloc(100_000, 'a')
      yield 'the last words'
      throw faults.DOWN()
    })(),
  }))
  await using at = await start([failing])
  const text = await raw(at.server, 'GET /failing HTTP/1.1\r\nHost: x\r\n\r\n')
  t.match(text, /the last words\r\n$/)
})

t.test('a client that takes all at once does not keep the event loop from the others', async t => {
  let rounds = 0
  const count = () => {
    rounds++
    counting = setImmediate(count)
  }
  let counting = setImmediate(count)
  let during = 0
  async function* busy() {
    const before = rounds
    for (let piece = 0; piece < 5; piece++) {
      for (const untilMs = performance.now() + 5; performance.now() < untilMs; );
      yield 'x'
    }
    during = rounds - before
  }
  await using at = await start([get('/', () => ({ status: 200, body: busy() }))])
  t.equal((await fetched(at.url)).body.toString(), 'xxxxx')
  clearImmediate(counting)
  t.ok(during >= 5, `${during} rounds`)
})

t.test('a client that goes away releases the handler of its stream', async t => {
  let aborted: (value: unknown) => void = () => {}
  const released = new Promise(resolve => {
    aborted = resolve
  })
  const stream = get('/stream', ({ signal }) => ({
    status: 200,
    body: (async function* () {
      yield 'first\n'
      await once(signal, 'abort')
      aborted('released')
    })(),
  }))
  await using at = await start([stream])
  const socket = await connected(at.server)
  socket.write('GET /stream HTTP/1.1\r\nHost: x\r\n\r\n')
  await once(socket, 'data')
  socket.destroy()
  t.equal(await released, 'released')
  t.same(
    at.lines.filter(line => line.startsWith('<3>')),
    [],
    'and is no error',
  )
})

t.test('HEAD of a stream: it is told to end and left, whether it has begun or waits for its first bytes', async t => {
  const freed: string[] = []
  const streamOf = (name: string, begin: (signal: AbortSignal) => AsyncGenerator<string>) =>
    get(`/${name}`, ({ signal }) => ({
      status: 200,
      headers: { 'X-Name': name },
      body: (async function* () {
        try {
          yield* begin(signal)
        } finally {
          freed.push(name)
        }
      })(),
    }))
  const talking = streamOf('talking', async function* () {
    for (;;) yield 'more\n'
  })
  const silent = streamOf('silent', async function* (signal) {
    if (!signal.aborted) await once(signal, 'abort')
    signal.throwIfAborted()
    yield 'never\n'
  })
  await using at = await start([talking, silent])
  const head = (name: string) => `HEAD /${name} HTTP/1.1\r\nHost: x\r\n`
  const text = await raw(at.server, `${head('talking')}\r\n${head('silent')}Connection: close\r\n\r\n`)
  t.match(text, /^HTTP\/1.1 200 OK\r\nX-Name: talking\r\n.*\r\n\r\nHTTP\/1.1 200 OK\r\nX-Name: silent\r\n.*\r\n\r\n$/s)
  t.notMatch(text, /more|never/)
  t.same(freed, ['talking', 'silent'])
  t.same(
    at.lines.filter(line => line.startsWith('<3>')),
    [],
    'and is no error',
  )
})

t.test('a bug in the middle of a stream cuts the connection: the client must not take it for whole', async t => {
  const broken = get('/', () => ({
    status: 200,
    body: (async function* () {
      yield 'half'
      throw new TypeError('broken')
    })(),
  }))
  await using at = await start([broken])
  await t.rejects(fetched(at.url), { code: 'HTTP_UPSTREAM_UNAVAILABLE' })
  t.match(at.lines.join(''), /a bug failed a request.*TypeError: broken/)
})

t.test(
  'disposing waits for the answer under way, ends streams and idle connections, and is quick about it',
  async t => {
    const leak = startLeakCheck()
    let finish: () => void = () => {}
    let began: () => void = () => {}
    const finished = new Promise<void>(resolve => {
      finish = resolve
    })
    const begun = new Promise<void>(resolve => {
      began = resolve
    })
    const at = await start([
      get('/slow', async () => {
        began()
        await finished
        return jsonAnswer({ whole: true })
      }),
      get('/stream', ({ signal }) => ({
        status: 200,
        body: (async function* () {
          yield 'open\n'
          if (!signal.aborted) await once(signal, 'abort')
          yield 'closing\n'
        })(),
      })),
    ])
    const idle = await connected(at.server)
    const unfinished = await connected(at.server)
    unfinished.write('GET /slow HTTP/1.1\r\nHo')
    const stream = await connected(at.server)
    stream.write('GET /stream HTTP/1.1\r\nHost: x\r\n\r\n')
    await once(stream, 'data')
    const slow = await connected(at.server)
    slow.write('GET /slow HTTP/1.1\r\nHost: x\r\n\r\n')
    await begun
    const [slowText, streamText] = [received(slow), received(stream)]
    for (const socket of [idle, unfinished]) void received(socket)

    const startedMs = performance.now()
    const disposed = at[Symbol.asyncDispose]()
    t.match(await streamText, /closing/)
    await t.rejects(connected(at.server), 'accepts no more')
    finish()
    await disposed
    t.match(await slowText, /\{"whole":true\}/)
    t.ok(performance.now() - startedMs < 1000, 'neither a kept-alive nor an unfinished request holds it')
    t.same(await leak.leaked(), [])
  },
)

t.test('where it listens', async t => {
  const directory = mkdtempSync(join(tmpdir(), 'shared-http-'))
  t.teardown(() => rmSync(directory, { recursive: true }))
  const path = join(directory, 'x.sock')
  {
    await using at = await start([get('/', ({ remoteAddress }) => jsonAnswer({ remoteAddress }))], {
      listener: { path, mode: 0o660 },
    })
    t.equal(statSync(path).mode & 0o777, 0o660)
    t.same([at.server.address, at.server.port], [path, 0])
    t.same((await fetched('http://x/', { socketPath: path })).body.toString(), '{"remoteAddress":""}\n')
  }
  t.notOk(existsSync(path), 'its own socket goes with it')
  await using at = await start([])
  const busy = { listener: { host: '127.0.0.1', port: at.server.port } }
  await t.rejects(start([], busy), {
    code: 'HTTP_ADDRESS_UNAVAILABLE',
    message: /cannot listen on 127\.0\.0\.1:\d+: EADDRINUSE/,
  })
})

t.test('the client: time, size, status, shape', async t => {
  await using at = await start([
    get('/big', () => ({ status: 200, body: 'x'.repeat(2000) })),
    get('/never', async ({ signal }) => {
      await once(signal, 'abort')
      return jsonAnswer({})
    }),
  ])
  t.equal((await fetched(`${at.url}/big`)).body.length, 2000)
  await t.rejects(fetched(`${at.url}/big`, { limitBytes: 1999 }), {
    code: 'HTTP_UPSTREAM_MALFORMED',
    message: /larger than 1999 bytes/,
  })
  await t.rejects(fetched(`${at.url}/never`, { timeoutMs: 50 }), {
    code: 'HTTP_UPSTREAM_UNAVAILABLE',
    message: /nothing within 50 ms/,
  })
  const own = new AbortController()
  setTimeout(() => own.abort(), 20)
  await t.rejects(fetched(`${at.url}/never`, { signal: own.signal }), { code: 'HTTP_UPSTREAM_UNAVAILABLE' })
  await t.rejects(fetched('http://127.0.0.1:1/'), { code: 'HTTP_UPSTREAM_UNAVAILABLE', message: /ECONNREFUSED/ })
})
