// The page as an answer: its headers, its policy by digests of what it holds, its tag.
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import t from 'tap'
import { contentSecurityPolicy } from '../../../src/log/page/page.ts'
import { openJournalFiles } from '../../../src/shared/journal/file/open.ts'
import { startLogServer } from '../log-server.ts'

const sha256 = (text: string) => createHash('sha256').update(text).digest('base64')

async function bodyOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  response.on('data', (chunk: Buffer) => chunks.push(chunk))
  await once(response, 'end')
  return Buffer.concat(chunks).toString()
}

t.test('the policy has the digest of each script and style, and of nothing else', async t => {
  const policy = contentSecurityPolicy(
    '<style>a{}</style><script type="module">b()\n</script><script>c</script>',
    sha256,
  )
  t.match(policy, `script-src 'sha256-${sha256('b()\n')}' 'sha256-${sha256('c')}';`)
  t.match(policy, `style-src 'sha256-${sha256('a{}')}';`)
  t.notMatch(policy, /unsafe|\*/)
})

t.test('the page is served at / and /v1/, whole, by tag, and to HEAD', async t => {
  const directory = t.testdir()
  const { ask } = await startLogServer(t, () => openJournalFiles({ directory }))
  for (const target of ['/', '/v1/']) {
    const answer = await ask(target)
    const html = await bodyOf(answer)
    t.equal(answer.statusCode, 200, target)
    t.match(answer.headers, {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': contentSecurityPolicy(html, sha256),
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
    })
    t.ok(Buffer.byteLength(html) <= 20 * 1024, `${Buffer.byteLength(html)} bytes`)
    t.notMatch(
      html,
      /innerHTML|insertAdjacentHTML|document\.write|(src|href)="(https?:|\/)/,
      'no markup from data, nothing absolute',
    )
    const weak = String(answer.headers.etag)
    const tag = weak.replace(/^W\//, '')
    t.not(weak, tag, 'the tag is a weak one')
    for (const known of [tag, weak, `"other", ${tag}`, '*']) {
      const unchanged = await ask(target, { headers: { 'If-None-Match': known } })
      t.equal(unchanged.statusCode, 304, known)
      t.equal(await bodyOf(unchanged), '')
    }
    const other = await ask(target, { headers: { 'If-None-Match': '"other"' } })
    t.equal(await bodyOf(other), html)
    const head = await ask(target, { method: 'HEAD' })
    t.equal(head.headers['content-length'], String(Buffer.byteLength(html)))
    t.equal(await bodyOf(head), '')
  }
})
