/** Sources from elsewhere: `url`, `url_extract`, `git`, `git_local`, each through resolve() and place() as the builder does. */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { archiveFormat, stripTop } from '../../../../pkgpanda/build/sources/archive.ts'
import { SOURCE_KINDS } from '../../../../pkgpanda/build/sources/kinds.ts'
import { fileNameOf } from '../../../../pkgpanda/build/sources/pinned-download.ts'
import type { ResolvedSource, SourceContext, SourceJson } from '../../../../pkgpanda/build/sources/source-kind.ts'

class Bench {
  readonly folder: string
  readonly warnings: string[] = []

  constructor(t: Test) {
    this.folder = mkdtempSync(join(tmpdir(), 'dcos-sources-'))
    t.teardown(() => rmSync(this.folder, { recursive: true }))
    for (const name of ['package', 'cache', 'made', 'out']) mkdirSync(join(this.folder, name))
  }

  at(...path: string[]): string {
    return join(this.folder, ...path)
  }

  resolve(source: Record<string, string> & SourceJson): Promise<ResolvedSource> {
    const context: SourceContext = {
      root: this.folder,
      folder: this.at('package'),
      packageName: 'app',
      sourceName: 'foo',
      cacheDirectory: this.at('cache'),
      warn: line => this.warnings.push(line),
      signal: new AbortController().signal,
    }
    return SOURCE_KINDS.get(source.kind)!.resolve(source, context)
  }

  /** Folder with the placed source. */
  async place(source: Record<string, string> & SourceJson): Promise<string> {
    const { place } = await this.resolve(source)
    const folder = mkdtempSync(this.at('out/'))
    await place(join(folder, 'foo'))
    return join(folder, 'foo')
  }

  make(path: string, text: string): string {
    writeFileSync(this.at(path), text)
    return this.at(path)
  }
}

function digest(file: string, name = 'sha1'): string {
  return createHash(name).update(readFileSync(file)).digest('hex')
}

t.test('url: a file from http, kept by its digest and asked for once', async t => {
  const bench = new Bench(t)
  let requests = 0
  const server = createServer((_request, response) => {
    requests += 1
    response.end('foo contents')
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/a/foo?version=1`
  const sha1 = createHash('sha1').update('foo contents').digest('hex')
  const source = { kind: 'url', url, sha1 }
  t.strictSame((await bench.resolve(source)).id, { downloaded_sha1: sha1 }, 'the id needs no download')
  t.equal(requests, 0)
  const folder = await bench.place(source)
  t.equal(readFileSync(join(folder, 'foo'), 'utf8'), 'foo contents')
  await bench.place(source)
  t.equal(requests, 1)
  writeFileSync(bench.at('cache/downloads', sha1, 'foo'), 'damaged')
  t.equal(readFileSync(join(await bench.place(source), 'foo'), 'utf8'), 'foo contents')
  t.equal(requests, 2, 'what is not its digest any more is fetched again')
})

t.test('fact 61: wrong sha1: fails, the cache holds foo.corrupt only', async t => {
  const bench = new Bench(t)
  bench.make('package/foo', 'foo contents')
  for (const [name, length] of [
    ['sha1', 40],
    ['sha256', 64],
  ] as const) {
    const wanted = '0'.repeat(length)
    await t.rejects(bench.place({ kind: 'url', url: 'foo', [name]: wanted }), {
      code: 'BUILD_SOURCE_DIGEST',
      message: /'app', source 'foo': foo has digest [0-9a-f]+ instead of 0+;/,
    })
    t.strictSame(readdirSync(bench.at('cache/downloads', wanted)), ['foo.corrupt'])
  }
})

t.test('url: a relative path, file://, sha256; a file that is not there', async t => {
  const bench = new Bench(t)
  const file = bench.make('package/foo', 'foo contents')
  const sha256 = digest(file, 'sha256')
  for (const url of ['foo', '../package/foo', `file://${file}`]) {
    t.equal(readFileSync(join(await bench.place({ kind: 'url', url, sha256 }), 'foo'), 'utf8'), 'foo contents', url)
  }
  t.strictSame((await bench.resolve({ kind: 'url', url: 'foo', sha256 })).id, { downloaded_sha256: sha256 })
  await t.rejects(bench.place({ kind: 'url', url: 'none', sha1: '0'.repeat(40) }), { code: 'PKGPANDA_DOWNLOAD_FAILED' })
  t.strictSame(readdirSync(bench.at('cache/downloads', '0'.repeat(40))), [])
})

const archives: [name: string, command: (bench: Bench) => string][] = [
  ['foo.tar.gz', () => 'tar -czf foo.tar.gz top'],
  ['foo.tgz', () => 'tar -czf foo.tgz ./top'],
  ['foo.tar.xz', () => 'tar -cJf foo.tar.xz top'],
  ['foo.tar.bz2', () => 'tar -cjf foo.tar.bz2 top'],
  ['foo.tar.zst', () => 'tar --zstd -cf foo.tar.zst top'],
  ['foo.tar', () => 'tar -cf foo.tar top'],
  ['foo.zip', () => 'python3 -m zipfile -c foo.zip top 2>/dev/null || zip -qr foo.zip top'],
]
for (const [name, command] of archives) {
  t.test(`fact 63: url_extract strips one level of ${name}`, async t => {
    const bench = new Bench(t)
    mkdirSync(bench.at('made/top/deeper'), { recursive: true })
    bench.make('made/top/run', '#!/bin/sh\n')
    bench.make('made/top/deeper/file', 'deep')
    try {
      execFileSync('sh', ['-c', `chmod +x top/run; ${command(bench)}`], { cwd: bench.at('made'), stdio: 'pipe' })
    } catch (error) {
      return t.comment(`no program here makes ${name}: ${(error as Error).message}`)
    }
    const file = bench.at('made', name)
    const folder = await bench.place({ kind: 'url_extract', url: `file://${file}`, sha1: digest(file) })
    t.strictSame(readdirSync(folder).sort(), ['deeper', 'run'])
    t.equal(readFileSync(join(folder, 'deeper/file'), 'utf8'), 'deep')
    if (name !== 'foo.zip') t.ok(statSync(join(folder, 'run')).mode & 0o100, 'modes stay')
    t.strictSame(readdirSync(join(folder, '..')), ['foo'], 'nothing beside it')
  })
}

t.test('archives that are refused', async t => {
  const bench = new Bench(t)
  const make = (name: string, script: string) => {
    execFileSync('sh', ['-c', script], { cwd: bench.at('made'), stdio: 'pipe' })
    return { kind: 'url_extract', url: `file://${bench.at('made', name)}`, sha1: digest(bench.at('made', name)) }
  }
  const hostile = make('out.tar.gz', 'mkdir top; ln -s ../../../outside top/link; tar -czf out.tar.gz top')
  await t.rejects(bench.place(hostile), { code: 'PKGPANDA_TARBALL_HOSTILE', message: /link/ })
  const broken = make('broken.tar.gz', 'head -c 40 out.tar.gz >broken.tar.gz')
  await t.rejects(bench.place(broken), {
    code: 'BUILD_SOURCE_ARCHIVE',
    message: /broken\.tar\.gz cannot be unpacked: gzip ended with status 1/,
  })
  const text = make('text.zip', 'echo text >text.zip')
  await t.rejects(bench.place(text), { code: 'BUILD_SOURCE_ARCHIVE', message: /unzip/ })
  const two = make(
    'two.zip',
    'mkdir one other; touch one/a other/b; python3 -m zipfile -c two.zip one other || zip -qr two.zip one other',
  )
  await t.rejects(bench.place(two), { code: 'BUILD_SOURCE_ARCHIVE', message: /exactly one folder/ })
})

t.test('names of archives and what is stripped off', async t => {
  t.equal(archiveFormat('http://a/b.tar.gz?x=1'), '.tar.gz')
  t.equal(archiveFormat('http://a/b.gz'), undefined)
  t.equal(fileNameOf('http://a/b/c%20d.tar?e=/f'), 'c_20d.tar')
  t.equal(fileNameOf('http://a/'), 'download')
  t.equal(fileNameOf('a/..'), 'download..')
  const stripped = (path: string, type = 'File', linkpath?: string) => {
    const entry = { path, type, ...(linkpath === undefined ? {} : { linkpath }) }
    return stripTop(entry) ? entry : undefined
  }
  t.strictSame(stripped('top/a/b'), { path: 'a/b', type: 'File' })
  t.strictSame(stripped('./top/a'), { path: 'a', type: 'File' })
  t.equal(stripped('top/', 'Directory'), undefined)
  t.strictSame(stripped('/top/a'), { path: '/top/a', type: 'File' }, 'absolute stays so, and is refused')
  t.strictSame(stripped('top/../../a'), { path: '../../a', type: 'File' }, 'what climbs too')
  t.strictSame(stripped('top/b', 'Link', 'top/a'), { path: 'b', type: 'Link', linkpath: 'a' })
  t.strictSame(stripped('top/b', 'SymbolicLink', 'top/a'), { path: 'b', type: 'SymbolicLink', linkpath: 'top/a' })
})

/** A repository with two commits; gives both. */
function repository(folder: string): [first: string, second: string] {
  mkdirSync(folder, { recursive: true })
  const git = (...words: string[]) =>
    execFileSync('git', ['-C', folder, '-c', 'user.name=t', '-c', 'user.email=t@example.com', ...words], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    }).trim()
  git('init', '--quiet', '--initial-branch=main')
  writeFileSync(join(folder, 'file'), 'first')
  git('add', 'file')
  git('commit', '--quiet', '-m', 'first')
  const first = git('rev-parse', 'HEAD')
  writeFileSync(join(folder, 'file'), 'second')
  git('commit', '--quiet', '-am', 'second')
  return [first, git('rev-parse', 'HEAD')]
}

t.test('git: the commit that is named, from a clone that is kept', async t => {
  const bench = new Bench(t)
  const [first, second] = repository(bench.at('made/repository'))
  const source = { kind: 'git', git: `file://${bench.at('made/repository')}`, ref: first, ref_origin: 'main' }
  t.strictSame((await bench.resolve(source)).id, { commit: first })
  const folder = await bench.place(source)
  t.equal(readFileSync(join(folder, 'file'), 'utf8'), 'first')
  t.match(bench.warnings, [new RegExp(`main of .* is ${second}, taking ${first} all the same`)], 'drift only warns')
  bench.warnings.length = 0
  await bench.place({ ...source, ref: second })
  t.strictSame(bench.warnings, [])
  rmSync(bench.at('made/repository'), { recursive: true })
  t.equal(readFileSync(join(await bench.place(source), 'file'), 'utf8'), 'first', 'nobody is asked again')
  const [clone = ''] = readdirSync(bench.at('cache/git'))
  const objects = execFileSync('find', [bench.at('cache/git', clone, 'objects'), '-type', 'f', '-links', '+1'], {
    encoding: 'utf8',
  })
  t.equal(objects, '', 'a script cannot write into the cache through its own clone')
})

t.test('git: a commit, a repository that is not there', async t => {
  const bench = new Bench(t)
  repository(bench.at('made/repository'))
  const source = { kind: 'git', git: `file://${bench.at('made/repository')}`, ref: '1'.repeat(40), ref_origin: 'main' }
  await t.rejects(bench.place(source), { code: 'BUILD_SOURCE_MISSING', message: /commit 1{40} of file:/ })
  await t.rejects(bench.place({ ...source, git: 'file:///none/such' }), {
    code: 'BUILD_SOURCE_GIT',
    message: /git clone failed: fatal: .*\/none\/such/,
  })
  await t.rejects(bench.place({ ...source, git: 'ext::touch x' }), {
    code: 'BUILD_SOURCE_GIT',
    message: /'ext' not allowed/,
  })
  t.strictSame(readdirSync(bench.at('cache/git')), [], 'nothing half')
})

t.test('git_local: what is checked out, when all of it is committed', async t => {
  const bench = new Bench(t)
  const [, second] = repository(bench.at('made'))
  const source = { kind: 'git_local', rel_path: '../made' }
  t.strictSame((await bench.resolve(source)).id, { commit: second })
  t.equal(readFileSync(join(await bench.place(source), 'file'), 'utf8'), 'second')
  await t.rejects(bench.resolve({ ...source, rel_path: '../cache' }), {
    code: 'BUILD_SOURCE_GIT',
    message: /git status failed: fatal: not a git repository/,
  })
  bench.make('made/new', 'not committed')
  await t.rejects(bench.resolve(source), { code: 'BUILD_SOURCE_DIRTY', message: /\.\.\/made .*\(\?\? new\)/ })
  await t.rejects(bench.resolve({ ...source, rel_path: '../none' }), { code: 'BUILD_SOURCE_MISSING' })
  t.notOk(existsSync(bench.at('cache/git')), 'nothing is kept of what is here')
})
