/** Clients that mean no good, or do not care: every one is answered or cut off, and the daemon serves on. */
import { once } from 'node:events'
import { createConnection, type Socket } from 'node:net'
import t from 'tap'
import { BODY_MAX_BYTES, IDS_MAX } from '../../../pkgpanda/api/request-body.ts'
import { API_LIMITS } from '../../../pkgpanda/api/routes.ts'
import { INSTALLED, startApi } from './api-fixture.ts'

t.test('bodies that are too large, too many, too deep or of another kind', async t => {
  const api = await startApi(t)
  const cases: readonly [what: string, body: string, status: number][] = [
    ['more bytes than any set takes', JSON.stringify(['x'.repeat(BODY_MAX_BYTES)]), 413],
    ['as many bytes as may be', JSON.stringify(['x'.repeat(BODY_MAX_BYTES - 4)]), 409],
    ['more ids than any node has', JSON.stringify(Array(IDS_MAX + 1).fill('a--1')), 400],
    ['as many as may be', JSON.stringify(Array(IDS_MAX).fill('a--1')), 409],
    ['deep', `${'['.repeat(100_000)}${']'.repeat(100_000)}`, 400],
    ['deep objects', `${'{"a":'.repeat(40_000)}1${'}'.repeat(40_000)}`, 400],
    ['lists of lists', JSON.stringify([[INSTALLED[0]]]), 400],
    ['null', 'null', 400],
    ['a key that is everywhere', '{"__proto__":["mesos--0.22.0"]}', 400],
    ['not UTF-8', '\u00ff\u00fe', 400],
    ['nothing', '', 400],
  ]
  for (const [what, body, status] of cases) {
    const answer = await api.ask('PUT', '/active/', { body })
    t.equal(answer.status, status, what)
    t.match(answer.json, { error: /./ }, what)
  }
  const headers = { 'content-length': '9999999999' }
  t.equal((await api.ask('PUT', '/active/', { body: '[]', headers }).catch(() => ({ status: 413 }))).status, 413)
  for (const path of [
    `/repository/${'a'.repeat(300)}--1`,
    `/active/${'a'.repeat(300)}--1`,
    '/repository/%00--1',
    '/active/%ff',
  ]) {
    t.equal((await api.ask('GET', path)).status, 404, path.slice(0, 20))
  }
  const body = JSON.stringify({ repository_url: `file:///${'x'.repeat(3_000)}` })
  t.equal((await api.ask('POST', `/repository/${'a'.repeat(300)}--1`, { body })).status, 400)
  t.strictSame((await api.ask('GET', '/active/')).json, INSTALLED)
})

t.test('a body that never ends is cut off, and nothing was changed', async t => {
  const api = await startApi(t, { limits: { requestTimeoutMs: 300, headTimeoutMs: 300 } })
  const client = createConnection(api.socket)
  client.write('PUT /active/ HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n["mes')
  const answer = await textOf(client)
  t.match(answer, /^(HTTP\/1\.1 408 |$)/)
  t.strictSame((await api.ask('GET', '/v1/jobs/')).json, [])
})

t.test('a body that is cut off changes nothing', async t => {
  const api = await startApi(t)
  const client = createConnection(api.socket)
  client.write('PUT /active/ HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 20\r\n\r\n[]')
  client.end()
  await textOf(client)
  t.strictSame((await api.ask('GET', '/active/')).json, INSTALLED)
  t.strictSame((await api.ask('GET', '/v1/jobs/')).json, [])
})

t.test('more connections than there may be are closed at once', async t => {
  const api = await startApi(t)
  const clients = Array.from({ length: API_LIMITS.connectionsMax }, () => createConnection(api.socket))
  await Promise.all(clients.map(client => once(client, 'connect')))
  await t.rejects(api.ask('GET', '/active/'))
  for (const client of clients) client.destroy()
  await Promise.all(clients.map(client => (client.closed ? undefined : once(client, 'close'))))
  let answer: { status: number } | undefined
  while (!answer) answer = await api.ask('GET', '/active/').catch(() => undefined)
  t.equal(answer.status, 200)
})

async function textOf(client: Socket): Promise<string> {
  let text = ''
  client.on('error', () => {})
  client.setEncoding('utf8').on('data', chunk => {
    text += chunk
  })
  await once(client, 'close')
  return text
}
