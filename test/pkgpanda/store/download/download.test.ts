/** Downloads that break and are gone on with, silence and patience, several stores, proxies. All over loopback. */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, truncateSync, utimesSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { download } from '../../../../pkgpanda/store/download/download.ts'
import { parseRetryAfter } from '../../../../pkgpanda/store/download/http-get.ts'
import { openPartialDownload, sweepPartialDownloads } from '../../../../pkgpanda/store/download/partial-download.ts'
import { loadAgents, parseProxyVariables } from '../../../../pkgpanda/store/download/proxy.ts'
import { publicText, publicUrl } from '../../../../pkgpanda/store/download/public-url.ts'
import { openStore } from '../../../../pkgpanda/store/store.ts'
import { openStores } from '../../../../pkgpanda/store/stores.ts'
import { scratchDirectory, writeTree } from '../../node-fixture.ts'

const MIB = 1024 * 1024
const BODY = Buffer.alloc(300_000, 'a package, more or less. ')
const PATH = 'packages/a/a--1.tar.xz'
const digest = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

async function serve(t: Test, listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

interface Answer {
  /** Bytes of the body that are sent before the connection breaks; all when left out. */
  breakAfter?: number
  status?: number
  etag?: string
  /** Instead of what the request asks for. */
  contentRange?: string
  body?: Buffer
}

/** A store of one file that answers as told, honest where nothing is told; the last answer for ever. */
async function makeStore(t: Test, answers: Answer[], { index = BODY }: { index?: Buffer } = {}) {
  const asked: string[] = []
  const files = { [PATH]: { sha256: digest(index), sizeBytes: index.length } }
  const url = await serve(t, (request, response) => {
    if (request.url === '/index.json') return void response.end(JSON.stringify({ version: 1, files }))
    asked.push([request.headers.range, request.headers['if-range']].filter(Boolean).join(' ') || 'whole')
    answer(answers.length > 1 ? (answers.shift() as Answer) : (answers[0] ?? {}), request, response)
  })
  return { url, asked }
}

function answer(given: Answer, request: IncomingMessage, response: ServerResponse): void {
  const { etag = '"one"', body = BODY, contentRange } = given
  const range = /^bytes=(\d+)-$/.exec(request.headers.range ?? '')
  const condition = request.headers['if-range']
  const from = range && (condition === undefined || condition === etag) ? Number(range[1]) : 0
  const status = given.status ?? (from > 0 ? 206 : 200)
  if (status >= 400) return void response.writeHead(status).end()
  const rest = status === 206 ? body.subarray(from) : body
  response.writeHead(status, {
    etag,
    'content-length': rest.length,
    ...(status === 206 ? { 'content-range': contentRange ?? `bytes ${from}-${body.length - 1}/${body.length}` } : {}),
  })
  if (given.breakAfter === undefined) return void response.end(rest)
  response.write(rest.subarray(0, given.breakAfter), () => setImmediate(() => response.destroy()))
}

const HALF = 150_000

const resumptions: { what: string; answers: Answer[]; asked: (string | RegExp)[]; fails?: RegExp }[] = [
  { what: 'nothing breaks', answers: [{}], asked: ['whole'] },
  { what: 'it breaks once', answers: [{ breakAfter: HALF }, {}], asked: ['whole', /^bytes=\d+- "one"$/] },
  {
    what: 'it breaks and the file is another one then, which If-Range tells',
    answers: [{ breakAfter: HALF, etag: '"old"', body: Buffer.alloc(300_000, 'x') }, {}],
    asked: ['whole', /^bytes=\d+- "old"$/],
  },
  {
    what: 'the server does not know Range',
    answers: [{ breakAfter: HALF }, { status: 200 }],
    asked: ['whole', /^bytes=/],
  },
  {
    what: 'the server ignores If-Range',
    answers: [{ breakAfter: HALF }, { status: 206, etag: '"two"' }, {}],
    asked: ['whole', /^bytes=/, 'whole'],
  },
  {
    what: 'the part that comes is not the one asked for',
    answers: [{ breakAfter: HALF }, { contentRange: 'bytes 5-299999/300000' }, {}],
    asked: ['whole', /^bytes=/, 'whole'],
  },
  {
    what: 'the part is of a file of another size',
    answers: [{ breakAfter: HALF }, { contentRange: 'bytes 150000-300009/300010' }, {}],
    asked: ['whole', /^bytes=/, 'whole'],
  },
  {
    what: 'the part does not exist',
    answers: [{ breakAfter: HALF }, { status: 416 }, {}],
    asked: ['whole', /^bytes=/, 'whole'],
  },
  { what: 'a part that nobody asked for', answers: [{ status: 206 }, {}], asked: ['whole', 'whole'] },
  {
    what: 'the two parts are of different files, under one validator',
    answers: [{ breakAfter: HALF, body: Buffer.alloc(300_000, 'x') }, {}],
    asked: ['whole', /^bytes=/, 'whole'],
  },
  {
    what: 'it breaks for ever',
    answers: [{ breakAfter: 10 }],
    asked: ['whole', ...Array(4).fill(/^(whole|bytes=)/)],
    fails: /broke after \d+ bytes.*5 attempts/,
  },
]

for (const { what, answers, asked, fails } of resumptions) {
  t.test(`going on (RFC 9110 14): ${what}`, async t => {
    const store = await makeStore(t, answers)
    const scratch = scratchDirectory(t)
    const fetched = openStore(store.url, { scratch, random: () => 'x', sleep: async () => {} }).fetch(PATH)
    if (fails) await t.rejects(fetched, { code: 'PKGPANDA_DOWNLOAD_FAILED', message: fails })
    else {
      t.equal(digest(readFileSync(await fetched)), digest(BODY))
      t.strictSame(readdirSync(scratch), ['.tmp-x'], 'nothing else is left')
    }
    t.equal(store.asked.length, asked.length, store.asked.join(', '))
    t.match(store.asked, asked)
  })
}

t.test('a file that breaks more often than is tried comes, as long as each attempt brings some of it', async t => {
  const large = Buffer.alloc(12 * MIB, 'large')
  const store = await makeStore(t, [{ body: large, breakAfter: 1.5 * MIB }], { index: large })
  const waits: number[] = []
  const options = { scratch: scratchDirectory(t), random: () => 'x', sleep: async (ms: number) => void waits.push(ms) }
  t.equal(digest(readFileSync(await openStore(store.url, options).fetch(PATH))), digest(large))
  t.ok(store.asked.length >= 8, `${store.asked.length} requests`)
  t.ok(
    waits.every(ms => ms <= 2_000),
    'the pauses begin anew',
  )
})

/** What a killed process leaves: the beginning of the file, and where it came from. */
async function leave(scratch: string, bytes: Uint8Array, url: string): Promise<string> {
  await using partial = await openPartialDownload(scratch, PATH, digest(BODY))
  if (!partial) throw new Error('the name is taken')
  partial.begin({ url: `${url}/${PATH}`, validator: '"one"' })
  writeFileSync(partial.file, bytes)
  return partial.file
}

t.test('what a killed process left', async t => {
  const cases: { what: string; left: Uint8Array; from?: string; asked: string[] }[] = [
    { what: 'the beginning', left: BODY.subarray(0, HALF), asked: [`bytes=${HALF}- "one"`] },
    { what: 'all of it', left: BODY, asked: [] },
    { what: 'more than all of it', left: Buffer.concat([BODY, BODY]), asked: ['whole'] },
    { what: 'other bytes', left: Buffer.alloc(HALF), asked: [`bytes=${HALF}- "one"`, 'whole'] },
    { what: 'all of it, damaged', left: Buffer.alloc(BODY.length), asked: ['whole'] },
    {
      what: 'the beginning, from another store',
      left: BODY.subarray(0, HALF),
      from: 'http://other',
      asked: [`bytes=${HALF}-`],
    },
  ]
  for (const { what, left, from, asked } of cases) {
    const store = await makeStore(t, [{}])
    const scratch = scratchDirectory(t)
    await leave(scratch, left, from ?? store.url)
    const file = await openStore(store.url, { scratch, random: () => 'x' }).fetch(PATH)
    t.equal(digest(readFileSync(file)), digest(BODY), what)
    t.strictSame(store.asked, asked, what)
    t.strictSame(readdirSync(scratch), ['.tmp-x'], what)
  }
  const store = await makeStore(t, [{}])
  const scratch = scratchDirectory(t)
  const file = await leave(scratch, BODY.subarray(0, HALF), store.url)
  truncateSync(`${file}.json`, 5)
  await openStore(store.url, { scratch, random: () => 'x' }).fetch(PATH)
  t.strictSame(store.asked, ['whole'], 'without knowing where it came from it is worth nothing')
})

t.test('what stays after a failure: a good part of the file, and only when the connection broke', async t => {
  for (const { what, answers, kept } of [
    { what: 'broken after half', answers: [{ breakAfter: HALF }, { status: 500 }], kept: true },
    { what: 'broken after a little', answers: [{ breakAfter: 100 }, { status: 500 }], kept: false },
    { what: 'gone meanwhile', answers: [{ breakAfter: HALF }, { status: 404 }], kept: false },
    { what: 'another file than the index says', answers: [{ body: Buffer.alloc(300_000) }], kept: false },
    { what: 'too large', answers: [{ body: Buffer.alloc(400_000) }], kept: false },
  ] as { what: string; answers: Answer[]; kept: boolean }[]) {
    const store = await makeStore(t, answers)
    const scratch = scratchDirectory(t)
    await t.rejects(openStore(store.url, { scratch, random: () => 'x', sleep: async () => {} }).fetch(PATH), {
      code: /^PKGPANDA_/,
    })
    t.equal(
      readdirSync(scratch).some(name => name.startsWith('.part-')),
      kept,
      what,
    )
  }
})

t.test('two processes: the second downloads beside the first', async t => {
  const scratch = scratchDirectory(t)
  await using first = await openPartialDownload(scratch, PATH, digest(BODY))
  t.ok(first)
  t.equal(await openPartialDownload(scratch, PATH, digest(BODY)), undefined)
  const store = await makeStore(t, [{}])
  t.ok(existsSync(await openStore(store.url, { scratch, random: () => 'x' }).fetch(PATH)))
})

t.test('what was begun and never ended goes after a week, or when it is too much', async t => {
  const scratch = scratchDirectory(t)
  const now = Date.now()
  const age = (name: string, days: number, sizeBytes = 1) => {
    writeFileSync(join(scratch, name), '')
    truncateSync(join(scratch, name), sizeBytes)
    utimesSync(join(scratch, name), now / 1_000, now / 1_000 - days * 86_400)
  }
  age('.part-new', 1, 1.5 * 1024 ** 3)
  age('.part-older', 2, 1.5 * 1024 ** 3)
  age('.part-old', 8)
  age('.part-old.json', 8)
  age('a--1', 100)
  sweepPartialDownloads(scratch, now)
  t.strictSame(readdirSync(scratch).sort(), ['.part-new', 'a--1'])
})

t.test('silence: before the answer, in the middle', async t => {
  const silent = await serve(t, () => {})
  const file = join(scratchDirectory(t), 'file')
  const options = { sleep: async () => {}, headTimeoutMs: 40 }
  await t.rejects(download(`${silent}/x`, file, options), { message: /no answer within 0\.04 s, 5 attempts/ })
  const half = await serve(t, (_request, response) => response.write('x'))
  await t.rejects(download(`${half}/x`, file, { sleep: async () => {}, idleTimeoutMs: 40 }), {
    message: /broke after 1 bytes \(nothing received for 0\.04 s\), 5 attempts/,
  })
})

t.test('Retry-After', async t => {
  const now = Date.UTC(2026, 0, 1)
  for (const [header, ms] of [
    [undefined, 0],
    ['3', 3_000],
    ['3600', 60_000],
    ['-3', 0],
    ['soon', 0],
    ['Thu, 01 Jan 2026 00:00:20 GMT', 20_000],
    ['Thu, 01 Jan 2020 00:00:20 GMT', 0],
  ] as const) {
    t.equal(parseRetryAfter(header, now), ms, String(header))
  }
})

t.test('several stores: the next is asked when one fails or lacks the file', async t => {
  const good = () => makeStore(t, [{}])
  const lacking = await serve(t, (_request, response) => response.end('{"version":1,"files":{}}'))
  const absent = await serve(t, (_request, response) => response.writeHead(404).end())
  const cases: { what: string; first: string; fetched?: number; warns: RegExp }[] = [
    { what: 'lacks it', first: lacking, warns: /NOT_IN_INDEX|not in the index/ },
    { what: 'has no index', first: absent, warns: /no index of digests/ },
    { what: 'is away', first: 'http://127.0.0.1:1', warns: /cannot be fetched: connect ECONNREFUSED/ },
    {
      what: 'has another file',
      first: (await makeStore(t, [{ body: Buffer.alloc(300_000) }])).url,
      warns: /differs from the index/,
    },
    {
      what: 'breaks in the middle',
      first: (await makeStore(t, [{ breakAfter: HALF }, { status: 500 }])).url,
      warns: /status 500, 5 attempts/,
    },
  ]
  for (const { what, first, warns } of cases) {
    const second = await good()
    const scratch = scratchDirectory(t)
    const warnings: string[] = []
    let number = 0
    const store = openStores([first, second.url], {
      scratch,
      random: () => `${number++}`,
      sleep: async () => {},
      warn: line => warnings.push(line),
    })
    t.equal(digest(readFileSync(await store.fetch(PATH))), digest(BODY), `the first ${what}`)
    t.equal(warnings.length, 1)
    t.match(warnings[0], warns)
    t.match(warnings[0], /; asking the next repository\.$/)
    if (what.startsWith('breaks')) t.match(second.asked, [/^bytes=\d+-$/], 'which goes on with what the first one gave')
    await store.fetch(PATH)
    t.equal(
      warnings.length,
      what === 'is away' || what.startsWith('breaks') ? 1 : 2,
      'one that was silent is asked last',
    )
  }
  const scratch = scratchDirectory(t)
  const none = openStores([lacking, absent], { scratch, random: () => 'x' })
  await t.rejects(none.fetch(PATH), {
    code: 'PKGPANDA_STORES_FAILED',
    message: /none of 2 repositories: .*not in the index.*; .*status 404/,
  })
  t.throws(() => openStores([], { scratch, random: () => 'x' }), { code: 'PKGPANDA_USAGE' })
  t.throws(() => openStores(Array(17).fill(absent), { scratch, random: () => 'x' }), { code: 'PKGPANDA_USAGE' })
})

t.test('proxy.env: which variables count', async t => {
  const path = '/opt/mesosphere/etc/proxy.env'
  t.strictSame(parseProxyVariables('', path), {})
  t.strictSame(
    parseProxyVariables(
      'HTTP_PROXY=http://big:1\nhttp_proxy="http://small:1"\nHTTPS_PROXY=host:3128\nNO_PROXY=.x,y\n',
      path,
    ),
    { http_proxy: 'http://small:1', https_proxy: 'http://host:3128', no_proxy: '.x,y' },
  )
  for (const value of ['ftp://x', 'http://', 'socks5://u:secret@x:1']) {
    t.throws(() => parseProxyVariables(`https_proxy=${value}`, path), {
      code: 'PKGPANDA_PROXY_MALFORMED',
      message: `${path}: https_proxy is not the URL of a proxy`,
    })
  }
})

t.test('over a proxy: absolute form for http, CONNECT for https, none for what no_proxy names', async t => {
  const seen: string[] = []
  const proxy = createServer((request, response) => {
    seen.push(`${request.method} ${request.url} ${request.headers['proxy-authorization']}`)
    response.end('from afar')
  })
  proxy.on('connect', (request, socket) => {
    seen.push(`CONNECT ${request.url} ${request.headers['proxy-authorization']}`)
    socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n')
  })
  await new Promise<void>(resolve => proxy.listen(0, '127.0.0.1', resolve))
  t.teardown(() => proxy.close())
  const direct = await serve(t, (_request, response) => response.end('from near'))
  const root = scratchDirectory(t)
  const via = `http://user:s%40cret@127.0.0.1:${(proxy.address() as AddressInfo).port}`
  writeTree(root, { 'etc/proxy.env': `http_proxy=${via}\nhttps_proxy=${via}\nno_proxy=127.0.0.1,.near\n` })
  const agents = loadAgents(root)
  const file = join(root, 'file')
  const credentials = `Basic ${Buffer.from('user:s@cret').toString('base64')}`

  await download('http://store.far/x', file, { agents })
  t.equal(readFileSync(file, 'utf8'), 'from afar')
  await download(`${direct}/x`, file, { agents })
  t.equal(readFileSync(file, 'utf8'), 'from near')
  const refused = await download('https://me:hidden@store.far/x?token=1', file, {
    agents,
    sleep: async () => {},
  }).catch(error => error)
  t.match(refused, { code: 'PKGPANDA_DOWNLOAD_FAILED', message: /^https:\/\/store\.far\/x cannot be fetched: .*407/ })
  t.notMatch(JSON.stringify([refused.message, String(refused.cause)]), /cret|hidden|token/, 'no secret in what is said')
  t.strictSame([...new Set(seen)], [`GET http://store.far/x ${credentials}`, `CONNECT store.far:443 ${credentials}`])
  mkdirSync(join(root, 'other'))
  await download(`${direct}/x`, file, { agents: loadAgents(join(root, 'other')) })
  t.equal(readFileSync(file, 'utf8'), 'from near', 'no file, no proxy')
})

t.test('URLs in messages', async t => {
  t.equal(publicUrl('https://user:secret@host:1/x?token=y#z'), 'https://host:1/x')
  t.equal(publicUrl('nonsense'), 'nonsense')
  t.equal(publicUrl('http://host/packages/a@b/a@b--1.tar.xz'), 'http://host/packages/a@b/a@b--1.tar.xz')
  for (const secret of ['pa/ss', 'pa#ss', 'pa?ss', 'p@/ss', 'pa\nss'])
    t.equal(publicUrl(`http://user:${secret}@host/x`), 'http://host/x', `unescaped: ${secret}`)
  t.equal(publicText('via http://u:p@h/ and ftp://a@b'), 'via http://h/ and ftp://b')
})

t.test(
  'a store that announces more than there is disk is a bad store, not a full disk: the next one is asked',
  async t => {
    const lying = await serve(t, (_request, response) => {
      response.writeHead(200, { 'content-length': String(8 * 1024 ** 5) })
      response.write('{')
    })
    const honest = await makeStore(t, [{}])
    const options = { scratch: scratchDirectory(t), random: () => 'r', sleep: async () => {} }
    await t.rejects(openStore(lying, options).fetch(PATH), { code: 'PKGPANDA_DOWNLOAD_FAILED', message: /larger than/ })
    t.ok(await openStores([lying, honest.url], options).fetch(PATH))
  },
)
