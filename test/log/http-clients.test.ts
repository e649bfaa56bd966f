// What clients of HTTP expect of every route: HEAD as GET without a body and without a reader left, coding for who asks, OPTIONS, /metrics.
import { gunzipSync, zstdDecompressSync } from 'node:zlib'
import t from 'tap'
import type { Journal } from '../../src/shared/journal/reader.ts'
import { memoryEntry, memoryReader } from '../shared/journal/memory-journal.ts'
import { startLogServer } from './log-server.ts'

const CONTAINER = 'framework/f/executor/e/container/c'

/** A journal of `count` entries that knows how many readers are open. */
function counting(count: number) {
  const seen = { open: 0 }
  const entries = Array.from({ length: count }, (_, i) => memoryEntry(i + 1))
  const journal: Journal = {
    fieldValues: async () => [Buffer.from('STDOUT')],
    async open() {
      seen.open++
      let inside = true
      return {
        ...memoryReader(entries),
        async [Symbol.asyncDispose]() {
          if (inside) seen.open--
          inside = false
        },
      }
    },
  }
  return { seen, journal }
}

const routes = [
  { target: '/range/', coded: false },
  { target: '/range/download', coded: false },
  { target: `/range/${CONTAINER}`, coded: false },
  { target: `/range/${CONTAINER}/download`, coded: false },
  { target: '/fields/STREAM', coded: false },
  { target: '/openapi.json', coded: true },
  { target: '/v1/range/', coded: false },
  { target: '/v1/openapi.json', coded: true },
  { target: '/v2/component', coded: true },
  { target: '/v2/component/x.service', coded: true },
  { target: '/nowhere', coded: false },
  { target: '/v2/component?limit=x', coded: false },
]

const streams = [
  { target: '/stream/' },
  { target: `/stream/${CONTAINER}` },
  { target: '/v1/stream/' },
  { target: '/v2/component' },
]

async function server(t: Parameters<typeof startLogServer>[0]) {
  const { seen, journal } = counting(2000)
  const { ask, counted } = await startLogServer(t, () => journal)
  const headersOf = (headers: Record<string, unknown>) => {
    const { date: _, 'transfer-encoding': __, ...others } = headers
    return others
  }
  const whole = async (target: string, method: string, headers: Record<string, string>) => {
    const response = await ask(target, { method, headers })
    const chunks: Buffer[] = []
    for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk)
    return { status: response.statusCode, headers: headersOf(response.headers), body: Buffer.concat(chunks) }
  }
  return { ask, whole, seen, counted, headersOf }
}

for (const { target, coded } of routes) {
  for (const acceptEncoding of ['', 'gzip', 'zstd']) {
    t.test(`${target}, Accept-Encoding: ${acceptEncoding || '(none)'}`, async t => {
      const { whole, seen } = await server(t)
      const asked: Record<string, string> = acceptEncoding === '' ? {} : { 'Accept-Encoding': acceptEncoding }
      const get = await whole(target, 'GET', asked)
      const head = await whole(target, 'HEAD', asked)
      t.equal(head.body.length, 0, 'no body')
      t.same([head.status, head.headers], [get.status, get.headers], 'the same head')
      t.equal(seen.open, 0, 'no reader is left')
      const encoding = coded && acceptEncoding !== '' ? acceptEncoding : undefined
      t.equal(get.headers['content-encoding'], encoding)
      t.equal(get.headers.vary, encoding && 'Accept-Encoding')
      if (encoding === undefined) return
      const decode = encoding === 'gzip' ? gunzipSync : zstdDecompressSync
      const plain = await whole(target, 'GET', {})
      t.ok(decode(get.body).equals(plain.body), 'the same bytes')
      t.ok(get.body.length < plain.body.length / 2, 'of less than half the size')
    })
  }
}

for (const { target } of streams) {
  t.test(`${target} as events is not coded, and HEAD takes no place`, async t => {
    const { ask, whole, seen, counted, headersOf } = await server(t)
    const asked = { Accept: 'text/event-stream', 'Accept-Encoding': 'gzip, zstd' }
    const head = await whole(target, 'HEAD', asked)
    t.equal(head.body.length, 0)
    t.equal(seen.open, 0, 'no reader is left')
    t.equal((await counted.followers.get()).values[0]?.value ?? 0, 0)
    const response = await ask(target, { headers: asked })
    response.on('error', () => {}).destroy()
    t.same(head.headers, headersOf(response.headers))
    t.equal(response.headers['content-encoding'], undefined)
  })
}

const PREFLIGHT = { Origin: 'https://page.example', 'Access-Control-Request-Method': 'GET' }
const NONE = undefined
for (const { target, status = 204, allow = 'GET, HEAD, OPTIONS', origin = NONE, requested = NONE } of [
  { target: '*' },
  { target: '/range/' },
  { target: '/v1/stream/?limit=x' },
  { target: '/metrics' },
  { target: '/v2/component', origin: '*', requested: 'Last-Event-ID, Cache-Control' },
  { target: '/v2/component/x.service', origin: '*', requested: 'Last-Event-ID, Cache-Control' },
  { target: '/range', status: 404, allow: '' },
  { target: '/range//', status: 301, allow: '' },
]) {
  t.test(`OPTIONS ${target}: a browser asks for a page of another origin`, async t => {
    const { whole } = await server(t)
    const answer = await whole(target, 'OPTIONS', PREFLIGHT)
    t.equal(answer.status, status)
    t.equal(answer.headers.allow ?? '', allow)
    t.equal(answer.headers['access-control-allow-origin'], origin)
    t.equal(answer.headers['access-control-allow-headers'], requested)
  })
}

t.test('/metrics tells of the daemon, to GET and HEAD', async t => {
  const { whole } = await server(t)
  await whole('/range/', 'GET', {})
  const { body, headers } = await whole('/metrics', 'GET', {})
  t.match(headers, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' })
  t.match(body.toString(), 'dcos_log_entries_total{format="text"} 2000\n')
  const head = await whole('/metrics', 'HEAD', {})
  t.match(head, { status: 200, headers: { 'content-type': headers['content-type'] } })
  t.equal(head.body.length, 0)
  t.match(await whole('/v1/metrics', 'GET', {}), { status: 404 })
})

for (const { target, status } of [
  { target: '/fields/', status: 404 },
  { target: '/fields/a%2Fb', status: 404 },
  { target: '/v1/fields/', status: 404 },
  { target: '/v2/component/', status: 404 },
  { target: '/v2/component/a%2Fb', status: 404 },
  { target: '/range/framework/f/executor//container/c', status: 301 },
  { target: '/range/framework/f/executor/e/container/', status: 404 },
  { target: '/range/framework/f/executor/a%2Fb/container/c/download', status: 404 },
  { target: '/stream/framework/f/executor/e/container/..', status: 301 },
  { target: '/v2/component/%2e%2e', status: 301 },
]) {
  t.test(`log 2: ${target} is no path, to whatever method`, async t => {
    const { whole, seen } = await server(t)
    for (const method of ['GET', 'HEAD', 'OPTIONS']) {
      const { status: found, headers } = await whole(target, method, {})
      t.equal(found, status, method)
      t.equal(headers.allow, undefined)
    }
    t.equal(seen.open, 0)
  })
}
