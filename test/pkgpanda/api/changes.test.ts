/** Changes through the API: one at a time, as jobs, to their end whatever the client does, told in the journal. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createConnection } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import { JOBS_MAX, openJobs } from '../../../pkgpanda/api/jobs.ts'
import type { Node } from '../../../pkgpanda/api/node.ts'
import { faults } from '../../../pkgpanda/errors.ts'
import { acquireLock } from '../../../pkgpanda/swap/lock.ts'
import type { JournalFields } from '../../../src/shared/log/journal-socket.ts'
import { createLog } from '../../../src/shared/log/journald.ts'
import { createDrivenClock } from '../../support/clock.ts'
import { recordedSystemctl, scratchDirectory } from '../node-fixture.ts'
import { INSTALLED, makeStore, startApi } from './api-fixture.ts'

const SET = JSON.stringify(INSTALLED)
const ASYNC = { prefer: 'wait=1, respond-async' }

/** Commands that wait for the test. */
function gated() {
  const gate = Promise.withResolvers<void>()
  const begun = Promise.withResolvers<void>()
  return {
    begun: begun.promise,
    open: gate.resolve,
    fail: gate.reject,
    wrap: (node: Node): Node => ({
      ...node,
      async run(...request) {
        if (request[0] === 'status') return await node.run(...request)
        request[2].progress?.('Fetching: mesos--0.22.0', 10, 40)
        begun.resolve()
        await gate.promise
        return await node.run(...request)
      },
    }),
  }
}

async function endOf(api: Awaited<ReturnType<typeof startApi>>, path: string): Promise<Record<string, unknown>> {
  while (true) {
    const job = (await api.ask('GET', path)).json as Record<string, unknown>
    if (job.state !== 'running') return job
  }
}

t.test('a node that another pkgpanda is changing: 423, and who it is', async t => {
  const api = await startApi(t)
  await using _lock = await acquireLock(api.node.paths.root, 'gc')
  for (const headers of [{}, ASYNC] as Record<string, string>[]) {
    const { status, json } = await api.ask('PUT', '/active/', { body: SET, headers })
    t.equal(status, 423)
    t.match(json, {
      error: new RegExp(`^${api.node.paths.root} is being changed by pid ${process.pid} \\(pkgpanda gc\\)$`),
    })
  }
  t.equal((await api.ask('DELETE', '/repository/mesos--0.23.0')).status, 423)
  t.equal((await api.ask('GET', '/active/')).status, 200, 'readers are free')
  t.match((await api.ask('GET', '/v1/status')).json, {
    changing: `pid ${process.pid} (pkgpanda gc)`,
    interrupted: false,
  })
  t.match(await api.metrics(), /changes_refused_total\{reason="locked"\} 3/)
})

t.test('one change at a time: the next is refused, not queued', async t => {
  const gate = gated()
  const api = await startApi(t, { wrap: gate.wrap })
  const accepted = await api.ask('PUT', '/active/', { body: SET, headers: ASYNC })
  t.equal(accepted.status, 202)
  t.equal(accepted.headers['preference-applied'], 'respond-async')
  const { id } = accepted.json as { id: string }
  t.equal(accepted.headers.location, `http://localhost/v1/jobs/${id}`)
  await gate.begun
  for (const headers of [{}, ASYNC] as Record<string, string>[]) {
    const { status, json } = await api.ask('DELETE', '/repository/mesos--0.23.0', { headers })
    t.equal(status, 423)
    t.match(json, { error: new RegExp(`activate, job ${id}`) })
  }
  t.match((await api.ask('GET', '/v1/status')).json, { job: id })
  t.match((await api.ask('GET', `/v1/jobs/${id}`)).json, {
    ...{ action: 'activate', packages: INSTALLED, state: 'running', ended: undefined },
    progress: { 'mesos--0.22.0': { received: 10, total: 40 } },
  })
  gate.open()
  const job = await endOf(api, `/v1/jobs/${id}`)
  t.match(job, {
    state: 'done',
    started: /^\d{4}-.*Z$/,
    ended: /^\d{4}-.*Z$/,
    result: { packages: { unchanged: INSTALLED } },
  })
  t.equal((await api.ask('DELETE', '/repository/mesos--0.23.0')).status, 204)
  t.match((await api.ask('GET', '/v1/jobs/')).json, [{ action: 'remove' }, { id }], 'newest first')
})

t.test('a job that fails says why, as the blocking form would', async t => {
  const api = await startApi(t, {
    wrap: node => ({ ...node, run: () => Promise.reject(faults.NO_SPACE('/opt', 'full')) }),
  })
  const { headers } = await api.ask('PUT', '/active/', { body: SET, headers: ASYNC })
  const job = await endOf(api, new URL(headers.location!).pathname)
  t.match(job, { state: 'failed', error: 'No space left for /opt: full', code: 'PKGPANDA_NO_SPACE' })
  const { status, json } = await api.ask('PUT', '/active/', { body: SET })
  t.equal(status, 500, '1.9 knew no 507')
  t.strictSame(json, { error: 'No space left for /opt: full' })
  t.match(api.log.join(''), /code='PKGPANDA_NO_SPACE'.*remedy='/, 'code and remedy are for the journal')
})

t.test('what the system refuses is told; a bug is 500 and not', async t => {
  const errors = [Object.assign(new Error('EROFS: read-only file system'), { code: 'EROFS' }), new TypeError('secret')]
  const api = await startApi(t, { wrap: node => ({ ...node, run: () => Promise.reject(errors.shift()) }) })
  const refused = await api.ask('PUT', '/active/', { body: SET })
  t.strictSame([refused.status, refused.json], [500, { error: 'The system refused: EROFS: read-only file system' }])
  const bug = await api.ask('PUT', '/active/', { body: SET })
  t.equal(bug.status, 500)
  t.notMatch(bug.text, /secret/)
  t.match((await api.ask('GET', '/v1/jobs/')).json, [{ error: 'internal error, see the journal' }, {}])
})

t.test('a client that goes away takes nothing with it', async t => {
  const gate = gated()
  const api = await startApi(t, { wrap: gate.wrap })
  const wanted = JSON.stringify(['mesos--0.23.0', INSTALLED[1]])
  const client = createConnection(api.socket)
  client.write(
    `PUT /active/ HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${wanted.length}\r\n\r\n${wanted}`,
  )
  await gate.begun
  client.destroy()
  gate.open()
  const [{ id = '' } = {}] = (await api.ask('GET', '/v1/jobs/')).json as { id: string }[]
  t.match(await endOf(api, `/v1/jobs/${id}`), { state: 'done' })
  t.strictSame((await api.ask('GET', '/active/')).json, ['mesos--0.23.0', INSTALLED[1]])
})

t.test('stopped in the middle, it finishes the request and answers it', async t => {
  const gate = gated()
  const api = await startApi(t, { wrap: gate.wrap })
  const answer = api.ask('PUT', '/active/', { body: JSON.stringify(['mesos--0.23.0']) })
  await gate.begun
  const closed = api.close()
  await t.rejects(api.ask('GET', '/active/'), 'nobody else is let in')
  gate.open()
  t.equal((await answer).status, 204)
  await closed
  t.match(JSON.parse(readFileSync(join(api.node.paths.stateRoot, 'pkgpanda-api/jobs.json'), 'utf8')), [
    { state: 'done' },
  ])
})

t.test('stopped with a job at work, it waits for the job', async t => {
  const gate = gated()
  const api = await startApi(t, { wrap: gate.wrap })
  await api.ask('PUT', '/active/', { body: SET, headers: ASYNC })
  await gate.begun
  let isClosed = false
  const closed = api.close().then(() => {
    isClosed = true
  })
  t.ok(api.jobs.running())
  t.notOk(isClosed)
  gate.open()
  await closed
  t.match(api.jobs.list(), [{ state: 'done' }])
})

t.test('jobs outlive their process; one that did not end is interrupted', async t => {
  const directory = scratchDirectory(t)
  const lines: string[] = []
  const options = {
    ...{ directory, root: '/opt/mesosphere', clock: createDrivenClock() },
    ...{ log: createLog({ write: line => void lines.push(line) }), random: () => String(++count) },
  }
  let count = 0
  const first = openJobs(options)
  await first.start('fetch', ['a--1'], async () => undefined).done
  const never = Promise.withResolvers<undefined>()
  first.start('activate', ['a--1'], () => never.promise)
  t.throws(() => first.start('remove', [], async () => {}), { code: 'PKGPANDA_LOCKED', message: /activate, job 2/ })
  while (
    !existsSync(join(directory, 'jobs.json')) ||
    !readFileSync(join(directory, 'jobs.json'), 'utf8').includes('"2"')
  ) {
    await new Promise(resolve => setImmediate(resolve))
  }
  // Its process is gone; the next one begins.
  const second = openJobs(options)
  t.match(second.list(), [
    { id: '2', action: 'activate', state: 'interrupted' },
    { id: '1', action: 'fetch', state: 'done' },
  ])
  for (let more = 0; more < JOBS_MAX; more++) await second.start('remove', [], async () => {}).done
  t.equal(second.list().length, JOBS_MAX, 'old ones are forgotten')
  t.throws(() => second.find('1'), { code: 'PKGPANDA_JOB_UNKNOWN', status: 404 })
  await second[Symbol.asyncDispose]()
  never.resolve(undefined)
  await first[Symbol.asyncDispose]()

  writeFileSync(join(directory, 'jobs.json'), '{')
  await using third = openJobs(options)
  t.strictSame(third.list(), [])
  t.match(lines.at(-1), /^<4>the file of jobs is damaged, beginning anew/)
})

t.test('who asked is in the journal: the access log, and the line about the change', async t => {
  const entries: JournalFields[] = []
  const calls: string[] = []
  const api = await startApi(t, {
    world: {
      systemctl: () => recordedSystemctl(calls),
      openAudit: async () => async fields => void entries.push(fields),
    },
  })
  const headers = { 'x-forwarded-for': '10.0.0.7' }
  t.equal((await api.ask('PUT', '/active/', { body: JSON.stringify(['mesos--0.23.0']), headers })).status, 204)
  t.match(entries, [
    {
      MESSAGE: /^activate mesos--0\.23\.0 by root from the API for 10\.0\.0\.7: done/,
      PKGPANDA_FROM: 'the API for 10.0.0.7',
    },
  ])
  t.match(api.log.at(-1), /^<6>10\.0\.0\.7 "PUT \/active\/" 204/)
  t.strictSame(calls.slice(-2), ['reload', 'start'])
  // A header is text of a stranger.
  await api.ask('DELETE', '/repository/mesos--0.22.0', { headers: { 'x-forwarded-for': `x\u00ff${'y'.repeat(500)}` } })
  t.match(entries.at(-1), { PKGPANDA_FROM: /^the API for x\?y{198}$/ })
  await api.ask('GET', '/active/')
  t.match(api.log.at(-1), /^<6>a local client "GET/)
})

t.test('a plan changes nothing; rollback goes back', async t => {
  const api = await startApi(t)
  const before = api.node.snapshot()
  const body = JSON.stringify(['mesos--0.23.0'])
  const plan = await api.ask('PUT', '/active/?dry_run=true', { body })
  t.equal(plan.status, 200)
  t.match(plan.json, {
    packages: { changed: [{ from: 'mesos--0.22.0', to: 'mesos--0.23.0' }], removed: [INSTALLED[1]] },
  })
  t.strictSame(api.node.snapshot(), before)
  t.equal((await api.ask('PUT', '/active/?dry_run=false', { body })).status, 204)
  t.ok(existsSync(join(api.node.paths.stateRoot, 'mesos')), 'fact 28: its state directory is made, by the API too')
  t.equal((await api.ask('POST', '/v1/rollback?dry_run=true')).status, 200)
  t.strictSame((await api.ask('GET', '/active/')).json, ['mesos--0.23.0'])
  t.equal((await api.ask('POST', '/v1/rollback')).status, 204)
  t.strictSame((await api.ask('GET', '/active/')).json, INSTALLED)
})

t.test('where packages may come from is asked of the flag each time', async t => {
  const api = await startApi(t)
  await api.ask('DELETE', '/repository/mesos-config--justmesos')
  const ask = (url: string) =>
    api.ask('POST', '/repository/mesos-config--justmesos', { body: JSON.stringify({ repository_url: url }) })
  t.equal((await ask('http://127.0.0.1:9/x')).status, 403)
  mkdirSync(join(api.node.paths.configDirectory, 'setup-flags'))
  writeFileSync(join(api.node.paths.configDirectory, 'setup-flags/repository-url'), ' http://127.0.0.1:9/x\n')
  t.equal((await ask(`file://${makeStore(t)}`)).status, 500, 'a directory of root, which does not have it')
  t.match(await api.metrics(), /changes_refused_total\{reason="url"\} 1/)
  t.match(await api.metrics(), /changes_total\{action="fetch",result="failed"\} 1/)
})
