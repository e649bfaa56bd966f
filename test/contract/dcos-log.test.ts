// dcos-log against the recorded answers of the original (test/fixtures/dcos-log) and the tables of docs/contracts/dcos-log.md.
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { request as httpRequest } from 'node:http'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import t, { type Test } from 'tap'
import { DEFAULTS } from '../../src/log/config.ts'
import { errorAnswer } from '../../src/log/error-answer.ts'
import { openMesos } from '../../src/log/mesos/open.ts'
import { declareLogMetrics } from '../../src/log/metrics.ts'
import { fallback, routes } from '../../src/log/routes.ts'
import { taskRoutes } from '../../src/log/v2/routes.ts'
import { startHttpServer } from '../../src/shared/http/server.ts'
import { openJournalctl } from '../../src/shared/journal/journalctl.ts'
import { createLog } from '../../src/shared/log/journald.ts'
import { createMetrics } from '../../src/shared/metrics/registry.ts'
import { systemClock } from '../../src/shared/time/clock.ts'
import { socketPath } from '../log/socket-path.ts'
import { journalctlMissing } from '../shared/journal/journalctl-missing.ts'
import { tableRows } from '../support/contract-table.ts'

// The recording ran in UTC; text carries the local time (log 4.2).
process.env.TZ = 'UTC'

interface Pair {
  id: number
  group: string
  request: { method: string; target: string; headers: [string, string][] }
  response: {
    status: number
    reason: string
    framing: 'chunked' | 'content-length' | 'none'
    headers: [string, string][]
    body?: string
    body_base64?: string
    body_length?: number
    body_sha256?: string
    body_gunzipped?: string
    /** The answer had no end: the client hung up. */
    recorded_seconds?: number
  }
}

const FIXTURES = join(import.meta.dirname, '../fixtures/dcos-log')
const CONTRACT = readFileSync(join(import.meta.dirname, '../../docs/contracts/dcos-log.md'), 'utf8')
const pairs = readFileSync(join(FIXTURES, 'pairs.jsonl'), 'utf8')
  .trimEnd()
  .split('\n')
  .map(line => JSON.parse(line) as Pair)

/** Groups of routes that do not exist yet. */
const LATER = ['stream', 'stream-live']

/** Rows of the departures table: pairs → our status, and a piece of our body. */
const departures = new Map(
  tableRows(CONTRACT, 'Departures from the recorded answers').flatMap(([ids = '', status = '', body = '']) =>
    ids
      .split(' ')
      .map(
        id => [Number(id), { status: Number(status), body: body.replaceAll('`', '').replaceAll('\\n', '\n') }] as const,
      ),
  ),
)

/** Headers whose values are the transport's; every other header must be the same. */
const VOLATILE = ['date', 'connection', 'keep-alive', 'transfer-encoding', 'content-length']

t.test('routes: the table of the contract and routes.ts are the same', async t => {
  const table = tableRows(CONTRACT, 'Routes').map(([route = '']) => route.replaceAll('`', ''))
  const journal = openJournalctl()
  const ours = routes(journal, declareLogMetrics(createMetrics('log'))).map(({ method, path }) => `${method} ${path}`)
  t.same([...ours].sort(), [...table].sort())
})

for (const role of ['master', 'agent', 'agent_public'] as const) {
  t.test(`routes of tasks: the table of the contract and what a ${role} has are the same`, async t => {
    const table = tableRows(CONTRACT, '7 Tasks')
      .filter(([, where]) => where === (role === 'master' ? 'masters' : 'agents'))
      .map(([route = '']) => route.replaceAll('`', ''))
    const counted = declareLogMetrics(createMetrics('log'))
    const mesos = await openMesos({ ...DEFAULTS, auth: false }, systemClock)
    const ours = taskRoutes({ role, auth: false, mesos }, counted, systemClock)
    t.same(ours.map(({ method, path }) => `${method} ${path}`).sort(), [...table].sort())
  })
}

t.test('recorded pairs', { skip: journalctlMissing() }, async t => {
  const directory = t.testdir()
  const journalDirectory = join(directory, 'journal')
  mkdirSync(journalDirectory)
  writeFileSync(
    join(journalDirectory, 'system.journal'),
    gunzipSync(readFileSync(join(FIXTURES, 'journal.journal.gz'))),
  )
  const metrics = createMetrics('log')
  const counted = declareLogMetrics(metrics)
  const journal = openJournalctl({ directory: journalDirectory, observe: counted.observer })
  // A unix socket, as recorded: error texts hold the peer's name.
  const path = socketPath(t)
  await using _server = await startHttpServer({
    routes: routes(journal, counted),
    fallback,
    errorAnswer,
    listener: { path },
    log: createLog({ write: () => {} }),
    metrics,
  })

  let matched = 0
  const now = pairs.filter(pair => !LATER.includes(pair.group))
  for (const pair of now) {
    const { request, response, id, group } = pair
    const departure = departures.get(id)
    const answer = await ask(path, request, departure ? undefined : endOfRecording(response))
    await t.test(`${group} ${id}: ${request.method} ${request.target}`, async t => {
      if (departure) {
        t.equal(answer.status, departure.status, 'status of the departure')
        t.ok(answer.body.toString().includes(departure.body), 'body of the departure', {
          found: answer.body.toString().slice(0, 300),
        })
        return
      }
      t.equal(answer.status, response.status, 'status')
      t.equal(answer.reason, response.reason, 'reason')
      t.equal(answer.framing, request.method === 'HEAD' ? answer.framing : response.framing, 'framing')
      t.same(comparable(answer.headers), comparable(response.headers), 'headers')
      sameBody(t, answer.body, response, group)
      matched += t.passing() ? 1 : 0
    })
  }
  t.equal(matched + departures.size, now.length, 'every pair matches or is a departure')
  t.comment(
    `${matched} of ${now.length} pairs as recorded, ${departures.size} departures, ${pairs.length - now.length} later`,
  )
  t.equal(counted.readers(), 0, 'no reader is left')
})

function sameBody(t: Test, found: Buffer, response: Pair['response'], group: string): void {
  const { body, body_base64, body_length, body_sha256, body_gunzipped } = response
  if (body_gunzipped !== undefined) t.equal(gunzipSync(found).toString(), body_gunzipped, 'body')
  else if (group === 'fields' && body?.startsWith('[')) {
    // The order is that of the file's hash chains.
    t.same(JSON.parse(found.toString()).sort(), JSON.parse(body).sort(), 'values')
  } else if (body_sha256 !== undefined) {
    t.equal(found.length, body_length, 'length')
    t.equal(createHash('sha256').update(found).digest('hex'), body_sha256, 'digest')
  } else
    t.equal(
      found.toString('latin1'),
      Buffer.from(body ?? body_base64 ?? '', body === undefined ? 'base64' : 'utf8').toString('latin1'),
      'body',
    )
}

function comparable(headers: readonly (readonly [string, string])[]): string[] {
  return headers
    .filter(([name]) => !VOLATILE.includes(name.toLowerCase()))
    .map(([name, value]) => `${name}: ${value}`)
    .sort()
}

/** Bytes after which to hang up, as the recording client did; undefined for an answer that ends. */
function endOfRecording({ recorded_seconds, body = '', body_length }: Pair['response']): number | undefined {
  return recorded_seconds === undefined ? undefined : (body_length ?? Buffer.byteLength(body))
}

interface Answer {
  status: number
  reason: string
  framing: Pair['response']['framing']
  headers: [string, string][]
  body: Buffer
}

function ask(
  socketPath: string,
  { method, target, headers }: Pair['request'],
  untilBytes = Number.POSITIVE_INFINITY,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ socketPath, method, path: target, headers: headers.flat(), agent: false })
    request.on('error', reject)
    request.on('response', async response => {
      const chunks: Buffer[] = []
      let sizeBytes = 0
      for await (const chunk of response as AsyncIterable<Buffer>) {
        chunks.push(chunk)
        sizeBytes += chunk.length
        if (sizeBytes >= untilBytes) break
      }
      resolve({
        status: response.statusCode ?? 0,
        reason: response.statusMessage ?? '',
        framing: response.headers['transfer-encoding']
          ? 'chunked'
          : response.headers['content-length'] === undefined
            ? 'none'
            : 'content-length',
        headers: Array.from({ length: response.rawHeaders.length / 2 }, (_, i) => [
          response.rawHeaders[2 * i] ?? '',
          response.rawHeaders[2 * i + 1] ?? '',
        ]),
        body: Buffer.concat(chunks),
      })
    })
    request.end()
  })
}
