import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import { collectFiles } from '../../../pkgpanda/genconf/component.ts'
import { packageGc } from '../../../pkgpanda/genconf/components/package-gc.ts'
import { generate, loadValidConfig } from '../../../pkgpanda/genconf/generate.ts'
import { components, configPackage, metadataPackage, rolePackage } from '../../../pkgpanda/genconf/packages.ts'
import { calendarEvent } from '../../../pkgpanda/genconf/rules.ts'
import { tarballPath } from '../../../pkgpanda/store/store-layout.ts'

const run = promisify(execFile)
const BOOTSTRAP_ID = 'b'.repeat(40)
const CONFIG = `
cluster_name: test
bootstrap_url: http://10.0.0.9:8080
master_discovery: static
exhibitor_storage_backend: static
master_list: [10.0.0.1, 10.0.0.2, 10.0.0.3]
resolvers: [10.0.0.9, '10.0.0.8:5353']
dns_search: example.com
exhibitor_admin_password: sesame
`

async function makeWorkshop(t: Test, config = CONFIG) {
  const directory = await mkdtemp(join(tmpdir(), 'genconf-'))
  t.teardown(() => rm(directory, { recursive: true, force: true }))
  const repository = join(directory, 'repository')
  await mkdir(join(repository, 'complete'), { recursive: true })
  await mkdir(join(repository, 'bootstrap'))
  const files = {
    'complete/complete.latest.json': JSON.stringify({
      bootstrap: BOOTSTRAP_ID,
      packages: ['dcos-log--2', 'nodejs--1', 'pkgpanda--1'],
    }),
    [`bootstrap/${BOOTSTRAP_ID}.active.json`]: '["nodejs--1","pkgpanda--1"]',
    [`bootstrap/${BOOTSTRAP_ID}.bootstrap.tar.xz`]: 'x',
    'index.json': JSON.stringify({
      version: 1,
      files: { [`bootstrap/${BOOTSTRAP_ID}.bootstrap.tar.xz`]: { sha256: 'd'.repeat(64), sizeBytes: 1 } },
    }),
  }
  for (const [path, text] of Object.entries(files)) await writeFile(join(repository, path), text)
  await mkdir(join(directory, 'genconf'))
  await writeFile(join(directory, 'genconf/ip-detect'), '#!/bin/sh\necho 10.0.0.1\n')
  const configFile = join(directory, 'config.yaml')
  await writeFile(configFile, config)
  return { directory, repository, configFile, output: join(directory, 'output') }
}

t.test('a cluster of three masters', async t => {
  const { repository, configFile, output } = await makeWorkshop(t)
  const config = await loadValidConfig(configFile)
  const { generated, clusterPackages } = await generate(config, repository, output)
  const names = generated.map(id => id.replace(/[0-9a-f]{40}$/, 'HASH'))
  t.same(names, ['dcos-config--setup_HASH', 'dcos-metadata--setup_HASH', 'pkgpanda-role--HASH'])
  t.same(clusterPackages, ['dcos-log--2', ...generated].sort(), "the bootstrap's own are not in the list")
  t.same(JSON.parse(await readFile(join(output, 'cluster-packages.json'), 'utf8')), clusterPackages)
  t.equal((await stat(join(output, 'dcos_install.sh'))).mode & 0o777, 0o755)
  t.equal((await stat(join(output, 'expanded.config.full.json'))).mode & 0o777, 0o600)
  t.equal(
    await readFile(join(repository, 'dcos_install.sh'), 'utf8'),
    await readFile(join(output, 'dcos_install.sh'), 'utf8'),
  )

  const index = await readFile(join(repository, 'index.json'), 'utf8')
  for (const id of generated) t.ok(JSON.parse(index).files[tarballPath(id)], `${id} is in the index`)
  await generate(await loadValidConfig(configFile), repository, output)
  t.equal(await readFile(join(repository, 'index.json'), 'utf8'), index, 'the same input, the same bytes')

  const tarball = join(repository, tarballPath(generated[0] ?? ''))
  const file = async (path: string) => (await run('tar', ['-xJOf', tarball, `./${path}`])).stdout
  const environment = {
    'etc/dns_config': 'RESOLVERS=10.0.0.9,10.0.0.8:5353\nMASTER_SOURCE=master_list\n',
    'etc/dns_search_config': 'SEARCH=example.com\n',
    'etc_master/dns_config_master':
      'MASTER_SOURCE=exhibitor_uri\nEXHIBITOR_URI=http://127.0.0.1:8181/exhibitor/v1/cluster/status\n',
    'etc/master_list': '["10.0.0.1","10.0.0.2","10.0.0.3"]\n',
    'etc_master/master_count': '3\n',
    'etc/proxy.env': '',
    'etc/dcos-log.env': 'DCOS_LOG_CONFIG_PATH=/opt/mesosphere/etc/dcos-log-config.json\n',
    'etc_slave_public/dcos-log-config.json': '{\n  "role": "agent_public"\n}\n',
    'etc_slave_public/logrotate_agent.config':
      'compress\ndelaycompress\nnotifempty\nmissingok\nnomail\n/var/log/mesos/mesos-agent.log {\n    size 256M\n    rotate 137\n    copytruncate\n    olddir /var/log/mesos/archive\n}\n',
    'etc/dcos-metrics.env': 'DCOS_METRICS_CONFIG_PATH=/opt/mesosphere/etc/dcos-metrics-config.yaml\n',
    'etc/dcos-metrics-config.yaml': 'producers:\n  prometheus:\n    port: 61091\n',
    'bin/detect_ip': '#!/bin/sh\necho 10.0.0.1\n',
    'bin/detect_ip_public': '#!/bin/sh\necho 10.0.0.1\n',
  }
  for (const [path, text] of Object.entries(environment)) t.equal(await file(path), text, path)
  t.same(JSON.parse(await file('pkginfo.json')), {
    environment: { MESOS_IP_DISCOVERY_COMMAND: '/opt/mesosphere/bin/detect_ip', PROVIDER: 'onprem' },
  })
  const all = (await run('sh', ['-c', `tar -xJOf ${tarball}`])).stdout
  t.notMatch(all, /sesame/, 'no secret in what the repository serves')
  const listing = (await run('tar', ['-tvJf', tarball])).stdout
  t.match(listing, /^-rwxr-xr-x 0\/0 .* \.\/check\/check_ip$/m)
})

t.test('the address check of nodes tells addresses from other text', async t => {
  const { directory, configFile } = await makeWorkshop(t)
  const { user, values } = await loadValidConfig(configFile)
  const check = configPackage(user, values).files.find(({ path }) => path === 'check/check_ip')?.content ?? ''
  for (const [printed, passes] of [
    ['10.0.0.1', true],
    ['255.255.255.255', true],
    ['256.0.0.1', false],
    ['node-1', false],
    ['', false],
  ] as const) {
    await writeFile(join(directory, 'detect_ip'), `#!/bin/sh\necho '${printed}'\n`, { mode: 0o755 })
    const script = check.replace('/opt/mesosphere/bin/detect_ip', join(directory, 'detect_ip'))
    const result = await run('bash', ['-c', script]).then(
      () => true,
      () => false,
    )
    t.equal(result, passes, printed)
  }
})

t.test('a load balancer in front of the masters, and a proxy', async t => {
  const { configFile } = await makeWorkshop(
    t,
    `cluster_name: test
bootstrap_url: http://10.0.0.9:8080
master_discovery: master_http_loadbalancer
exhibitor_address: lb.example.com
num_masters: 3
exhibitor_storage_backend: shared_filesystem
exhibitor_fs_config_dir: /shared
use_proxy: true
http_proxy: http://proxy:3128
https_proxy: http://proxy:3129
no_proxy: [.example.com]
`,
  )
  const { user, values } = await loadValidConfig(configFile)
  const { files } = configPackage(user, values)
  const file = (path: string) => files.find(each => each.path === path)?.content
  t.equal(
    file('etc/dns_config'),
    'RESOLVERS=8.8.8.8,8.8.4.4\nMASTER_SOURCE=exhibitor\nEXHIBITOR_ADDRESS=lb.example.com\n',
  )
  t.equal(file('etc/master_list'), undefined)
  t.match(
    file('etc/proxy.env'),
    /^http_proxy=http:\/\/proxy:3128\nHTTP_PROXY=http:\/\/proxy:3128\nhttps_proxy=.*3129\nHTTPS_PROXY=.*3129\nno_proxy=\.mesos,.*,localhost,\.example\.com\nNO_PROXY=/,
  )
})

t.test('the id of a package is a hash of its contents, modes included', async t => {
  const { user, values } = await loadValidConfig((await makeWorkshop(t)).configFile)
  t.equal(configPackage(user, values).id, configPackage(user, values).id)
  t.not(
    configPackage(user, { ...values, ip_detect_contents: '#!/bin/sh\necho 10.0.0.2\n' }).id,
    configPackage(user, values).id,
  )
  t.not(metadataPackage(BOOTSTRAP_ID, ['a--1']).id, metadataPackage(BOOTSTRAP_ID, ['a--2']).id)
  t.match(
    JSON.parse(metadataPackage(BOOTSTRAP_ID, []).files.find(({ path }) => path.startsWith('etc/'))?.content ?? ''),
    {
      version: '1.9.10',
      'dcos-image-commit': /^[0-9a-f]{40}$/,
      'bootstrap-id': BOOTSTRAP_ID,
    },
  )
  t.same(
    rolePackage().files.map(({ path }) => path),
    ['etc_master/roles/master', 'etc_slave/roles/slave', 'etc_slave_public/roles/slave_public', 'pkginfo.json'],
  )
})

t.test('no file is both for all roles and for one: activation would refuse the package', async t => {
  const { values } = await loadValidConfig((await makeWorkshop(t)).configFile)
  const paths = collectFiles(components, values).map(({ path }) => path)
  const forAll = new Set(paths.filter(path => path.startsWith('etc/')).map(path => path.slice('etc/'.length)))
  for (const path of paths.filter(each => /^etc_/.test(each))) t.notOk(forAll.has(path.replace(/^[^/]+\//, '')), path)
})

t.test('the clean-up of packages: timer and number as configured, or neither', async t => {
  const timer = (schedule: string) =>
    packageGc.files({ package_gc_schedule: schedule, package_gc_keep: '3' }).map(({ path, content }) => [path, content])
  const files = new Map(timer('*-*-* 04:00') as [string, string][])
  t.match(files.get('dcos.target.wants/dcos-pkgpanda-gc.timer'), /^OnCalendar=\*-\*-\* 04:00$/m)
  t.equal(files.get('etc/pkgpanda-gc.env'), 'PKGPANDA_GC_KEEP=3\n')
  t.strictSame(timer(''), [])
  t.equal(calendarEvent.check('Mon..Fri *-*-* 04:00:00'), undefined)
  t.match(calendarEvent.check('daily\nExecStart=/bin/sh'), /calendar event/)
})

t.test('two components that write the same file are told apart', async t => {
  const twin = (name: string) => ({ name, files: () => [{ path: 'etc/x', content: '' }] })
  t.throws(() => collectFiles([twin('a'), twin('b')], {}), {
    code: 'GENCONF_COMPONENTS_CONFLICT',
    message: /'a' and 'b'.*'etc\/x'/,
  })
})

t.test('what is missing is named', async t => {
  const { directory, repository, configFile, output } = await makeWorkshop(t)
  await t.rejects(loadValidConfig(join(directory, 'none.yaml')), {
    code: 'GENCONF_FILE_UNREADABLE',
    message: /none\.yaml/,
  })
  const config = await loadValidConfig(configFile)
  await t.rejects(generate(config, join(directory, 'none'), output), {
    code: 'GENCONF_REPOSITORY_INCOMPLETE',
    message: /complete\.latest\.json/,
  })
  await writeFile(join(repository, 'index.json'), '{"version":1,"files":{}}')
  await t.rejects(generate(config, repository, output), {
    code: 'GENCONF_REPOSITORY_INCOMPLETE',
    message: /bootstrap\.tar\.xz.*index\.json/,
  })
  await rm(join(directory, 'genconf/ip-detect'))
  await t.rejects(loadValidConfig(configFile), {
    code: 'GENCONF_CONFIGURATION_INVALID',
    message: /ip_detect_contents: The file genconf\/ip-detect \(ip_detect_filename\) does not exist/,
    details: { errors: { ip_detect_contents: String }, unset: [] },
  })
})
