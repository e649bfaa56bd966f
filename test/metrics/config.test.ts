/** Flags and YAML keys of 1.9 and ours (metrics 1.2), the log levels, and the STATUS sentence. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { DEFAULTS, loadConfig, parseCommandLine, versionText } from '../../src/metrics/config.ts'
import { logAtLevel } from '../../src/metrics/log-level.ts'
import { statusSentence } from '../../src/metrics/status.ts'
import { createLog } from '../../src/shared/log/journald.ts'
import { VERSION } from '../../src/shared/version.ts'

const directory = t.testdir()

function load(yaml: string | undefined, ...argv: string[]) {
  const file = join(directory, 'config.yaml')
  if (yaml !== undefined) writeFileSync(file, yaml)
  return loadConfig(parseCommandLine(yaml === undefined ? argv : ['-config', file, ...argv]))
}

t.test('defaults', async t => {
  for (const yaml of [undefined, '', '# nothing\n', '{}', 'unknown: {key: 1}', 'collector: {http_profiler: true}']) {
    const { config, notes } = await load(yaml, '-role', 'agent')
    t.same(config, { ...DEFAULTS, role: 'agent', mesosPort: 5051 }, yaml ?? 'no file')
    t.equal(notes.length, yaml === undefined ? 1 : 0, 'a missing file is told')
    t.ok(Object.isFrozen(config))
  }
  t.equal((await load('', '-role=master')).config.mesosPort, 5050)
})

const keys = [
  { yaml: 'collector: {node: {poll_period: 5s}}', gives: { nodePollPeriodMs: 5000 } },
  { yaml: 'collector: {node: {poll_period: 20000000000}}', gives: { nodePollPeriodMs: 20_000 } },
  { yaml: 'collector: {mesos_agent: {port: 1, request_protocol: https, request_timeout: 2s}}', gives: { mesosPort: 1, mesosProtocol: 'https', mesosRequestTimeoutMs: 2000 } },
  { yaml: 'producers: {http: {ip: 127.0.0.1, port: 0, cacheexpiry: 5m}}', gives: { http: { host: '127.0.0.1', port: 0 }, httpCacheExpiryMs: 300_000 } },
  { yaml: 'producers: {prometheus: {port: 9273, ip: "::1"}}', gives: { prometheus: { host: '::1', port: 9273 } } },
  { yaml: 'roots: {proc: /p, sys: /s, root: /r}', gives: { roots: { procfs: '/p', sysfs: '/s', rootfs: '/r' } } },
  { yaml: 'identity: {detect_ip: /d, cluster_id_file: /c}', gives: { detectIp: '/d', clusterIdFile: '/c' } },
  { yaml: 'relay: {directory: /m}', gives: { relayDirectory: '/m' } },
  { yaml: 'dcosrole: master\nloglevel: debug', gives: { role: 'master', logLevel: 'debug', mesosPort: 5050 } },
] // biome-ignore format: a table

for (const { yaml, gives } of keys) {
  t.test(`the file wins over the flags: ${yaml}`, async t => {
    t.match((await load(yaml, '-role', 'agent', '-loglevel', 'warn')).config, gives)
  })
}

t.test('an expiry below two poll periods is raised and told', async t => {
  const { config, notes } = await load('collector: {node: {poll_period: 90s}}', '-role', 'agent')
  t.match(config, { httpCacheExpiryMs: 180_000, prometheusCacheExpiryMs: 180_000 })
  t.same(notes, [
    'producers.http.cacheexpiry is raised to 3m0s, 2 poll periods',
    'producers.prometheus.cacheexpiry is raised to 3m0s, 2 poll periods',
  ])
})

const wrong = [
  { argv: [], code: 'METRICS_ROLE_INVALID' },
  { argv: ['-role', 'agent_public'], code: 'METRICS_ROLE_INVALID', message: /agent_public/ },
  { argv: ['-role', 'agent', '-loglevel', 'loud'], code: 'CONFIG_FLAG_VALUE_INVALID', message: /loud.*debug, info/ },
  { argv: ['-rolle', 'agent'], code: 'CONFIG_FLAG_UNKNOWN' },
  { argv: ['-role', 'agent', '-config', '/nonexistent'], code: 'CONFIG_FILE_UNREADABLE', message: /nonexistent/ },
  { argv: ['-role', 'agent'], yaml: 'loglevel: loud', code: 'CONFIG_VALUE_INVALID', message: /file '.*loglevel.*loud.*"debug"/ },
  { argv: ['-role', 'agent'], yaml: 'dcosrole: agent_public', code: 'CONFIG_VALUE_INVALID', message: /dcosrole.*agent_public.*"master"/ },
  { argv: ['-role', 'agent'], yaml: 'a: [', code: 'CONFIG_FILE_MALFORMED' },
  { argv: ['-role', 'agent'], yaml: 'producers: {http: {port: 70000}}', code: 'CONFIG_VALUE_INVALID', message: /producers.http.port.*70000/ },
  { argv: ['-role', 'agent'], yaml: 'collector: {node: {poll_period: soon}}', code: 'CONFIG_VALUE_INVALID', message: /collector.node.poll_period.*soon.*1s to 1h/ },
  { argv: ['-role', 'agent'], yaml: 'collector: {node: {poll_period: 1ms}}', code: 'CONFIG_VALUE_INVALID', message: /poll_period/ },
] // biome-ignore format: a table

for (const { argv, yaml, code, message = /./ } of wrong) {
  t.test(`refused: ${argv.join(' ')} ${yaml ?? ''}`, async t => {
    await t.rejects(async () => load(yaml, ...argv), { code, message })
  })
}

t.test('-version', async t => {
  t.match(parseCommandLine(['-role', 'agent', '-version']), { role: 'agent', version: true })
  t.equal(
    versionText('agent'),
    `DC/OS Metrics Service (agent)\nVersion: ${VERSION}\nRevision: unset\nHTTP User-Agent: dcos-metrics/${VERSION}\n`,
  )
})

t.test('-loglevel decides which lines are written', async t => {
  const written = (level: 'info' | 'warn' | 'error' | 'panic') => {
    const lines: string[] = []
    const log = logAtLevel(createLog({ write: line => lines.push(line) }), level)
    log.debug('d')
    log.info('i')
    log.warning('w')
    log.error('e')
    return lines.map(line => line[3]).join('')
  }
  t.same([written('info'), written('warn'), written('error'), written('panic')], ['iwe', 'we', 'e', 'e'])
})

t.test('STATUS names what is served and what is missing', async t => {
  const facts = {
    role: 'agent',
    hostname: '10.0.0.5',
    datapoints: 57,
    ageMs: 4400,
    results: [],
    v0: '/run/dcos/x.sock',
    prometheus: '0.0.0.0:61091',
    relayed: 0,
    missing: [],
    stuck: [],
  }
  t.equal(
    statusSentence(facts),
    'agent 10.0.0.5: 57 datapoints, sampled 4 s ago; /v0 on /run/dcos/x.sock, /metrics on 0.0.0.0:61091',
  )
  const failed = {
    name: 'load',
    datapoints: [],
    collectedAtMs: undefined,
    keptAtMs: undefined,
    durationSeconds: 0,
    success: false,
  }
  t.match(
    statusSentence({ ...facts, relayed: 2, missing: ['Mesos id'], stuck: ['/mnt/dead'], results: [failed] }),
    /61091 with 2 other daemons; waiting for Mesos id; failing: load; no answer from \/mnt\/dead$/,
  )
})
