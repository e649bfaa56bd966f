// OPTIONS: methods of a path and of all, and what a browser is told before a page of another origin may ask.
import t from 'tap'
import { fetchBytes } from '../../../src/shared/http/client.ts'
import { methodsOf, optionsAnswer } from '../../../src/shared/http/options.ts'
import { jsonAnswer, type Route } from '../../../src/shared/http/route.ts'
import { type HttpServerOptions, startHttpServer } from '../../../src/shared/http/server.ts'
import { createLog } from '../../../src/shared/log/journald.ts'
import { createMetrics } from '../../../src/shared/metrics/registry.ts'

const PREFLIGHT = { origin: 'https://page.example', 'access-control-request-method': 'GET' }

t.test('methods', async t => {
  t.same(methodsOf([{ method: 'GET' }]), ['GET', 'HEAD', 'OPTIONS'])
  t.same(methodsOf([{ method: 'POST' }]), ['POST', 'OPTIONS'])
  t.same(methodsOf([{ method: 'GET' }, { method: 'PUT' }, { method: 'GET' }]), ['GET', 'HEAD', 'PUT', 'OPTIONS'])
})

const open = { method: 'GET', crossOrigin: ['Last-Event-ID'] } as const
const closed = { method: 'PUT' } as const
for (const [what, routes, headers, answer] of [
  ['no preflight', [open], {}, { Allow: 'GET, HEAD, OPTIONS' }],
  ['an origin alone', [open], { origin: 'https://page.example' }, { Allow: 'GET, HEAD, OPTIONS' }],
  ['a preflight where none may ask', [closed], PREFLIGHT, { Allow: 'PUT, OPTIONS' }],
  [
    'a preflight: the methods that are open alone',
    [open, closed],
    PREFLIGHT,
    {
      Allow: 'GET, HEAD, PUT, OPTIONS',
      'Access-Control-Allow-Origin': '*',
      'Access-Control-Allow-Methods': 'GET, HEAD, OPTIONS',
      'Access-Control-Allow-Headers': 'Last-Event-ID',
      'Access-Control-Max-Age': 600,
    },
  ],
] as [string, Pick<Route, 'method' | 'crossOrigin'>[], Record<string, string>, object][]) {
  t.test(what, async t => void t.same(optionsAnswer(routes, { headers }), { status: 204, headers: answer }))
}

const handler = () => jsonAnswer({})
const routes: Route[] = [
  { method: 'GET', path: '/a/:id', handler, contract: 'test' },
  { method: 'PUT', path: '/a/:id', handler, contract: 'test' },
  { method: 'POST', path: '/b', handler, contract: 'test' },
  { method: 'GET', path: '/c/:id', exists: ({ params }) => params.id !== 'none', handler, contract: 'test' },
]

async function start(options: Partial<HttpServerOptions>) {
  const metrics = createMetrics('test')
  const log = createLog({ write: () => {} })
  const server = await startHttpServer({ routes, listener: { host: '127.0.0.1', port: 0 }, log, metrics, ...options })
  const ask = async (method: string, path: string) => {
    const url = `http://127.0.0.1:${server.port}${path}`
    const { status, headers } = await fetchBytes(url, { method, timeoutMs: 5000, limitBytes: 1e6 })
    return { status, allow: headers.allow, length: headers['content-length'] }
  }
  return { ask, metrics, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() }
}

t.test('over a socket', async t => {
  await using at = await start({ answersOptions: true })
  const none = undefined
  t.same(await at.ask('OPTIONS', '/a/1'), { status: 204, allow: 'GET, HEAD, PUT, OPTIONS', length: none })
  t.same(await at.ask('OPTIONS', '/b?x=1'), { status: 204, allow: 'POST, OPTIONS', length: none })
  t.match(await at.ask('OPTIONS', '/c'), { status: 404, allow: none })
  t.match(await at.ask('DELETE', '/a/1'), { status: 405, allow: 'GET, HEAD, PUT, OPTIONS' })
  t.match(await at.ask('OPTIONS', '/c/1'), { status: 204, allow: 'GET, HEAD, OPTIONS' })
  for (const method of ['GET', 'HEAD', 'OPTIONS', 'PUT'])
    t.match(await at.ask(method, '/c/none'), { status: 404, allow: none }, `${method} of what does not exist`)
  t.match(await at.metrics.text(), 'route="/a/:id",method="OPTIONS",status="204"} 1', 'counted for its route')
})

t.test('a daemon that does not answer it does not name it', async t => {
  await using at = await start({})
  t.match(await at.ask('OPTIONS', '/a/1'), { status: 405, allow: /^GET, HEAD, PUT$/ })
})
