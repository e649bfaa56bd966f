/** Who this node is: the cluster id's file, the Mesos id of agents and masters (metrics 1.3). */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { type Fetch, fetchMesosId } from '../../src/metrics/identity/mesos-id.ts'
import { openIdentity } from '../../src/metrics/identity.ts'
import type { Fetched } from '../../src/shared/http/client.ts'
import { createLog } from '../../src/shared/log/journald.ts'
import { createDrivenClock, settle } from '../support/clock.ts'
import { FIXTURES } from './machine.ts'

const CLUSTER = '4c7e4ad2-0000-4000-8000-000000000001'

/** Answers by `METHOD path`, then whatever the URL is; what is not named is 404. */
function stub(answers: Record<string, Partial<Fetched>>): { fetch: Fetch; asked: string[] } {
  const asked: string[] = []
  const fetch: Fetch = async (url, { method = 'GET' }) => {
    asked.push(`${method} ${url}`)
    return { status: 404, headers: {}, body: Buffer.alloc(0), ...answers[`${method} ${url}`] }
  }
  return { fetch, asked }
}

const ok = (body: string | Buffer): Partial<Fetched> => ({ status: 200, body: Buffer.from(body) })
const mesos = (file: string) => ok(readFileSync(join(FIXTURES, 'mesos', file)))
const MASTER_ID = '678aac08-89e6-4d3a-9b13-626559ce69e1'
const OWN = 'http://10.0.0.5:5050'

const cases = [
  {
    what: 'an agent asks its own agent',
    role: 'agent',
    answers: { [`GET ${OWN}/state`]: mesos('agent/state.json') },
    id: `${MASTER_ID}-S0`,
  },
  {
    what: 'a master asks the operator API',
    role: 'master',
    answers: { [`POST ${OWN}/api/v1`]: mesos('master/v1/GET_MASTER.json') },
    id: MASTER_ID,
  },
  {
    what: 'a master that does not lead sends on to the leader',
    role: 'master',
    answers: {
      [`POST ${OWN}/api/v1`]: { status: 307, headers: { location: '//10.0.0.6:5050/api/v1' } },
      'POST http://10.0.0.6:5050/api/v1': mesos('master/v1/GET_MASTER.json'),
    },
    id: MASTER_ID,
  },
  {
    what: 'a master without the operator API',
    role: 'master',
    answers: { [`GET ${OWN}/state`]: mesos('master/state.json') },
    id: MASTER_ID,
  },
  {
    what: 'leaders that send each other on',
    role: 'master',
    answers: {
      [`POST ${OWN}/api/v1`]: { status: 307, headers: { location: '//10.0.0.6:5050/api/v1' } },
      'POST http://10.0.0.6:5050/api/v1': { status: 307, headers: { location: `${OWN}/api/v1` } },
    },
    fault: /status 307/,
  },
  { what: 'no leader', role: 'master', answers: { [`POST ${OWN}/api/v1`]: { status: 503 } }, fault: /status 503/ },
  { what: 'no JSON', role: 'agent', answers: { [`GET ${OWN}/state`]: ok('<html>') }, fault: /JSON/ },
  { what: 'no id', role: 'agent', answers: { [`GET ${OWN}/state`]: ok('{}') }, fault: /key 'id'/ },
  { what: 'an empty id', role: 'agent', answers: { [`GET ${OWN}/state`]: ok('{"id":""}') }, fault: /an id of Mesos/ },
] as const

for (const { what, role, answers, ...expected } of cases) {
  t.test(`Mesos id: ${what}`, async t => {
    const { fetch, asked } = stub(answers)
    const source = { role, baseUrl: OWN, timeoutMs: 1000, fetch }
    const { signal } = new AbortController()
    if ('fault' in expected) await t.rejects(fetchMesosId(source, signal), { message: expected.fault })
    else t.equal(await fetchMesosId(source, signal), expected.id)
    t.ok(asked.length <= 2, 'two questions at most')
  })
}

t.test('the node is served before it is known, and known when it can be', async t => {
  const clock = createDrivenClock()
  const lines: string[] = []
  let mesosId: string | undefined
  let clusterId: string | undefined
  const lookUp = (id: () => string | undefined) => async () => {
    const found = id()
    if (found === undefined) throw new Error('not yet')
    return found
  }
  await using identity = await openIdentity({
    address: '10.0.0.5',
    readClusterId: lookUp(() => clusterId),
    fetchMesosId: lookUp(() => mesosId),
    clock,
    log: createLog({ write: line => lines.push(line) }),
    random: () => 0,
  })
  t.same(identity.dimensions(), { mesos_id: '', hostname: '10.0.0.5' }, 'cluster_id is left out')
  t.same(identity.missing(), ['Mesos id', 'cluster id'])
  await clock.run(60_000)
  t.equal(lines.length, 2, 'each want is told once')
  clusterId = CLUSTER
  mesosId = 'S0'
  await clock.run(60_000)
  const known = identity.dimensions()
  t.equal(JSON.stringify(known), `{"mesos_id":"S0","cluster_id":"${CLUSTER}","hostname":"10.0.0.5"}`, 'in this order')
  t.same(identity.missing(), [])
  await clock.run(300_000)
  t.equal(identity.dimensions(), known, 'the same object while nothing changes')
  mesosId = 'S1'
  await clock.run(300_000)
  t.match(identity.dimensions(), { mesos_id: 'S1' }, 'an agent that registered anew')
  mesosId = undefined
  await clock.run(300_000)
  t.match(identity.dimensions(), { mesos_id: 'S1' }, 'kept while Mesos is away')
  t.match(lines.at(-1), /^<4>Mesos id is not to be had, serving on without a new one/)
  await settle()
})

t.test('the cluster id does not wait for a Mesos that is slow', async t => {
  await using identity = await openIdentity({
    address: '10.0.0.5',
    readClusterId: async () => CLUSTER,
    fetchMesosId: signal =>
      new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true })),
    clock: createDrivenClock(),
    log: createLog({ write: () => {} }),
  })
  t.same(identity.dimensions(), { mesos_id: '', cluster_id: CLUSTER, hostname: '10.0.0.5' })
  t.same(identity.missing(), ['Mesos id'])
})
