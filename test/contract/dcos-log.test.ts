// dcos-log against the recorded answers of the original (test/fixtures/dcos-log) and the tables of docs/contracts/dcos-log.md.
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { request as httpRequest } from 'node:http'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { gunzipSync } from 'node:zlib'
import t, { type Test } from 'tap'
import { DEFAULTS } from '../../src/log/config.ts'
import { createFollowers } from '../../src/log/followers.ts'
import { openMesos } from '../../src/log/mesos/open-mesos.ts'
import { declareLogMetrics } from '../../src/log/metrics.ts'
import { routes } from '../../src/log/routes.ts'
import { taskRoutes } from '../../src/log/v2/routes.ts'
import type { JournalObserver } from '../../src/shared/journal/admission.ts'
import type { JournalEntry } from '../../src/shared/journal/entry.ts'
import { createExportParser } from '../../src/shared/journal/export-format.ts'
import { openJournalFiles } from '../../src/shared/journal/file/open.ts'
import type { FieldMatch, MatchClause } from '../../src/shared/journal/matches.ts'
import type { Journal } from '../../src/shared/journal/reader.ts'
import { createLog } from '../../src/shared/log/journald.ts'
import { createMetrics } from '../../src/shared/metrics/registry.ts'
import { systemClock } from '../../src/shared/time/clock.ts'
import { NO_LIMITS, startLogServer } from '../log/log-server.ts'
import { memoryReader } from '../shared/journal/memory-journal.ts'
import { createDrivenClock, type DrivenClock } from '../support/clock.ts'
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
    /** Only streams have it: when the client hung up, unless the server had ended. */
    recorded_seconds?: number
    ended_by_server?: boolean
  }
}

const FIXTURES = join(import.meta.dirname, '../fixtures/dcos-log')
const CONTRACT = readFileSync(join(import.meta.dirname, '../../docs/contracts/dcos-log.md'), 'utf8')
const pairs = readFileSync(join(FIXTURES, 'pairs.jsonl'), 'utf8')
  .trimEnd()
  .split('\n')
  .map(line => JSON.parse(line) as Pair)

/** The group for which the journal grew. */
const LIVE = 'stream-live'

/** Rows of the departures table: pairs → our status, what is said of our body, and the pair with our headers and those beside them. */
const departures = new Map(
  tableRows(CONTRACT, 'Departures from the recorded answers').flatMap(([ids = '', status = '', body = '', like = '']) =>
    ids.split(' ').map(id => [Number(id), { status: Number(status), body, like }] as const),
  ),
)

/** Headers whose values are the transport's; every other header must be the same. */
const VOLATILE = ['date', 'connection', 'keep-alive', 'transfer-encoding', 'content-length']

t.test('routes: the table of the contract and routes.ts are the same', async t => {
  const table = tableRows(CONTRACT, 'Routes').map(([route = '']) => route.replaceAll('`', ''))
  const journal = openJournalFiles()
  const metrics = declareLogMetrics(createMetrics('log'))
  const followers = createFollowers({ max: 1, metrics, clock: createDrivenClock(), log: createLog() })
  const ours = routes(journal, { metrics, followers, rangeLimits: NO_LIMITS }).map(
    ({ method, path }) => `${method} ${path}`,
  )
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

/** The recorded journal, and a daemon in process over what `journalOf` makes of it. */
async function serve(t: Test, journalOf: (recorded: Journal, clock: DrivenClock) => Journal) {
  const journalDirectory = join(t.testdir(), 'journal')
  mkdirSync(journalDirectory)
  writeFileSync(
    join(journalDirectory, 'system.journal'),
    gunzipSync(readFileSync(join(FIXTURES, 'journal.journal.gz'))),
  )
  const clock = createDrivenClock()
  const open = (observe: JournalObserver) => openJournalFiles({ directory: journalDirectory, observe, clock })
  const { path, counted } = await startLogServer(t, ({ observer }) => journalOf(open(observer), clock), { clock })
  return { path, clock, counted, recorded: open({}) }
}

t.test('recorded pairs', async t => {
  const { path, clock, counted } = await serve(t, recorded => recorded)

  let matched = 0
  const now = pairs.filter(({ group }) => group !== LIVE)
  for (const pair of now) {
    const { request, response, id, group } = pair
    const departure = departures.get(id)
    const answer = await ask(path, pair, clock)
    await t.test(`${group} ${id}: ${request.method} ${request.target}`, async t => {
      if (departure) {
        t.equal(answer.status, departure.status, 'status of the departure')
        t.same(comparable(answer.headers), comparable(headersLike(departure.like, pair)), 'headers of the departure')
        const text = answer.body.toString()
        if (departure.body === 'as recorded') sameBody(t, answer.body, response, group)
        else if (departure.body === 'none') t.equal(text, '', 'no body')
        else t.ok(text.includes(literal(departure.body)), 'body of the departure', { found: text.slice(0, 300) })
        return
      }
      t.equal(answer.status, response.status, 'status')
      t.equal(answer.reason, response.reason, 'reason')
      t.equal(answer.framing, response.framing, 'framing')
      t.same(comparable(answer.headers), comparable(response.headers), 'headers')
      sameBody(t, answer.body, response, group)
      matched += t.passing() ? 1 : 0
    })
  }
  t.equal(matched + departures.size, now.length, 'every pair matches or is a departure')
  t.comment(`${matched} of ${now.length} pairs as recorded, ${departures.size} departures`)
  t.equal(counted.readers(), 0, 'no reader is left')
})

// The journal is in memory here, its last entries and the added ones being those of the recording: whether the readers of files see what
// is added, their own tests tell.
t.test('recorded pairs of a journal that grows', async t => {
  let view: JournalEntry[] = []
  const tail: JournalEntry[] = []
  const { path, clock, recorded } = await serve(t, (_, clock) => ({
    async open(clauses, signal) {
      view = tail.filter(entry => meets(entry, clauses))
      return memoryReader(view, { clock, signal })
    },
    fieldValues: async () => [],
  }))
  await using reader = await recorded.open([], new AbortController().signal)
  reader.seekTail()
  await reader.previous(5n)
  for await (const batch of reader.entries('forwards', 0n, false)) tail.push(...batch)
  const live = liveEntries()
  for (const pair of pairs.filter(({ group }) => group === LIVE)) {
    const { request, response, id } = pair
    const answer = await ask(path, pair, clock, elapsedMs => {
      // The first three after the first step, the last after the second.
      if (elapsedMs === STEP_MS) view.push(...live.slice(0, 3))
      if (elapsedMs === 2 * STEP_MS) view.push(...live.slice(3))
    })
    t.equal(answer.status, response.status, `${id}: ${request.target}`)
    t.same(comparable(answer.headers), comparable(response.headers), 'headers')
    sameBody(t, answer.body, response, LIVE)
  }
})

function meets({ fields }: JournalEntry, clauses: readonly MatchClause[]): boolean {
  const has = (match: FieldMatch) =>
    fields.some(({ name, value }) => name === match.field && Buffer.compare(value, match.value) === 0)
  return clauses.every(clause => clause.some(has))
}

/** With the cursors that the journal gave them, which only the recorded answers tell. */
function liveEntries(): JournalEntry[] {
  const answer = pairs.find(({ group, request }) => group === LIVE && request.target.includes('TESTSET:live'))
  const cursors = [...(answer?.response.body ?? '').matchAll(/^id: (.*)$/gm)].map(([, cursor]) => cursor)
  const text = readFileSync(join(FIXTURES, 'live.export'), 'utf8')
  const addressed = text.replaceAll(/^__REALTIME/gm, () => `__CURSOR=${cursors.shift()}\n__REALTIME`)
  return createExportParser().push(Buffer.from(addressed))
}

/** `as recorded`; or a number, that of the pair with these headers, or `none`, and those beside it that are others. */
function headersLike(cell: string, own: Pair): [string, string][] {
  if (cell === 'as recorded') return own.response.headers
  const [like = '', ...beside] = cell.split(', `')
  const others = beside.map(each => /^([^:]+): (.*)`$/.exec(each)?.slice(1) as [string, string])
  const base = like === 'none' ? [] : pairs.find(({ id }) => id === Number(like))?.response.headers
  if (base === undefined) throw new Error(`there is no pair ${like}`)
  return [...base.filter(([name]) => !others.some(([other]) => other === name)), ...others]
}

/** Of a cell: what stands between its backticks, with its line ends. */
function literal(cell: string): string {
  return cell.replaceAll('`', '').replaceAll('\\n', '\n')
}

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

interface Answer {
  status: number
  reason: string
  framing: Pair['response']['framing']
  headers: [string, string][]
  body: Buffer
}

/** What the answer was until it ended, or, of a stream, until it was as long as the recorded one and then stayed so. */
function ask(
  socketPath: string,
  { group, request: asked, response: recorded }: Pair,
  clock: DrivenClock,
  passed?: (elapsedMs: number) => void,
): Promise<Answer> {
  const { method, target, headers } = asked
  return new Promise((resolve, reject) => {
    const request = httpRequest({ socketPath, method, path: target, headers: headers.flat(), agent: false })
    request.on('error', reject)
    request.on('response', async response => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      const ended = once(response, 'close')
      response.on('error', () => {})
      // Of v2's streams one is recorded as ended by the server: its end met the client's.
      if (recorded.ended_by_server === false || (group === 'v2-component' && recorded.recorded_seconds !== undefined)) {
        await untilRecorded(chunks, recorded, clock, passed)
        response.destroy()
      }
      await ended
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

/** At each end of the journal so much time passes: less than between two pings, more than it takes to look again. */
const STEP_MS = 4000

/** When all its time has passed: enough looks for whatever is under way to come through. */
const LATE_LOOKS = 25

/** Lets a stream's time pass as long as the client of the recording stayed, and until as much has come. */
async function untilRecorded(
  chunks: readonly Buffer[],
  recorded: Pair['response'],
  clock: DrivenClock,
  passed: (elapsedMs: number) => void = () => {},
): Promise<void> {
  const wantedBytes = recorded.body_length ?? Buffer.byteLength(recorded.body ?? '')
  const received = () => chunks.reduce((sum, { length }) => sum + length, 0)
  const lastMs = (recorded.recorded_seconds ?? 0) * 1000 - STEP_MS
  let elapsedMs = 0
  for (let look = 0; look < 1500; look++) {
    // Time counts from the first bytes on: that somebody sleeps may also mean that the reader waits for changes of its files.
    const atEnd = clock.sleepers() > 0 && (received() > 0 || wantedBytes === 0)
    if (atEnd && elapsedMs > lastMs && received() >= wantedBytes) return
    if (atEnd && elapsedMs <= lastMs) {
      elapsedMs += STEP_MS
      passed(elapsedMs)
      clock.advance(STEP_MS)
    } else if (atEnd && look % LATE_LOOKS === 0) {
      // Whoever was between two sleeps at the last step needs one more look, a second long.
      clock.advance(1000)
    }
    await sleep(10)
  }
}
