// dcos-pkgpanda-api against the tables of docs/contracts/pkgpanda-api.md, each row on a node of its own.
import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { routes } from '../../pkgpanda/api/routes.ts'
import { swappedPath } from '../../pkgpanda/swap/install-paths.ts'
import { type ApiFixture, installedNode, makeStore, startApi } from '../pkgpanda/api/api-fixture.ts'
import { makeNode } from '../pkgpanda/node-fixture.ts'
import { tableRows } from '../support/contract-table.ts'

const CONTRACT = readFileSync(join(import.meta.dirname, '../../docs/contracts/pkgpanda-api.md'), 'utf8')
/** Whatever the handlers close over: the table is only built. */
const NOTHING = {} as never

const NODES: Record<string, (t: Test) => Promise<ApiFixture>> = {
  async I(t) {
    const node = await installedNode(t)
    mkdirSync(join(node.paths.repository, 'invalid-package'))
    return await startApi(t, { node })
  },
  empty: t => startApi(t, { node: makeNode(t, { packages: {} }) }),
  async broken(t) {
    const node = await installedNode(t)
    rmSync(swappedPath(node.paths, 'active'), { recursive: true })
    return await startApi(t, { node })
  },
  async damaged(t) {
    const node = await installedNode(t)
    rmSync(join(node.paths.repository, 'mesos--0.23.0/pkginfo.json'))
    return await startApi(t, { node })
  },
  agent: async t => startApi(t, { node: await installedNode(t, ['slave']), allowed: false }),
}

t.test('routes: the table of the contract and routes.ts are the same', async t => {
  const table = rowsOf('Routes').map(([route = '', section]) => `${route} ${section}`)
  const ours = routes(NOTHING).map(
    ({ method, path, contract }) => `${method} ${path} ${contract.replace('pkgpanda ', '')}`,
  )
  t.same([...ours].sort(), [...table].sort())
})

for (const heading of ['4 Requests and answers', 'Ours']) {
  t.test(heading, async t => {
    const rows = rowsOf(heading)
    t.ok(rows.length > 5)
    for (const [fact = '', node = '', request = '', body = '', status = '', answer = '', afterwards = ''] of rows) {
      await t.test(`${fact && `fact ${fact}: `}${node}: ${request} ${body} → ${status}`, async t => {
        const api = await NODES[node]!(t)
        const [method = '', path = ''] = request.split(' ')
        const sent = body === '' ? {} : { body: body.replace('STORE', makeStore(t)) }
        const found = await api.ask(method, path, sent)
        t.equal(found.status, Number(status), found.text)
        t.equal(found.headers['content-type'], 'application/json')
        if (answer === '') t.equal(found.text, '', 'no body')
        else {
          sameJson(t, found.json, JSON.parse(answer))
          t.equal(found.text, `${JSON.stringify(found.json, undefined, 2)}\n`, 'pretty-printed, with a newline')
        }
        if (afterwards !== '') {
          const [, next = '', expected = ''] = /^GET (\S+)` `(.*)$/.exec(afterwards) ?? []
          sameJson(t, (await api.ask('GET', next)).json, JSON.parse(expected))
        }
      })
    }
  })
}

t.test('facts 38–50 are rows of the table', async t => {
  const facts = new Set(rowsOf('4 Requests and answers').map(([fact]) => Number(fact)))
  for (let fact = 38; fact <= 50; fact++) t.ok(facts.has(fact), `fact ${fact}`)
})

t.test('a path without its slash is sent on, with a Location that Admin Router rewrites', async t => {
  const api = await startApi(t)
  for (const [method, path] of [
    ['GET', '/repository'],
    ['GET', '/active'],
    ['PUT', '/active'],
  ] as const) {
    const { status, headers } = await api.ask(method, `${path}?a=b`, { headers: { host: 'leader.mesos' } })
    t.equal(status, 301, `${method} ${path}`)
    t.equal(headers.location, `http://leader.mesos${path}/?a=b`)
  }
  const { headers } = await api.ask('GET', '/active', { headers: { host: 'a/b"c' } })
  t.equal(headers.location, '/active/', 'a host that is none goes nowhere')
})

t.test('the body must be called JSON', async t => {
  const api = await startApi(t)
  const body = '["mesos--0.22.0"]'
  for (const [type, status] of [
    ['application/json', 204],
    ['application/json; charset=utf-8', 204],
    ['Application/vnd.dcos+JSON', 204],
    ['text/plain', 400],
    ['application/x-www-form-urlencoded', 400],
    ['application/jsonx', 400],
    ['', 400],
  ] as const) {
    t.equal((await api.ask('PUT', '/active/', { body, headers: { 'content-type': type } })).status, status, type)
  }
})

/** Equal, but for `…`, which is any text that is not empty. */
function sameJson(t: Test, found: unknown, wanted: unknown): void {
  const masked = JSON.parse(JSON.stringify(found ?? null), (key, value) =>
    typeof value === 'string' && value !== '' && (wanted as Record<string, unknown>)?.[key] === '…' ? '…' : value,
  )
  t.strictSame(masked, wanted)
}

/** Cells without the outer code marks. */
function rowsOf(heading: string): string[][] {
  return tableRows(CONTRACT, heading).map(row => row.map(cell => cell.replace(/^`|`$/g, '')))
}
