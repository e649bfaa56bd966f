import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { join } from 'node:path'
import t from 'tap'
import { parseRange } from './range.ts'
import { findFile, startRepositoryServer } from './server.ts'

const ranges = [
  { header: undefined, want: undefined },
  { header: 'bytes=0-', want: { first: 0, last: 9 } },
  { header: 'bytes=3-5', want: { first: 3, last: 5 } },
  { header: 'bytes=3-500', want: { first: 3, last: 9 } },
  { header: 'bytes=-4', want: { first: 6, last: 9 } },
  { header: 'bytes=-40', want: { first: 0, last: 9 } },
  { header: 'bytes=10-', want: 'unsatisfiable' },
  { header: 'bytes=-0', want: 'unsatisfiable' },
  { header: 'bytes=5-3', want: undefined },
  { header: 'bytes=0-1,4-5', want: undefined },
  { header: 'lines=0-1', want: undefined },
  { header: 'bytes=-', want: undefined },
]

for (const { header, want } of ranges) {
  t.test(`RFC 9110 14.2, ten bytes, Range: ${header}`, async t => {
    t.same(parseRange(header, 10), want)
  })
}

const tree = async (directory: string) => {
  const root = join(directory, 'root')
  const over = join(directory, 'over')
  await mkdir(join(root, 'packages'), { recursive: true })
  await mkdir(over)
  await writeFile(join(directory, 'secret'), 'secret')
  await writeFile(join(root, 'packages/a--1.tar.xz'), '0123456789')
  await writeFile(join(root, 'index.json'), 'shared')
  await writeFile(join(over, 'index.json'), 'own')
  await writeFile(join(root, 'empty'), '')
  await symlink('../secret', join(root, 'link'))
  return [over, root]
}

t.test('which file a request target names', async t => {
  const directory = t.testdir()
  const roots = await tree(directory)
  const targets = [
    { target: '/packages/a--1.tar.xz', want: 'root/packages/a--1.tar.xz' },
    { target: '/packages/a--1.tar.xz?x=1', want: 'root/packages/a--1.tar.xz' },
    { target: '/packages%2Fa--1.tar.xz', want: 'root/packages/a--1.tar.xz' },
    { target: '/index.json', want: 'over/index.json' },
    { target: '/', want: undefined },
    { target: '/packages', want: undefined },
    { target: '/packages/', want: undefined },
    { target: '/missing', want: undefined },
    { target: '/../secret', want: undefined },
    { target: '/%2e%2e/secret', want: undefined },
    { target: '/packages/..%2f..%2fsecret', want: undefined },
    { target: '/link', want: undefined },
    { target: '/a%00b', want: undefined },
    { target: '/%zz', want: undefined },
  ]
  for (const { target, want } of targets) t.equal(await findFile(roots, target), want && join(directory, want), target)
})

t.test('answers over HTTP', async t => {
  await using server = await startRepositoryServer({ roots: await tree(t.testdir()), host: '127.0.0.1', port: 0 })
  const file = `${server.url}/packages/a--1.tar.xz`

  const whole = await fetch(file)
  t.equal(whole.status, 200)
  t.equal(await whole.text(), '0123456789')
  t.equal(whole.headers.get('accept-ranges'), 'bytes')

  const part = await fetch(file, { headers: { range: 'bytes=4-' } })
  t.equal(part.status, 206)
  t.equal(part.headers.get('content-range'), 'bytes 4-9/10')
  t.equal(await part.text(), '456789')

  const past = await fetch(file, { headers: { range: 'bytes=10-' } })
  t.equal(past.status, 416)
  t.equal(past.headers.get('content-range'), 'bytes */10')
  await past.text()

  const head = await fetch(file, { method: 'HEAD' })
  t.equal(head.headers.get('content-length'), '10')
  t.equal(await (await fetch(`${server.url}/empty`)).text(), '')
  t.equal(await (await fetch(`${server.url}/index.json`)).text(), 'own', 'the first root wins')
  t.equal((await fetch(`${server.url}/missing`)).status, 404)
  t.equal((await fetch(file, { method: 'DELETE' })).status, 405)
  t.equal(await rawStatus(server.url, '/../secret'), 404, 'no path out of the root')
})

/** fetch() folds `..` away; a hostile client does not. */
function rawStatus(url: string, path: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { path }, response => {
      response.resume()
      resolve(response.statusCode)
    })
    outgoing.once('error', reject)
    outgoing.end()
  })
}
