/** Which repositories POST may fetch from: a table of URLs, most of which try to be another one. */
import { chmodSync, chownSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t from 'tap'
import { allowedRepositoryUrl } from '../../../pkgpanda/api/repository-urls.ts'
import { tarballPath } from '../../../pkgpanda/store/store-layout.ts'
import { scratchDirectory } from '../node-fixture.ts'
import { makeStore } from './api-fixture.ts'

const ID = 'mesos--0.22.0'
const CONFIGURED = [
  'http://bootstrap.example.com:8080/dcos',
  'https://mirror.example.com',
  'https://node:s3cret@private.example.com/x',
  'not a URL',
]

t.test('http and https: the configured ones and what lies below', async t => {
  const cases: readonly [url: string, fetched: string | undefined][] = [
    ['http://bootstrap.example.com:8080/dcos', 'http://bootstrap.example.com:8080/dcos'],
    ['http://bootstrap.example.com:8080/dcos/', 'http://bootstrap.example.com:8080/dcos'],
    ['http://bootstrap.example.com:8080/dcos/stable/1.9', 'http://bootstrap.example.com:8080/dcos/stable/1.9'],
    ['HTTP://Bootstrap.Example.COM:8080/dcos', 'http://bootstrap.example.com:8080/dcos'],
    ['http://bootstrap.example.com:8080/dcos/../dcos/x', 'http://bootstrap.example.com:8080/dcos/x'],
    ['https://mirror.example.com', 'https://mirror.example.com'],
    ['https://mirror.example.com:443/a', 'https://mirror.example.com/a'],
    ['https://private.example.com/x/y', 'https://node:s3cret@private.example.com/x/y'],
    ['https://node:s3cret@private.example.com/x', 'https://node:s3cret@private.example.com/x'],
    ['https://node:other@private.example.com/x', undefined],
    ['https://node@private.example.com/x', undefined],
    ['http://bootstrap.example.com:8080/dcos-evil', undefined],
    ['http://bootstrap.example.com:8080/', undefined],
    ['http://bootstrap.example.com:8080/dcos/../other', undefined],
    ['http://bootstrap.example.com:8080/dcos/%2e%2e/other', undefined],
    ['http://bootstrap.example.com:8080/dcos/..%2fother', undefined],
    ['http://bootstrap.example.com:8080/dcos/%5c..%5cother', undefined],
    ['http://bootstrap.example.com:8080/dcos\\..\\other', undefined],
    ['http://bootstrap.example.com/dcos', undefined],
    ['https://bootstrap.example.com:8080/dcos', undefined],
    ['http://bootstrap.example.com:8080@evil.example.com/dcos', undefined],
    ['http://user:secret@bootstrap.example.com:8080/dcos', undefined],
    ['http://bootstrap.example.com:8080/dcos?x=/packages', undefined],
    ['http://bootstrap.example.com:8080/dcos#x', undefined],
    ['http://bootstrap.example.com:8080.evil.example.com/dcos', undefined],
    ['https://mirror.example.com.evil.example.com/', undefined],
    ['ftp://mirror.example.com/', undefined],
    ['//mirror.example.com/', undefined],
    ['mirror.example.com', undefined],
    ['', undefined],
  ]
  for (const [url, fetched] of cases) {
    if (fetched !== undefined) t.equal(allowedRepositoryUrl(url, ID, CONFIGURED), fetched, url)
    else
      t.throws(
        () => allowedRepositoryUrl(url, ID, CONFIGURED),
        { code: 'PKGPANDA_REPOSITORY_URL_REFUSED', status: 403 },
        url,
      )
  }
  t.throws(
    () => allowedRepositoryUrl('http://x/', ID, []),
    { code: 'PKGPANDA_REPOSITORY_URL_REFUSED' },
    'nothing configured, nothing allowed',
  )
  // Somebody's guess must not stand in the journal.
  t.throws(() => allowedRepositoryUrl('http://user:guess@x/', ID, CONFIGURED), { message: /^"http:\/\/x\/" is not/ })
})

t.test(
  'file: only where nobody but root can have put anything',
  { skip: process.getuid?.() !== 0 && 'needs root' },
  async t => {
    const refused = (url: string, what: string) =>
      t.throws(() => allowedRepositoryUrl(url, ID, CONFIGURED), { code: 'PKGPANDA_REPOSITORY_URL_REFUSED' }, what)
    const store = makeStore(t)
    t.equal(allowedRepositoryUrl(`file://${store}`, ID, []), `file://${store}`)
    t.equal(allowedRepositoryUrl(`file://localhost${store}/`, ID, []), `file://${store}`)
    const link = join(scratchDirectory(t), 'link')
    symlinkSync(store, link)
    t.equal(allowedRepositoryUrl(`file://${link}`, ID, []), `file://${store}`, 'what is behind a link is what counts')

    refused('file:///tmp', 'a directory for everybody')
    refused(`file://${store}/none`, 'no directory')
    refused(`file://host${store}`, 'of another host')
    refused(`file://${store}%00`, 'a zero byte')

    const parts = [store, dirname(store), 'index.json', dirname(tarballPath(ID)), tarballPath(ID)]
    for (const part of parts) {
      const path = part.startsWith('/') ? part : join(store, part)
      const mode = part.endsWith('.json') || part.endsWith('.xz') ? 0o644 : 0o755
      chmodSync(path, mode | 0o002)
      refused(`file://${store}`, `${part} for everybody to write`)
      chmodSync(path, mode)
      chownSync(path, 65_534, 0)
      refused(`file://${store}`, `${part} of somebody else`)
      chownSync(path, 0, 0)
    }
    t.equal(allowedRepositoryUrl(`file://${store}`, ID, []), `file://${store}`, 'all was put back')

    const planted = join(scratchDirectory(t), 'planted')
    mkdirSync(planted)
    writeFileSync(join(planted, 'elsewhere.json'), '{}')
    symlinkSync(join(planted, 'elsewhere.json'), join(planted, 'index.json'))
    refused(`file://${planted}`, 'an index that is a link')
  },
)
