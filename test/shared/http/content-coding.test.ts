// Content coding: what a client's Accept-Encoding leads to, and coded answers over a real socket: whole, no faster than read, let go.
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { gunzipSync, zstdDecompressSync } from 'node:zlib'
import t, { type Test } from 'tap'
import {
  ACCEPT_ENCODING_MAX_LENGTH,
  CODED_AT_ONCE_MAX,
  CODED_MIN_BYTES,
  chooseCoding,
  createContentCoder,
} from '../../../src/shared/http/content-coding.ts'
import { type HttpAnswer, type Route, textError } from '../../../src/shared/http/route.ts'
import { startHttpServer } from '../../../src/shared/http/server.ts'
import { createLog } from '../../../src/shared/log/journald.ts'
import { createMetrics } from '../../../src/shared/metrics/registry.ts'
import { loopTurn } from '../../support/clock.ts'
import { within } from '../../support/within.ts'

for (const [header, coding, refused = false] of [
  [undefined, undefined],
  ['', undefined],
  ['gzip', 'gzip'],
  ['GZIP', 'gzip'],
  ['x-gzip', 'gzip'],
  ['gzip, deflate', 'gzip'],
  ['gzip, deflate, br, zstd', 'zstd'],
  ['gzip;q=0.8, zstd;q=0.5', 'gzip'],
  ['gzip;q=0.001', 'gzip'],
  ['gzip; q=0', undefined],
  ['gzip;q=0, *', 'zstd'],
  ['*', 'zstd'],
  ['*;q=0', undefined, true],
  ['*;q=0, gzip', 'gzip', true],
  ['*;q=0, identity', undefined],
  ['identity', undefined],
  ['identity, gzip;q=0.5', undefined],
  ['identity;q=0.5, gzip', 'gzip'],
  ['identity;q=0', undefined, true],
  ['identity;q=0, gzip', 'gzip', true],
  ['br', undefined],
  ['gzip;q=2', undefined],
  ['gzip;q=-1', undefined],
  ['gzip;q=x', undefined],
  [',,;;q=', undefined],
  ['gzip\u0000', undefined],
  [`${'a,'.repeat(ACCEPT_ENCODING_MAX_LENGTH / 2 - 4)}gzip`, 'gzip'],
  [`${'a,'.repeat(ACCEPT_ENCODING_MAX_LENGTH / 2)}gzip`, undefined],
] as [string | undefined, string | undefined, boolean?][]) {
  t.test(`Accept-Encoding: ${String(header).slice(0, 60)}`, async t => {
    const choice = chooseCoding(header)
    t.equal(choice.coding, coding, 'coding')
    t.equal(choice.identityRefused, refused, 'identity refused')
  })
}

const LARGE = 'a line of the journal\n'.repeat(20_000)
const gone = new AbortController().signal

async function* pieces(text: string): AsyncGenerator<string> {
  for (let at = 0; at < text.length; at += 65_536) yield text.slice(at, at + 65_536)
}

async function collect(body: HttpAnswer['body']): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of body as AsyncIterable<Uint8Array>) chunks.push(chunk)
  return Buffer.concat(chunks)
}

for (const [what, answer, headers] of [
  ['what is small', { status: 200, body: 'x'.repeat(CODED_MIN_BYTES - 1) }, { Vary: 'Accept-Encoding' }],
  ['an empty body', { status: 200, body: '' }, { Vary: 'Accept-Encoding' }],
  ['no body', { status: 200 }, undefined],
  ['an error', textError(404, LARGE), textError(404, '').headers],
  ['a redirect', { status: 303, headers: { Location: '/x' } }, { Location: '/x' }],
  ['what is coded', { status: 200, headers: { 'content-encoding': 'br' }, body: LARGE }, { 'content-encoding': 'br' }],
  [
    'an event stream',
    { status: 200, headers: { 'Content-Type': 'text/event-stream' }, body: pieces(LARGE) },
    { 'Content-Type': 'text/event-stream' },
  ],
  [
    'an attachment',
    { status: 200, headers: { 'Content-Disposition': 'attachment' }, body: LARGE },
    { 'Content-Disposition': 'attachment' },
  ],
] as [string, HttpAnswer, HttpAnswer['headers']][]) {
  t.test(`${what} stays as it is`, async t => {
    const made = createContentCoder()({ 'accept-encoding': 'gzip' }, answer, gone)
    t.equal(made.body, answer.body)
    t.same(made.headers, headers)
  })
}

t.test('who does not ask gets the very same answer', async t => {
  const answer = { status: 200, body: LARGE }
  t.equal(createContentCoder()({}, answer, gone), answer)
})

t.test('what is small is coded for a client that refuses it as it is', async t => {
  const made = createContentCoder()({ 'accept-encoding': 'gzip, identity;q=0' }, { status: 200, body: 'small' }, gone)
  t.match(made.headers, { 'Content-Encoding': 'gzip' })
  t.equal(gunzipSync(await collect(made.body)).toString(), 'small')
})

t.test('a length goes, another Vary stays', async t => {
  const headers = { 'content-length': LARGE.length, vary: 'Accept' }
  const made = createContentCoder()({ 'accept-encoding': 'gzip' }, { status: 200, headers, body: LARGE }, gone)
  t.same(made.headers, { Vary: 'Accept, Accept-Encoding', 'Content-Encoding': 'gzip' })
})

t.test('above the limit answers are sent as they are, until a place is free', async t => {
  const coder = createContentCoder(1)
  const code = () => coder({ 'accept-encoding': 'zstd' }, { status: 200, body: pieces(LARGE) }, gone)
  const first = (code().body as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]()
  await first.next()
  t.same(code().headers, { Vary: 'Accept-Encoding' })
  await first.return?.()
  t.match(code().headers, { 'Content-Encoding': 'zstd' })
  t.equal(CODED_AT_ONCE_MAX, 16)
})

/** A server with one coded route, which answers with what `body` makes. */
async function serve(t: Test, body: () => HttpAnswer['body']) {
  const lines: string[] = []
  const log = createLog({ write: line => void lines.push(line) })
  const handler: Route['handler'] = () => ({
    status: 200,
    headers: { 'Content-Type': 'text/plain' },
    body: body() ?? '',
  })
  const routes: Route[] = [{ method: 'GET', path: '/', handler, contract: 'test', coded: true }]
  const metrics = createMetrics('test')
  const server = await startHttpServer({ routes, listener: { host: '127.0.0.1', port: 0 }, log, metrics })
  t.teardown(() => server[Symbol.asyncDispose]())
  const ask = (acceptEncoding: string, method = 'GET') =>
    new Promise<IncomingMessage>((resolve, reject) => {
      const headers = { 'Accept-Encoding': acceptEncoding }
      const request = httpRequest({ port: server.port, host: '127.0.0.1', method, headers, agent: false })
      request.on('error', reject).on('response', resolve).end()
    })
  return { ask, lines }
}

for (const [coding, decode] of [
  ['gzip', gunzipSync],
  ['zstd', zstdDecompressSync],
] as const) {
  for (const [what, body] of [
    ['a text', () => LARGE],
    ['a stream', () => pieces(LARGE)],
    ['a stream of nothing', () => pieces('')],
  ] as const) {
    t.test(`${coding}: ${what} comes whole, and HEAD says the same of it`, async t => {
      const { ask } = await serve(t, body)
      const response = await ask(coding)
      const received = await collect(response)
      t.equal(decode(received).toString(), what === 'a stream of nothing' ? '' : LARGE)
      t.match(response.headers, { 'content-encoding': coding, vary: 'Accept-Encoding', 'transfer-encoding': 'chunked' })
      t.equal(response.headers['content-length'], undefined)
      const head = await ask(coding, 'HEAD')
      t.equal((await collect(head)).length, 0)
      const { date: _, 'transfer-encoding': ___, ...of } = response.headers
      const { date: __, ...ofHead } = head.headers
      t.same(ofHead, of)
    })
  }
}

/** Lines that do not compress well, without end; counts its pieces, and its end. */
function endless(seen: { pieces: number; ended: number }): AsyncIterable<Uint8Array> {
  return (async function* () {
    try {
      for (;;) {
        seen.pieces++
        const piece = Buffer.alloc(65_536)
        for (let at = 0; at < piece.length; at++) piece[at] = Math.floor(Math.random() * 256)
        yield piece
        await loopTurn()
      }
    } finally {
      seen.ended++
    }
  })()
}

for (const coding of ['gzip', 'zstd']) {
  t.test(`${coding}: a client that does not read holds the body back, and frees it when it goes`, async t => {
    const seen = { pieces: 0, ended: 0 }
    const { ask, lines } = await serve(t, () => endless(seen))
    const response = await ask(coding)
    response.pause().on('error', () => {})
    let before = -1
    for (let look = 0; look < 100 && seen.pieces !== before; look++) {
      before = seen.pieces
      await new Promise(resolve => setTimeout(resolve, 100))
    }
    t.equal(seen.pieces, before, 'it has stopped')
    response.destroy()
    const ended = async () => {
      while (seen.ended === 0) await loopTurn()
    }
    await within('the end of the body', ended())
    t.same(lines, [], 'and is no error')
  })
}

t.test('a body that fails cuts the answer: it must not be taken for whole', async t => {
  const { ask, lines } = await serve(t, () =>
    (async function* () {
      yield LARGE
      throw new TypeError('broken')
    })(),
  )
  const response = await ask('gzip')
  response.on('error', () => {}).resume()
  await new Promise(resolve => response.once('close', resolve))
  t.notOk(response.complete)
  t.match(lines.join(''), /a bug failed a request.*TypeError: broken/)
})
