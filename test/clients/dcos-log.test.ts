// What clients of DC/OS ask dcos-log for, header by header, and what they make of the answer (log 8): rows of the contract's section 8,
// over the recorded journal and a recorded state of Mesos.
import { once } from 'node:events'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import t, { type Test } from 'tap'
import { openJournalFiles } from '../../src/shared/journal/file/open.ts'
import { startLogServer } from '../log/log-server.ts'
import { mesosOver, startMesosStub } from '../log/mesos-stub.ts'
import { createDrivenClock } from '../support/clock.ts'
import { tableRows } from '../support/contract-table.ts'
import { within } from '../support/within.ts'

// Text carries the local time (log 4.2).
process.env.TZ = 'UTC'

const ROOT = join(import.meta.dirname, '../..')
const FIXTURES = join(ROOT, 'test/fixtures')

/** In the recorded journal, with entries of both streams. */
const CONTAINER =
  'framework/9a1dc3b0-2b0f-4d1c-9d52-6f3f5a3a1c11-0001/executor/hello.5b0a1e4c-03e6-11e7-9e3f-70b3d5800001/container/3e1a77c1-6a0b-4b52-a7b4-6e7f6b9d5a01'

/** In the recorded state of Mesos. */
const S = '678aac08-89e6-4d3a-9b13-626559ce69e1'
const TICKER = `/var/lib/mesos/slave/slaves/${S}-S0/frameworks/${S}-0000/executors/ticker.daac0e56-e680-11f1-bf67-02fc00000001/runs/5421dbbe-b3dc-44ad-b341-3e60e2a8617f`

type Headers = Record<string, string>
type Ask = (target: string, headers: Headers) => Promise<IncomingMessage>

/** A master and an agent; asked through Admin Router, which leads a redirection on to the agent. */
async function cluster(t: Test): Promise<{ master: Ask; agent: Ask }> {
  const directory = join(t.testdir(), 'journal')
  mkdirSync(directory)
  const recorded = readFileSync(join(FIXTURES, 'dcos-log/journal.journal.gz'))
  writeFileSync(join(directory, 'system.journal'), gunzipSync(recorded))
  const clock = createDrivenClock()
  const stub = await startMesosStub(t)
  stub.state = JSON.parse(readFileSync(join(FIXTURES, 'mesos/master/state.json'), 'utf8'))
  // The agent's state has its own id at the top, where the master's has the master's.
  Object.assign(stub.state as object, { id: `${S}-S0` })
  stub.files.set(`${TICKER}/stdout`, Buffer.from('one\ntwo\nthree\nfour\n'))
  const start = async (role: 'master' | 'agent') => {
    const tasks = { role, auth: false, mesos: await mesosOver(stub, clock) }
    const { ask } = await startLogServer(t, () => openJournalFiles({ directory, clock }), { clock, tasks })
    return (target: string, headers: Headers) => ask(target, { headers })
  }
  return { master: await start('master'), agent: await start('agent') }
}

/** What the client's library adds to each request; Admin Router takes `Connection` away. */
function libraryHeaders(client: string): Headers {
  const token = { Authorization: 'token=header.claims.signature' }
  if (client.startsWith('Python CLI')) return { 'Accept-Encoding': 'gzip, deflate', ...token }
  if (client.startsWith('Go CLI')) return { 'Accept-Encoding': 'gzip', ...token }
  return { 'Accept-Encoding': 'gzip, deflate' }
}

async function bytesOf(answer: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of answer as AsyncIterable<Buffer>) chunks.push(chunk)
  const bytes = Buffer.concat(chunks)
  // As the libraries do, unasked; zstd they did not know.
  return answer.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes
}

const LINE = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d: /gm

interface Entry {
  fields: Record<string, string>
  cursor: string
  realtime_timestamp: number
}

/** As the CLIs decode an entry: fields are strings, times are integers. */
function entryOf(t: Test, json: string): Entry {
  const entry = JSON.parse(json) as Entry
  t.ok(
    Object.values(entry.fields).every(value => typeof value === 'string'),
    'every field is a string',
  )
  t.ok(Number.isSafeInteger(entry.realtime_timestamp), 'the time is an integer')
  return entry
}

/** Events that have data, of as many bytes as came; comments such as pings are passed over. */
function eventsOf(t: Test, text: string): { id: string | undefined; entry: Entry }[] {
  return text.split('\n\n').flatMap((event, i, { length }) => {
    // What stands behind the last empty line is not whole yet.
    const data = i + 1 === length ? undefined : /^data: (.*)$/m.exec(event)?.[1]
    return data === undefined ? [] : [{ id: /^id: (.*)$/m.exec(event)?.[1], entry: entryOf(t, data) }]
  })
}

/** Follows until `count` events have come, then hangs up, as a user does. */
async function followed(t: Test, answer: IncomingMessage, count: number) {
  t.equal(answer.headers['content-type'], 'text/event-stream')
  t.equal(answer.headers['content-encoding'], undefined, 'an event is readable when it comes')
  const closed = once(answer, 'close')
  let text = ''
  const enough = async () => {
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      text += chunk
      if ((text.match(/^data: /gm)?.length ?? 0) >= count && text.endsWith('\n\n')) break
    }
  }
  await within(`${count} events`, enough())
  answer.destroy()
  await closed
  return eventsOf(t, text)
}

/** What a client takes an answer for → how much it found; `wanted` tells a follower when it has seen enough. */
const readers: Record<string, (t: Test, answer: IncomingMessage, wanted: number) => Promise<number>> = {
  async text(t, answer) {
    if (answer.statusCode === 204) return 204
    t.equal(answer.headers['content-type'], 'text/plain', 'without a charset')
    return (await bytesOf(answer)).toString().match(LINE)?.length ?? 0
  },
  async events(t, answer, wanted) {
    const events = await followed(t, answer, wanted)
    t.ok(
      events.every(({ id, entry }) => id === entry.cursor),
      'the client can come again behind each',
    )
    return events.length
  },
  async 'lines of JSON'(t, answer) {
    t.equal(answer.headers['content-type'], 'application/json')
    const lines = (await bytesOf(answer)).toString().trimEnd().split('\n')
    return lines.map(line => entryOf(t, line)).length
  },
  async 'lines behind a redirection'(_, answer) {
    return (await bytesOf(answer)).toString().trimEnd().split('\n').length
  },
  async 'events behind a redirection'(t, answer, wanted) {
    const events = await followed(t, answer, wanted)
    return events.filter(({ entry }) => entry.fields.MESSAGE !== undefined).length
  },
  async values(t, answer) {
    t.equal(answer.headers['content-type'], 'application/json')
    const values = JSON.parse((await bytesOf(answer)).toString()) as string[]
    t.same([...values].sort(), ['STDERR', 'STDOUT'])
    return values.length
  },
  async 'a page of events'(t, answer) {
    t.equal(answer.headers['content-type'], 'text/event-stream')
    const times = eventsOf(t, (await bytesOf(answer)).toString()).map(({ entry }) => entry.realtime_timestamp)
    t.same(
      times,
      [...times].sort((a, b) => b - a),
      'the newest comes first',
    )
    return times.length
  },
  async 'a download of text'(t, answer) {
    t.match(answer.headers['content-disposition'], /^attachment; filename=task-[^"/]+-stdout\.log\.gz$/)
    t.equal(answer.headers['content-encoding'], undefined, 'the file is a gzip file, for whoever opens it')
    return (gunzipSync(await bytesOf(answer))
      .toString()
      .match(LINE)?.length ?? 0) > 0
      ? 1
      : 0
  },
}

t.test('log 8: each client finds what it looks for', async t => {
  const { master, agent } = await cluster(t)
  const newest = async (target: string) => {
    const answer = await agent(target, { Accept: 'application/json' })
    const lines = (await bytesOf(answer)).toString().trimEnd().split('\n')
    return lines.map(line => (JSON.parse(line) as Entry).cursor)
  }
  const names: Headers = {
    '<container>': CONTAINER,
    '<id>': (await newest('/range/?skip_prev=10'))[3] ?? '',
    '<oldest>': encodeURIComponent((await newest(`/range/${CONTAINER}?skip_prev=1&filter=STREAM:STDOUT`))[0] ?? ''),
  }
  const named = (text: string) => text.replace(/<\w+>/g, name => names[name] ?? name)
  const contract = readFileSync(join(ROOT, 'docs/contracts/dcos-log.md'), 'utf8')
  const rows = tableRows(contract, '8 Clients')
  t.ok(rows.length > 0, 'the contract names clients')
  for (const [client = '', target = '', asked = '', reads = '', finds = ''] of rows) {
    const path = named(target.replaceAll('`', ''))
    const sent = [...asked.matchAll(/`([^:]+): ([^`]+)`/g)].map(([, name = '', value = '']) => [name, named(value)])
    const headers = { ...libraryHeaders(client), ...Object.fromEntries(sent) }
    // v1 is asked for bare behind the Admin Router of 1.9, and with its prefix behind that of 1.10.
    for (const prefix of path.startsWith('/v2/') ? [''] : ['', '/v1']) {
      await t.test(`${client.replaceAll('`', '')}: ${prefix}${target}`, async t => {
        const wanted = Number(finds)
        let answer = await (reads.endsWith('redirection') ? master : agent)(`${prefix}${path}`, headers)
        if (reads.endsWith('redirection')) {
          t.equal(answer.statusCode, 303)
          answer.resume()
          const [, behind = ''] = /^\/system\/v1\/agent\/[^/]+\/logs(\/.*)$/.exec(answer.headers.location ?? '') ?? []
          answer = await agent(behind, headers)
        }
        t.equal(answer.statusCode, wanted === 204 ? 204 : 200)
        const read = readers[reads]
        t.ok(read, `a client reads ${reads}`)
        t.equal(await read?.(t, answer, wanted), wanted)
      })
    }
  }
  t.same([...new Set(rows.map(row => row[3]))].sort(), Object.keys(readers).sort(), 'every way to read is used')
})
