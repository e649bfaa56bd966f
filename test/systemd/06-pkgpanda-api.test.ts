/** The package API on booted nodes: curl over its socket, in its sandbox, through its own replacement. */
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { noBed, testBed } from '../support/testbed/test-bed.ts'
import { BED_BUILD } from '../testbed/cluster.ts'
import { mustRun } from '../testbed/command.ts'
import { PROJECT, repositoryUrl } from '../testbed/settings.ts'

const MASTER = 'm1'
const AGENTS = ['a1', 'p1']
const SERVICE = 'dcos-pkgpanda-api.service'
/** A client's address as Admin Router passes it on. */
const CLIENT = '10.9.8.7'
const TEST_USER = 'dcos_api_test'

t.test('the package API', { skip: noBed() }, async t => {
  const { bed, run, sh, show, until } = await testBed(t)

  const ask = async (node: string, method: string, path: string, body?: unknown, ...more: string[]) => {
    const content = body === undefined ? [] : ['-H', 'Content-Type: application/json', '-d', JSON.stringify(body)]
    const options = ['-sS', '-i', '-X', method, '-H', `X-Forwarded-For: ${CLIENT}`, ...content, ...more]
    const text = await run(node, 'curl', ...options, '--unix-socket', '/run/dcos/pkgpanda-api.sock', `http://x${path}`)
    const [head = '', ...rest] = text.replaceAll('\r', '').split('\n\n')
    const sent = rest.join('\n\n')
    return { status: Number(head.split(' ')[1]), head, body: sent === '' ? undefined : JSON.parse(sent) }
  }
  const active = async () => (await ask(MASTER, 'GET', '/active/')).body as string[]
  const invocation = async () => (await show(MASTER, SERVICE, 'InvocationID')).InvocationID

  const before = await active()
  const idOf = (name: string) => before.find(id => id.startsWith(`${name}--`)) ?? ''
  const url = repositoryUrl(bed.settings)

  // New versions of two packages, built at once: with a file more each; ours also with what it takes root to make.
  const folder = await mkdtemp(join(tmpdir(), 'dcos-api-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const changed = { 'dcos-log': {}, 'pkgpanda-api': { username: TEST_USER, state_directory: true } }
  const options: string[] = []
  for (const [name, keys] of Object.entries(changed)) {
    const source = join(folder, name)
    await cp(join(PROJECT, 'packages', name), source, { recursive: true })
    const script = `mkdir -p "$PKG_PATH/etc"; echo new >"$PKG_PATH/etc/${name}-api-test"\n`
    const dropIns = 'for each in "$PKG_PATH"/hardening/*/*.conf; do echo IgnoreSIGPIPE=yes >>"$each"; done\n'
    await writeFile(join(source, 'build'), script + dropIns, { flag: 'a' })
    const info = JSON.parse(await readFile(join(source, 'buildinfo.json'), 'utf8'))
    await writeFile(join(source, 'buildinfo.json'), JSON.stringify({ ...info, ...keys }))
    options.push('--package', `${name}=${source}`, '--only', name)
  }
  const main = join(PROJECT, 'pkgpanda/build/main.ts')
  const printed = await mustRun('building', process.execPath, [main, '--output', BED_BUILD, ...options], {
    cwd: PROJECT,
  })
  const newIdOf = (name: string) => {
    const ids = printed.match(new RegExp(`\\b${name}--[0-9a-f]{40}`, 'g')) ?? []
    return ids.find(id => id !== idOf(name)) ?? ''
  }

  await t.test('its socket is for root and the router; it starts when it is asked', async t => {
    t.equal(await run(MASTER, 'stat', '-c', '%U:%G %a', '/run/dcos/pkgpanda-api.sock'), 'root:dcos_adminrouter 660')
    await run(MASTER, 'systemctl', 'stop', SERVICE)
    const { status, body } = await ask(MASTER, 'GET', '/repository/')
    t.equal(status, 200)
    for (const id of before) t.ok(body.includes(id), `${id} is unpacked`)
    const { StatusText = '', Type } = await show(MASTER, SERVICE, 'StatusText', 'Type')
    t.equal(Type, 'notify')
    t.match(StatusText, /^serving the packages of this node on pkgpanda-api: \d+ active, \d+ unpacked; at rest$/)
    const log = await run(MASTER, 'journalctl', '-u', SERVICE, '-o', 'cat', '-n', '20')
    t.match(log, new RegExp(`^${CLIENT} "GET /repository/" 200 `, 'm'), 'the access log begins with the client')
  })

  await t.test('what is installed resolves, and agrees with active.buildinfo.full.json (fact 51)', async t => {
    const id = idOf('dcos-log')
    const [name, version] = id.split('--')
    t.same((await ask(MASTER, 'GET', `/repository/${id}`)).body, { id, name, version })
    t.same((await ask(MASTER, 'GET', `/active/${id}`)).body, { id, name, version })
    const buildinfo = JSON.parse(await run(MASTER, 'cat', '/opt/mesosphere/active.buildinfo.full.json'))
    t.equal(buildinfo['dcos-log'].package_version, version)
    t.match((await ask(MASTER, 'GET', '/active')).head, /^Location: http:\/\/x\/active\/$/m)
    t.match((await ask(MASTER, 'GET', '/v1/status')).body, { interrupted: false, changesAllowed: true })
    t.equal((await ask(MASTER, 'GET', '/openapi.json')).body.info.title, 'pkgpanda-api')
  })

  await t.test('agents show their packages and change nothing', async t => {
    for (const node of AGENTS) {
      const ids = (await ask(node, 'GET', '/active/')).body as string[]
      t.ok(ids.length > 3, `${node}: ${ids.length} active`)
      for (const [method, path, body] of [
        ['PUT', '/active/', ids],
        ['POST', `/repository/${ids[0]}`, { repository_url: url }],
        ['DELETE', `/repository/${ids[0]}`, undefined],
        ['POST', '/v1/rollback', undefined],
      ] as const) {
        const answer = await ask(node, method, path, body)
        t.equal(answer.status, 403, `${node}: ${method} ${path}`)
        t.match(answer.body.error, /pkgpanda_api_agent_changes/)
      }
    }
  })

  await t.test('another version is fetched, made active and put back', async t => {
    const [oldId, newId] = [idOf('dcos-log'), newIdOf('dcos-log')]
    t.ok(newId, 'a new id was built')
    const refused = await ask(MASTER, 'POST', `/repository/${newId}`, { repository_url: 'http://10.1.1.1/' })
    t.equal(refused.status, 403, 'not from anywhere')
    for (let twice = 0; twice < 2; twice++) {
      t.equal((await ask(MASTER, 'POST', `/repository/${newId}`, { repository_url: url })).status, 204)
    }
    const wanted = before.map(id => (id === oldId ? newId : id)).sort()
    const plan = await ask(MASTER, 'PUT', '/active/?dry_run=true', wanted)
    t.match(plan.body.packages.changed, [{ name: 'dcos-log', from: oldId, to: newId }])
    t.equal((await ask(MASTER, 'PUT', '/active/', wanted)).status, 204)
    t.same(await active(), wanted)
    t.equal(await run(MASTER, 'cat', '/opt/mesosphere/etc/dcos-log-api-test'), 'new')
    t.equal((await ask(MASTER, 'DELETE', `/repository/${newId}`)).status, 409, 'an active one stays')
    const audit = await run(MASTER, 'journalctl', '-o', 'cat', '-n', '1', 'PKGPANDA_COMMAND=activate')
    t.match(audit, new RegExp(`^activate .* by root from the API for ${CLIENT.replaceAll('.', '\\.')}: done`))
    t.equal((await ask(MASTER, 'POST', '/v1/rollback')).status, 204)
    t.same(await active(), before)
    t.equal((await ask(MASTER, 'DELETE', `/repository/${newId}`)).status, 204)
    await until('dcos-log to listen', async () => {
      const { ActiveState } = await show(MASTER, 'dcos-log-master.socket', 'ActiveState')
      return ActiveState === 'active'
    })
  })

  await t.test(
    'it replaces itself, in its sandbox, with a user and a state directory; nobody is turned away',
    async t => {
      const [oldId, newId] = [idOf('pkgpanda-api'), newIdOf('pkgpanda-api')]
      t.ok(newId, 'a new id was built')
      t.equal((await ask(MASTER, 'POST', `/repository/${newId}`, { repository_url: url })).status, 204)
      const wanted = before.map(id => (id === oldId ? newId : id)).sort()
      const old = await invocation()

      // Clients that ask all the while.
      await sh(
        MASTER,
        `systemd-run -q --unit api-test-clients sh -c 'while :; do curl -sf --unix-socket /run/dcos/pkgpanda-api.sock http://x/active/ >/dev/null || touch /run/api-turned-away; sleep 0.05; done'`,
      )
      t.equal((await ask(MASTER, 'PUT', '/active/', wanted)).status, 204, 'it answers its own end')
      await until('another process', async () => (await invocation()) !== old)
      t.same(await active(), wanted, 'the new process answers')
      t.equal(await run(MASTER, 'cat', '/opt/mesosphere/etc/pkgpanda-api-api-test'), 'new')
      await run(MASTER, 'systemctl', 'stop', 'api-test-clients')
      const turnedAway = await sh(MASTER, 'ls /run/api-turned-away 2>/dev/null || :')
      t.equal(turnedAway, '', 'no client was turned away')

      t.match(await run(MASTER, 'getent', 'passwd', TEST_USER), /DCOS System User/, 'useradd ran in the sandbox')
      t.equal(await run(MASTER, 'stat', '-c', '%U', '/var/lib/dcos/pkgpanda-api'), TEST_USER)
      const dropIn = await run(MASTER, 'cat', `/etc/systemd/system/${SERVICE}.d/50-dcos-hardening.conf`)
      t.match(dropIn, /^IgnoreSIGPIPE=yes$/m, 'systemd-analyze judged the new drop-in there')

      // Back, as a job that another process can tell about.
      const second = await invocation()
      const accepted = await ask(MASTER, 'PUT', '/active/', before, '-H', 'Prefer: respond-async')
      t.equal(accepted.status, 202)
      const [, path = ''] = /^Location: http:\/\/x(\/v1\/jobs\/\w+)$/m.exec(accepted.head) ?? []
      await until('the first version again', async () => (await invocation()) !== second)
      const job = (await ask(MASTER, 'GET', path)).body
      t.match(job, {
        state: 'done',
        action: 'activate',
        packages: before,
        result: { packages: { changed: [{ to: oldId }] } },
      })
      t.same(await active(), before)
      t.equal((await ask(MASTER, 'DELETE', `/repository/${newId}`)).status, 204)
      await run(MASTER, 'userdel', TEST_USER)
      await run(MASTER, 'rm', '-r', '/var/lib/dcos/pkgpanda-api')
      t.equal(await run(MASTER, 'systemctl', '--failed', '--no-legend', '--plain'), '')
    },
  )

  await t.test('it leaves when nobody asks, and comes back', async t => {
    const dropIn = `/run/systemd/system/${SERVICE}.d`
    await sh(
      MASTER,
      `mkdir -p ${dropIn}; printf '[Service]\\nEnvironment=PKGPANDA_HTTP_CONFIG=/run/api-test.json\\n' >${dropIn}/99-test.conf;
       echo '{"ROLE": "master", "IDLE_EXIT_S": 1}' >/run/api-test.json; systemctl daemon-reload; systemctl restart ${SERVICE}`,
    )
    await until('its leaving', async () => (await show(MASTER, SERVICE, 'ActiveState')).ActiveState === 'inactive')
    t.match(await show(MASTER, SERVICE, 'Result', 'ExecMainStatus'), { Result: 'success', ExecMainStatus: '0' })
    t.equal((await ask(MASTER, 'GET', '/active/')).status, 200)
    await sh(MASTER, `rm -r ${dropIn} /run/api-test.json; systemctl daemon-reload; systemctl restart ${SERVICE}`)
    t.match(await run(MASTER, 'cat', '/run/dcos/metrics/dcos-pkgpanda-api.prom'), /^dcos_pkgpanda_api_changes_total/m)
  })
})
