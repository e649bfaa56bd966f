/** The pure parts of the stand-in. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import t from 'tap'
import { parseProcessStat } from '../support/mesos/agent/usage.ts'
import { parseCommandLine } from '../support/mesos/command-line.ts'
import { formatMode } from '../support/mesos/files/list-directory.ts'
import { parseReadRange, READ_MAX_BYTES } from '../support/mesos/files/read-range.ts'
import { jsonAnswer } from '../support/mesos/http/answers.ts'
import { dispatch } from '../support/mesos/http/dispatch.ts'
import { encodeJson } from '../support/mesos/json/encode.ts'
import { nameCommandExecutor } from '../support/mesos/model/agent.ts'
import { addResources, formatRanges, mergeRanges, NO_RESOURCES } from '../support/mesos/model/resources.ts'
import { describeExit, stateAfterExit, type Task, withStatus } from '../support/mesos/model/task.ts'
import { makeDiscovery, makeTaskId, makeTaskName, parseTaskSpec } from '../support/mesos/model/task-spec.ts'
import { decodeMasterInfo, encodeMasterInfo } from '../support/mesos/zookeeper/master-info.ts'
import { readServerAnswer } from '../support/mesos/zookeeper/server-status.ts'

const fixture = (file: string) => readFileSync(join(import.meta.dirname, '../fixtures/mesos', file), 'utf8')

t.test('resources', async t => {
  const tenth = { ...NO_RESOURCES, cpus: 0.1 }
  t.equal(addResources(tenth, tenth, tenth).cpus, 0.3, 'rounded to three decimals')
  const ports = [2, 1, 5].map(port => ({ begin: port, end: port }))
  t.equal(formatRanges(mergeRanges(ports)), '[1-2, 5-5]')
  t.equal(
    formatRanges(
      mergeRanges([
        { begin: 1, end: 9 },
        { begin: 3, end: 4 },
      ]),
    ),
    '[1-9]',
  )
})

t.test('ends of a process', async t => {
  const cases = [
    { code: 0, signal: null, killed: false, state: 'TASK_FINISHED', says: 'Command exited with status 0' },
    { code: 7, signal: null, killed: false, state: 'TASK_FAILED', says: 'Command exited with status 7' },
    {
      code: null,
      signal: 'SIGKILL',
      killed: false,
      state: 'TASK_FAILED',
      says: 'Command terminated with signal Killed',
    },
    {
      code: null,
      signal: 'SIGTERM',
      killed: true,
      state: 'TASK_KILLED',
      says: 'Command terminated with signal Terminated',
    },
    { code: 0, signal: null, killed: true, state: 'TASK_KILLED', says: 'Command exited with status 0' },
  ] as const
  for (const { code, signal, killed, state, says } of cases) {
    t.equal(stateAfterExit(code, signal, killed), state)
    t.equal(describeExit(code, signal), says)
  }
})

t.test('a status of the same state takes the place of the latest', async t => {
  const task = { state: 'TASK_STAGING', statuses: [] } as unknown as Task
  const running = { state: 'TASK_RUNNING', timestampMs: 1, source: 'SOURCE_EXECUTOR' } as const
  const healthy = withStatus(withStatus(task, running), { ...running, healthy: true })
  t.equal(healthy.statuses.length, 1)
  t.equal(healthy.statuses[0]?.healthy, true)
  t.equal(withStatus(healthy, { ...running, state: 'TASK_KILLING' }).statuses.length, 2)
})

t.test('names as Marathon and Mesos make them', async t => {
  t.equal(makeTaskId('/group/api', 'UUID'), 'group_api.UUID')
  t.equal(makeTaskName('/group/api'), 'api.group')
  t.equal(
    nameCommandExecutor('x', 'echo "sise started"'),
    `Command Executor (Task: x) (Command: sh -c 'echo "sise s...')`,
  )
  t.equal(nameCommandExecutor('x', 'sleep 1'), `Command Executor (Task: x) (Command: sh -c 'sleep 1')`)
})

t.test('task descriptions', async t => {
  const spec = parseTaskSpec({ name: 'a', cmd: 'true', ports: [0, { number: 80, labels: { VIP_0: '/a:80' } }] })
  t.same(makeDiscovery(spec, [{ number: 1025 }]), {
    visibility: 'FRAMEWORK',
    name: 'a',
    ports: [{ number: 1025, name: 'api', protocol: 'tcp' }],
  })
  t.equal(makeDiscovery({ ...spec, discovery: null }, []), undefined)
  for (const wrong of [
    {},
    null,
    { name: 'a', cmd: '' },
    { name: 'a', cmd: 'x', id: 'a/b' },
    { name: 'a', cmd: 'x', colour: 1 },
  ]) {
    t.throws(() => parseTaskSpec(wrong), { code: 'STANDIN_TASK_SPEC_INVALID', status: 400 })
  }
  t.throws(() => parseTaskSpec({ name: 'a', cmd: 'x', ports: [70_000] }), /ports/)
})

t.test('the recorded MasterInfo is read and written', async t => {
  const text = JSON.stringify(JSON.parse(fixture('zookeeper-json.info_0000000001.json')))
  const info = decodeMasterInfo(text)
  t.same(info, { id: '678aac08-89e6-4d3a-9b13-626559ce69e1', hostname: '127.0.0.1', ip: '127.0.0.1', port: 5050 })
  t.equal(info && encodeMasterInfo(info, '1.2.3'), text)
  t.equal(decodeMasterInfo('log-replica(1)@127.0.0.1:5050'), undefined)
})

t.test('what a ZooKeeper server says of itself', async t => {
  const serving = { code: 3, description: 'serving' }
  const cases = [
    { answer: 'Zookeeper version: 3.8.0\nMode: leader\nNode count: 5\n', state: serving, isLeader: true },
    { answer: 'Mode: standalone\n', state: serving, isLeader: true },
    { answer: 'Mode: follower\n', state: serving, isLeader: false },
    {
      answer: 'This ZooKeeper instance is not currently serving requests\n',
      state: { code: 2, description: 'not serving' },
      isLeader: false,
    },
    { answer: undefined, state: { code: 1, description: 'down' }, isLeader: false },
  ]
  for (const { answer, state, isLeader } of cases) t.same(readServerAnswer(answer), { state, isLeader })
})

t.test('offset and length of /files/read', async t => {
  const problem = (file: string) => ({ problem: fixture(`agent/${file}`) })
  const cases = [
    { offset: null, length: null, is: { range: 'size' } },
    { offset: '-1', length: '5', is: { range: 'size' } },
    { offset: '0', length: null, is: { range: { offset: 0, length: READ_MAX_BYTES } } },
    { offset: '0', length: '-1', is: { range: { offset: 0, length: READ_MAX_BYTES } } },
    { offset: '3', length: '99999999', is: { range: { offset: 3, length: READ_MAX_BYTES } } },
    { offset: '10', length: '0', is: { range: { offset: 10, length: 0 } } },
    { offset: 'abc', length: null, is: problem('files_read_error_bad_offset.txt') },
    { offset: '-5', length: null, is: problem('files_read_error_negative_offset.txt') },
  ]
  for (const { offset, length, is } of cases) t.same(parseReadRange(offset, length), is, `${offset} ${length}`)
})

t.test('modes, process figures and doubles', async t => {
  const stats = (mode: number, kind: string) => ({
    mode,
    isDirectory: () => kind === 'd',
    isSymbolicLink: () => kind === 'l',
  })
  t.equal(formatMode(stats(0o755, 'd')), 'drwxr-xr-x')
  t.equal(formatMode(stats(0o640, '-')), '-rw-r-----')
  const line =
    '77 (a) b) S 1 77 70 0 -1 4194304 100 0 0 0 250 50 30 20 20 0 1 0 12345 1000000 300 18446744073709551615 1'
  t.same(parseProcessStat(line), { pid: 77, session: 70, userSecs: 2.8, systemSecs: 0.7, rssBytes: 300 * 4096 })
  t.equal(encodeJson({ cpus: 4, mem: 0.5, number: 80, value: 'x' }), '{"cpus":4.0,"mem":0.5,"number":80,"value":"x"}')
  t.equal(encodeJson({ anything: 1 }, 'all'), '{"anything":1.0}')
})

t.test('the route table', async t => {
  const routes = [
    { paths: ['/state', '/slave(1)/state'], handle: () => jsonAnswer({ long: 'x'.repeat(2000) }) },
    { paths: ['/x/:id'], method: 'POST' as const, handle: ({ params }: { params: object }) => jsonAnswer(params) },
  ]
  const ask = (url: string, method = 'GET', acceptsGzip = false) =>
    dispatch(routes, { url, method, acceptsGzip, json: async () => ({}) })
  t.equal((await ask('/slave(1)/state')).status, 200)
  t.equal((await ask('/slave%281%29/state')).status, 200)
  t.same(await ask('/state/'), { status: 404 }, 'a slash at the end is another path')
  t.same(await ask('/%zz'), { status: 400 })
  t.match(await ask('/x/1', 'POST'), { body: '{"id":"1"}' })
  t.match(await ask('/x/1'), { status: 405, headers: { Allow: 'POST' }, body: fixture('master/machine_up.txt') })
  const zipped = await ask('/state', 'GET', true)
  t.equal(zipped.headers?.['Content-Encoding'], 'gzip')
  t.match(JSON.parse(gunzipSync(zipped.body ?? '').toString()), { long: /^x+$/ })
  const wrapped = await ask('/state?jsonp=cb')
  t.match(String(wrapped.body), /^cb\(\{.*\}\);$/)
  t.equal(wrapped.headers?.['Content-Type'], 'text/javascript')
})

t.test('the command line', async t => {
  t.match(parseCommandLine(['master', '--ip', '10.0.0.1', '--port', '0']), { name: 'master', ip: '10.0.0.1', port: 0 })
  t.match(parseCommandLine(['agent', '--role', 'slave_public']), { name: 'agent', role: 'slave_public', port: 5051 })
  for (const wrong of [['agent', '--role', 'x'], ['master', '--port', '70000'], ['leader'], ['master', '--colour']]) {
    t.throws(() => parseCommandLine(wrong), { code: 'STANDIN_COMMAND_LINE_INVALID' }, wrong.join(' '))
  }
})
