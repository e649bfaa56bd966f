/** Fetching from a store over loopback HTTP and file://: digests before unpacking, retries, truncation, refusals. */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join, relative } from 'node:path'
import t, { type Test } from 'tap'
import { download, isMissing, RETRY_DELAYS_MS } from '../../../pkgpanda/store/download/download.ts'
import { openStore } from '../../../pkgpanda/store/store.ts'
import { tarballPath } from '../../../pkgpanda/store/store-layout.ts'
import { makeNode, type NodeFixture, names, PACKAGES, scratchDirectory, type Tree, writeTree } from '../node-fixture.ts'

const ID = 'mesos--0.22.0'
const PATH = tarballPath(ID)

/** A file:// store with one package and its index. */
function makeStore(
  t: Test,
  { indexed = true, tree = PACKAGES[ID] as Tree }: { indexed?: boolean; tree?: Tree } = {},
): string {
  const store = scratchDirectory(t)
  const source = join(store, 'source')
  writeTree(source, tree)
  mkdirSync(join(store, 'packages/mesos'), { recursive: true })
  execFileSync('tar', ['--create', '--xz', '--file', join(store, PATH), '--directory', source, '.'])
  if (indexed) writeIndex(store)
  return store
}

function writeIndex(store: string): void {
  const bytes = readFileSync(join(store, PATH))
  const entry = { sha256: createHash('sha256').update(bytes).digest('hex'), sizeBytes: bytes.length }
  writeFileSync(join(store, 'index.json'), JSON.stringify({ version: 1, files: { [PATH]: entry } }))
}

async function serve(t: Test, listener: RequestListener): Promise<string> {
  const server: Server = createServer(listener)
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

function emptyNode(t: Test): NodeFixture {
  return makeNode(t, { packages: {} })
}

t.test('fetch from file://, as the original suite does it: relative, with a slash at the end', async t => {
  const node = emptyNode(t)
  const url = `file://${relative(process.cwd(), makeStore(t))}/`
  const first = await node.run('fetch', `--repository-url=${url}`, ID)
  t.strictSame(first, { status: 0, out: `\rFetching: ${ID}\rFetched: ${ID}\n`, err: '' }, 'fact 9')
  t.strictSame(names(join(node.paths.repository, ID)), [
    'bin',
    'bin_master',
    'dcos.target.wants_master',
    'dcos.target.wants_slave',
    'lib',
    'pkginfo.json',
  ])
  t.strictSame(names(node.paths.repository), ['.manifests', ID], 'neither tarball nor index are left')
  const again = await node.run('fetch', '--repository-url', url, ID)
  t.strictSame(
    again,
    { status: 0, out: `\rFetching: ${ID}Package already added.\n\rFetched: ${ID}\n`, err: '' },
    'fact 11',
  )
})

t.test('add: the same tree, no output', async t => {
  const node = emptyNode(t)
  const file = join(makeStore(t), PATH)
  t.strictSame(await node.run('add', file), { status: 0, out: '', err: '' }, 'fact 10')
  t.strictSame(await node.run('add', file), { status: 0, out: 'Package already added.\n', err: '' })
  t.equal(readFileSync(join(node.paths.repository, ID, 'lib/libmesos.so'), 'utf8'), 'elf')
})

t.test('fetch refuses, and nothing is left in the repository', async t => {
  const flip = (store: string) => {
    const bytes = readFileSync(join(store, PATH))
    bytes[100]! ^= 1
    writeFileSync(join(store, PATH), bytes)
  }
  for (const { what, prepare, argv = [], err } of [
    {
      what: 'a file that differs from the index',
      prepare: flip,
      err: /differs from the index.*PKGPANDA_DIGEST_DIFFERS/,
    },
    {
      what: 'a file longer than the index says',
      prepare: (store: string) => writeFileSync(join(store, PATH), 'x'.repeat(100_000)),
      err: /larger than/,
    },
    { what: 'a file that is not in the index', argv: ['nothing--1'], err: /PKGPANDA_NOT_IN_INDEX/ },
    { what: 'an id that is none', argv: ['nothing'], err: /^Validation Error: / },
    {
      what: 'an index that is not JSON',
      prepare: (store: string) => writeFileSync(join(store, 'index.json'), '{'),
      err: /PKGPANDA_INDEX_MALFORMED/,
    },
    { what: 'a package without pkginfo.json', tree: { 'bin/x': '' }, err: /^Package Error: / },
  ] as { what: string; prepare?: (store: string) => void; argv?: string[]; tree?: Tree; err: RegExp }[]) {
    const node = emptyNode(t)
    const store = makeStore(t, what.includes('pkginfo') ? { tree: { 'bin/x': '' } } : {})
    prepare?.(store)
    const result = await node.run('fetch', `--repository-url=file://${store}`, ...(argv.length > 0 ? argv : [ID]))
    t.match(result, { status: 1, err }, `fact 12: ${what}`)
    t.strictSame(names(node.paths.repository), [], what)
  }
})

t.test(
  'a store without an index: refused, unless that is asked for; one with an index is always held to it',
  async t => {
    const node = emptyNode(t)
    const store = makeStore(t, { indexed: false })
    const argv = ['fetch', `--repository-url=file://${store}`, ID]
    t.match(await node.run(...argv), { status: 1, err: /PKGPANDA_INDEX_MISSING/ })
    writeIndex(store)
    writeFileSync(join(store, PATH), 'changed')
    t.match(await node.run(...argv, '--allow-unverified'), { status: 1, err: /PKGPANDA_DIGEST_DIFFERS/ })
    const bare = makeStore(t, { indexed: false })
    t.equal((await node.run('fetch', `--repository-url=file://${bare}`, '--allow-unverified', ID)).status, 0)
  },
)

t.test('fetch of several stops at the first failure', async t => {
  const node = emptyNode(t)
  const { status, out } = await node.run('fetch', `--repository-url=file://${makeStore(t)}`, 'nothing--1', ID)
  t.match({ status, out }, { status: 1, out: '\rFetching: nothing--1' })
  t.strictSame(names(node.paths.repository), [])
})

t.test('HTTP: what is tried again, and what is not', async t => {
  const body = 'x'.repeat(1_000)
  const good: RequestListener = (_request, response) => response.end(body)
  const status =
    (code: number, retryAfter?: string): RequestListener =>
    (_request, response) =>
      response.writeHead(code, retryAfter === undefined ? {} : { 'retry-after': retryAfter }).end('no')
  const short: RequestListener = (_request, response) => {
    response.writeHead(200, { 'content-length': body.length })
    response.write(body.slice(1))
    response.socket?.end()
  }
  const chunked: RequestListener = (_request, response) =>
    response.writeHead(200, { 'transfer-encoding': 'chunked' }).end(body.slice(1))
  const broken: RequestListener = request => request.socket.destroy()
  const redirect =
    (location: string): RequestListener =>
    (_request, response) =>
      response.writeHead(302, { location }).end()
  const cases: {
    what: string
    answers: RequestListener[]
    requests: number
    fails?: RegExp
    size?: number
    waited?: number[]
  }[] = [
    { what: 'good', answers: [good], requests: 1 },
    { what: 'fact 13, one byte short with Content-Length', answers: [short, good], requests: 2, waited: [1_000] },
    { what: 'fact 13, one byte less without Content-Length', answers: [chunked], requests: 1, size: 999 },
    { what: 'connection broken twice', answers: [broken, broken, good], requests: 3, waited: [1_000, 2_000] },
    {
      what: '500, 502, 504',
      answers: [status(500), status(502), status(504), good],
      requests: 4,
      waited: [1_000, 2_000, 4_000],
    },
    {
      what: '500 for ever',
      answers: Array(9).fill(status(500)),
      requests: 5,
      fails: /status 500, 5 attempts/,
      waited: RETRY_DELAYS_MS,
    },
    { what: '404', answers: [status(404)], requests: 1, fails: /status 404/ },
    { what: '503 while a server restarts', answers: [status(503), good], requests: 2, waited: [1_000] },
    {
      what: '503 with Retry-After, seconds, too many, none',
      answers: [status(503, '3'), status(503, '9999'), status(503, 'soon'), good],
      requests: 4,
      waited: [3_000, 60_000, 4_000],
    },
    { what: 'a redirect', answers: [redirect('/elsewhere'), good], requests: 2 },
    {
      what: 'a redirect to a file of this node',
      answers: [redirect('file:///etc/shadow')],
      requests: 1,
      fails: /redirected to file/,
    },
    {
      what: 'redirects without end',
      answers: Array(9).fill(redirect('/again')),
      requests: 6,
      fails: /more than 5 redirects/,
    },
  ]
  for (const { what, answers, requests, fails, size = 1_000, waited = [] } of cases) {
    let count = 0
    const waits: number[] = []
    const url = await serve(t, (request, response) => answers[count++]?.(request, response))
    const file = join(scratchDirectory(t), 'file')
    const result = download(`${url}/file`, file, { sleep: async ms => void waits.push(ms) })
    if (fails) await t.rejects(result, { code: 'PKGPANDA_DOWNLOAD_FAILED', message: fails }, what)
    else
      t.match(
        await result,
        { sizeBytes: size, sha256: createHash('sha256').update(body.slice(0, size)).digest('hex') },
        what,
      )
    t.equal(count, requests, `${what}: requests`)
    t.strictSame(waits, waited, `${what}: waits`)
  }
})

t.test('a store that trickles is given up, not waited for', async t => {
  let count = 0
  const url = await serve(t, (_request, response) => {
    count++
    response.write('x')
    // Never silent for long, never done.
    const trickle = setInterval(() => response.write('x'), 10)
    response.on('close', () => clearInterval(trickle))
  })
  const file = join(scratchDirectory(t), 'file')
  await t.rejects(download(`${url}/file`, file, { sleep: async () => {}, rateWindowMs: 50 }), {
    code: 'PKGPANDA_DOWNLOAD_FAILED',
    message: /only \d+ bytes in 0\.05 s, 5 attempts/,
  })
  t.equal(count, 5, 'tried as often as any other failure that may pass')
})

t.test('a store over HTTP asks for its index once', async t => {
  const files = makeStore(t)
  const asked: string[] = []
  const url = await serve(t, (request, response) => {
    asked.push(request.url ?? '')
    const file = join(files, request.url ?? '')
    if (existsSync(file)) response.end(readFileSync(file))
    else response.writeHead(404).end()
  })
  let number = 0
  const scratch = scratchDirectory(t)
  const store = openStore(`${url}//`, { scratch, random: () => `${number++}` })
  const seen: number[] = []
  const file = await store.fetch(PATH, received => seen.push(received))
  t.strictSame(readFileSync(file), readFileSync(join(files, PATH)))
  t.ok(seen.length > 0)
  await store.fetch(PATH)
  t.strictSame(asked, ['/index.json', `/${PATH}`, `/${PATH}`])
  t.ok(isMissing(await download(`${url}/nowhere`, join(scratch, 'x')).catch((error: unknown) => error)))
})

t.test('an index without end is not kept to fill the disk', async t => {
  let sentBytes = 0
  const url = await serve(t, async (_request, response) => {
    const piece = Buffer.alloc(1024 * 1024, ' ')
    // Twice the limit: were it not held, the answer would end and be read as an index.
    let goOn = () => {}
    response.on('drain', () => goOn()).on('close', () => goOn())
    for (; sentBytes < 128 * piece.length && !response.destroyed; sentBytes += piece.length) {
      if (!response.write(piece)) {
        await new Promise<void>(resolve => {
          goOn = resolve
        })
      }
    }
    response.end()
  })
  const scratch = scratchDirectory(t)
  const store = openStore(url, { scratch, random: () => 'x' })
  await t.rejects(store.fetch('a'), { code: 'PKGPANDA_DOWNLOAD_FAILED', message: /larger than 67108864 bytes/ })
  t.ok(sentBytes < 80 * 1024 * 1024, `${sentBytes} bytes were taken`)
  t.strictSame(readdirSync(scratch), [])
})

t.test('URLs that are none', async t => {
  for (const url of ['', 'ftp://x/', '/a/path', 'http:/x']) {
    t.throws(
      () => openStore(url, { scratch: '/nowhere', random: () => '' }),
      { code: 'PKGPANDA_REPOSITORY_URL_MALFORMED' },
      url,
    )
  }
})
