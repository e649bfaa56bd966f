// dcos-metrics against the recorded answers of the original (test/fixtures/dcos-metrics) and the tables of docs/contracts/dcos-metrics.md.
import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import { join } from 'node:path'
import t from 'tap'
import { DEFAULTS, type MetricsConfig } from '../../src/metrics/config.ts'
import { openNode } from '../../src/metrics/open-node.ts'
import { prometheusRoutes, v0Routes } from '../../src/metrics/routes.ts'
import { noRoute } from '../../src/metrics/v0/no-route.ts'
import { type HttpServer, startHttpServer } from '../../src/shared/http/server.ts'
import { createLog } from '../../src/shared/log/journald.ts'
import { createMetrics } from '../../src/shared/metrics/registry.ts'
import type { Clock } from '../../src/shared/time/clock.ts'
import { systemClock } from '../../src/shared/time/clock.ts'
import { FIXTURES, machine } from '../metrics/machine.ts'

interface Pair {
  node: 'master' | 'agent'
  request: { method: string; path: string; headers: Record<string, string> }
  response: { status: number; headers: [string, string][]; body: string }
}

interface DatapointJson {
  name: string
  value: number
  unit: string
  timestamp: string
  tags?: Record<string, string>
}

const CONTRACT = readFileSync(join(import.meta.dirname, '../../docs/contracts/dcos-metrics.md'), 'utf8')
const pairs = readFileSync(join(FIXTURES, 'dcos-metrics/pairs.jsonl'), 'utf8')
  .trimEnd()
  .split('\n')
  .map(line => JSON.parse(line) as Pair)

/** Headers whose values are the transport's; every other header must be the same. */
const VOLATILE = ['date', 'connection', 'keep-alive', 'transfer-encoding', 'content-length']

const CLUSTER = '4c7e4ad2-0000-4000-8000-000000000001'
const MESOS = '9a1dc3b0-2b0f-4d1c-9d52-6f3f5a3a1c11'

/** Rows of every table below a heading, cells without backquotes. */
function tableRows(heading: string): string[][] {
  const section = CONTRACT.split(/^## /m).find(text => text.startsWith(`${heading}\n`)) ?? ''
  const rows = section.split('\n').filter(line => line.startsWith('|'))
  return rows
    .map(line =>
      line
        .split('|')
        .slice(1, -1)
        .map(cell => cell.trim().replaceAll('`', '')),
    )
    .filter(([first = '']) => !/^-+$/.test(first) && first !== 'route' && first !== 'datapoint' && first !== 'request')
}

/** The recorded nodes rebuilt: their ids and addresses, on a fake machine. */
async function startNode(role: 'master' | 'agent', clock: Clock) {
  const address = role === 'master' ? '172.31.9.11' : '172.31.9.12'
  const directory = t.testdir({ [role]: { 'cluster-id': `${CLUSTER}\n`, detect_ip: `#!/bin/sh\necho ${address}\n` } })
  const detectIp = join(directory, role, 'detect_ip')
  chmodSync(detectIp, 0o755)
  const { roots, statfs } = machine('debian12-cgroup-v2')
  const config: MetricsConfig = {
    ...DEFAULTS,
    role,
    mesosPort: DEFAULTS.mesosPort[role],
    roots,
    detectIp,
    clusterIdFile: join(directory, role, 'cluster-id'),
    relayDirectory: directory,
    nodePollPeriodMs: 1000,
  }
  const id = role === 'master' ? MESOS : `${MESOS}-S0`
  const body = role === 'master' ? { get_master: { master_info: { id } } } : { id }
  const fetch = async () => ({ status: 200, headers: {}, body: Buffer.from(JSON.stringify(body)) })
  const log = createLog({ write: () => {} })
  const metrics = createMetrics('metrics')
  const node = await openNode({ config, log, clock, metrics, world: { statfs, fetch } })
  const routes = v0Routes(node)
  const fallback = noRoute(routes.map(({ path }) => path))
  const listener = { host: '127.0.0.1', port: 0 }
  const v0 = await startHttpServer({ server: 'v0', routes, fallback, listener, log, metrics })
  const scrape = { routes: prometheusRoutes(node.exposition), listener, log, metrics }
  const prometheus = await startHttpServer({ server: 'prometheus', ...scrape })
  return { node, v0, prometheus, directory }
}

interface Answer {
  status: number
  headers: IncomingHttpHeaders
  body: string
}

/** The path goes out as it is: fetch and URL would clean it. */
function ask(server: HttpServer, method: string, path: string, headers: Record<string, string> = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port: server.port, method, path, headers, agent: false }
    const request = httpRequest(options, response => {
      let body = ''
      response.setEncoding('utf8')
      response.on('data', chunk => {
        body += chunk
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }))
    })
    request.on('error', reject)
    request.end()
  })
}

function stableHeaders(headers: Iterable<readonly [string, unknown]>): Record<string, unknown> {
  const all = [...headers].map(([name, value]) => [name.toLowerCase(), value] as const)
  return Object.fromEntries(all.filter(([name]) => !VOLATILE.includes(name)))
}

/** name, unit and keys of tags of every datapoint, each once. */
function kinds(body: string): string[] {
  const { datapoints } = JSON.parse(body) as { datapoints: DatapointJson[] }
  const kind = ({ name, unit, tags = {} }: DatapointJson) => `${name} ${unit} ${Object.keys(tags).sort()}`
  return [...new Set(datapoints.map(kind))].sort()
}

const departures = new Map(
  tableRows('Departures from the recorded answers').map(([request, , ours]) => [request, ours]),
)

for (const role of ['master', 'agent'] as const) {
  t.test(`recorded answers of the ${role}`, async t => {
    const running = await startNode(role, systemClock)
    await using _node = running.node
    await using v0 = running.v0
    await using prometheus = running.prometheus
    // The shares of the CPU need a second sample; the file stands still, so they are put there as it would.
    const shares = ['total', 'user', 'system', 'idle', 'wait'].map(name => ({
      name: `cpu.${name}`,
      value: 1.5,
      unit: 'percent',
    }))
    running.node.store.put(shares, Date.now())

    for (const { request, response } of pairs.filter(({ node }) => node === role)) {
      const { method, path, headers } = request
      const what = `${method} ${path}${headers.Accept ? ` as ${headers.Accept}` : ''}`
      const answer = await ask(v0, method, path, headers)
      const departure = departures.get(`${method} ${path}`)
      if (departure !== undefined) {
        t.equal(answer.status, Number(departure), `departure: ${what}`)
        continue
      }
      t.equal(answer.status, response.status, what)
      t.same(stableHeaders(Object.entries(answer.headers)), stableHeaders(response.headers), `${what}: headers`)
      if (response.body.startsWith('{"datapoints"')) {
        const recorded = JSON.parse(response.body) as { dimensions: unknown }
        const ours = JSON.parse(answer.body) as { dimensions: unknown; datapoints: DatapointJson[] }
        t.same(JSON.stringify(ours.dimensions), JSON.stringify(recorded.dimensions), `${what}: dimensions`)
        const ourKinds = kinds(answer.body)
        t.same(
          kinds(response.body).filter(kind => !ourKinds.includes(kind)),
          [],
          `${what}: all that 1.9 had`,
        )
        const first = Object.keys(ours.datapoints.find(({ tags }) => tags) ?? {})
        t.same(first, ['name', 'value', 'unit', 'timestamp', 'tags'], `${what}: order of keys`)
        t.ok(answer.body.endsWith('}\n'))
      } else if (response.body.startsWith('{"ok"')) {
        t.match(answer.body, /^\{"ok":true,"timestamp":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"\}\n$/, what)
      } else t.equal(answer.body, response.body, `${what}: body`)
    }

    const { body } = await ask(v0, 'GET', '/v0/node')
    const table = tableRows('3 Datapoints of a node').map(([name, unit, tag = '']) => `${name} ${unit} ${tag}`)
    t.same(kinds(body), table.sort(), 'the datapoints of the contract, all and no other')

    writeFileSync(join(running.directory, 'dcos-log.prom'), '# TYPE dcos_log_x counter\ndcos_log_x 1\n')
    const scrape = await ask(prometheus, 'GET', '/metrics')
    t.match(scrape, { status: 200, headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' } })
    t.match(scrape.body, new RegExp(`^load_1min\\{mesos_id="${MESOS}.*hostname="172.31.9.1[12]"\\} 12.5$`, 'm'))
    t.match(scrape.body, /^dcos_metrics_collector_success\{collector="cpu",dcos_component_name="dcos-metrics"\} 1$/m)
    t.match(scrape.body, /^dcos_metrics_relay_files\{state="served",dcos_component_name="dcos-metrics"\} 1$/m)
    t.match(scrape.body, /^dcos_log_x\{dcos_component_name="dcos-log"\} 1$/m)
    const typed = [...scrape.body.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name)
    t.equal(new Set(typed).size, typed.length, 'TYPE once a family')
    t.equal((await ask(prometheus, 'GET', '/v0/node')).status, 404, 'each server has its own routes')
  })
}

t.test('routes and the contract agree, both ways', async t => {
  const sources = { store: {} as never, dimensions: () => ({ mesos_id: '', hostname: '' }), clock: systemClock }
  const routes = [...v0Routes(sources), ...prometheusRoutes({} as never)]
  t.same(
    routes.map(({ method, path }) => `${method} ${path}`),
    tableRows('Routes').map(([route]) => route),
  )
  for (const { contract } of routes) {
    const section = contract.split(' ')[1] ?? ''
    t.ok(CONTRACT.includes(`**${section}**`) || CONTRACT.includes(`\n## ${section} `), contract)
  }
})

t.test('a node without samples answers 204', async t => {
  const log = createLog({ write: () => {} })
  const store = { put: () => {}, datapoints: () => [], sweep: () => {}, size: () => 0 }
  const routes = v0Routes({ store, dimensions: () => ({ mesos_id: '', hostname: '' }), clock: systemClock })
  await using server = await startHttpServer({
    routes,
    fallback: noRoute(routes.map(({ path }) => path)),
    listener: { host: '127.0.0.1', port: 0 },
    log,
    metrics: createMetrics('metrics'),
  })
  t.match(await ask(server, 'GET', '/v0/node'), {
    status: 204,
    headers: { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' },
    body: '',
  })
  const moves = [
    { path: '/v0/node/?a=1&b=2', location: '/v0/node?a=1&b=2', body: '<a href="/v0/node?a=1&amp;b=2">Moved Permanently</a>.\n\n' },
    { path: '/v0/../v0/node', location: '/v0/node', body: '' },
    { path: '//evil.example/..//x', location: '/x', body: '' },
    { path: '//evil.example', location: '/evil.example', body: '' },
  ] // biome-ignore format: a table
  for (const { path, location, body } of moves) {
    const answer = await ask(server, 'GET', path)
    t.match(answer, { status: 301, headers: { location } }, path)
    t.equal(answer.body, body)
  }
  t.equal((await ask(server, 'POST', '/v0/node/')).status, 404, 'a slash too many is moved for readers only')
})
