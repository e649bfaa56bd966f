// Flags and file (log 1.2).
import { join } from 'node:path'
import t from 'tap'
import { DEFAULTS, loadConfig } from '../../src/log/config.ts'
import { createLog } from '../../src/shared/log/journald.ts'

async function load(t: { testdir: (tree: Record<string, string>) => string }, argv: string[], file?: string) {
  const lines: string[] = []
  const log = createLog({ write: line => void lines.push(line) })
  const path = file === undefined ? undefined : join(t.testdir({ 'c.json': file }), 'c.json')
  const config = loadConfig([...argv, ...(path ? ['-config', path] : [])], log)
  return { config, lines }
}

const good: { what: string; argv?: string[]; file?: string; wanted: object }[] = [
  { what: 'only the role', argv: ['-role', 'agent'], wanted: { ...DEFAULTS, role: 'agent' } },
  { what: 'the role from a file', file: '{"role":"agent_public"}', wanted: { ...DEFAULTS, role: 'agent_public' } },
  {
    what: 'all flags',
    argv: [
      '-role=master',
      '--port',
      '9000',
      '-host',
      '::1',
      '-verbose',
      '-ca-cert=/x',
      '-timeout',
      '1m',
      '-auth',
      '-mesos-master=https://m:5050',
      '-mesos-agent=http://[::1]:5051',
      '-mesos-work-dir=/w',
      '-detect-ip=/ip',
      '-idle-exit=0',
      '-followers-max=7',
      '-range-entries-max=8',
      '-range-bytes-max=0',
      '-journal-directory',
      '/j',
    ],
    wanted: {
      role: 'master',
      port: 9000,
      host: '::1',
      verbose: true,
      auth: true,
      caCert: '/x',
      timeoutMs: 60_000,
      mesosMaster: 'https://m:5050',
      mesosAgent: 'http://[::1]:5051',
      mesosWorkDir: '/w',
      detectIp: '/ip',
      idleExitMs: 0,
      followersMax: 7,
      rangeEntriesMax: 8,
      rangeBytesMax: 0,
      journalDirectory: '/j',
    },
  },
  {
    what: 'the file over the flags',
    argv: ['-role', 'agent', '-port', '9000'],
    file: '{"role":"master","port":9001}',
    wanted: { ...DEFAULTS, role: 'master', port: 9001 },
  },
  {
    what: 'a flag that the file leaves alone',
    argv: ['-verbose'],
    file: '{"role":"agent"}',
    wanted: { ...DEFAULTS, role: 'agent', verbose: true },
  },
  {
    what: 'durations in both forms',
    file: '{"role":"agent","timeout":"1500ms","idle-exit":2000000000}',
    wanted: { ...DEFAULTS, role: 'agent', timeoutMs: 1500, idleExitMs: 2000 },
  },
  {
    what: 'the shortest durations',
    argv: ['-role=agent', '-timeout=100ms', '-idle-exit=1s'],
    wanted: { ...DEFAULTS, role: 'agent', timeoutMs: 100, idleExitMs: 1000 },
  },
  {
    what: 'the longest durations',
    argv: ['-role=agent', '-timeout=10m', '-idle-exit=720h'],
    wanted: { ...DEFAULTS, role: 'agent', timeoutMs: 600_000, idleExitMs: 2_592_000_000 },
  },
  {
    what: 'a duration that is no whole number of ms',
    file: '{"role":"agent","timeout":"1500.4ms"}',
    wanted: { ...DEFAULTS, role: 'agent', timeoutMs: 1500 },
  },
]
for (const { what, argv = [], file, wanted } of good) {
  t.test(`log 1.2: ${what}`, async t => {
    const config = await (await load(t, argv, file)).config
    t.same(config, wanted)
    t.ok(Object.isFrozen(config))
  })
}

const durations: { key: 'timeout' | 'idle-exit'; found: string[]; allowed: string }[] = [
  { key: 'timeout', found: ['0', '1500us', '99ms', '10m1s', '2000h'], allowed: 'a duration from 100ms to 10m' },
  { key: 'idle-exit', found: ['1ms', '721h', '999999h'], allowed: '0 or a duration from 1s to 720h' },
]
for (const { key, found, allowed } of durations) {
  for (const value of found) {
    for (const given of [
      { argv: ['-role', 'agent', `-${key}`, value] },
      { argv: [], file: `{"role":"agent","${key}":"${value}"}` },
      { argv: [`-${key}`, value], file: '{"role":"agent"}' },
    ]) {
      t.test(`log 1.2: ${JSON.stringify(given)}`, async t => {
        const { config, lines } = await load(t, given.argv, given.file)
        await t.rejects(config, { code: 'LOG_CONFIG_INVALID' })
        t.match(lines.join(''), `key '${key}': found`)
        t.match(lines.join(''), `, allowed ${allowed}`)
      })
    }
  }
}

const bad: { what: string; argv?: string[]; file?: string; code?: string; says?: RegExp }[] = [
  { what: 'no role at all', says: /key 'role': missing, allowed "master" or "agent" or "agent_public"/ },
  { what: 'a role that is none', argv: ['-role', 'slave'], says: /key 'role': found "slave"/ },
  { what: 'a file without role, beside -role', argv: ['-role', 'agent'], file: '{}', says: /key 'role': missing/ },
  { what: 'an unknown key', file: '{"role":"agent","ports":1}', says: /key 'ports': unknown/ },
  {
    what: 'a wrong type',
    file: '{"role":"agent","port":"9000"}',
    says: /key 'port': found "9000", allowed an integer from 1024 to 65535/,
  },
  { what: 'a port below 1024', argv: ['-role', 'agent', '-port', '80'], says: /key 'port': found 80/ },
  {
    what: 'a duration that is none',
    file: '{"role":"agent","timeout":"soon"}',
    says: /key 'timeout': found "soon", allowed a duration/,
  },
  {
    what: 'no followers at all',
    argv: ['-role', 'agent', '-followers-max', '0'],
    says: /key 'followers-max': found 0/,
  },
  {
    what: 'fewer entries than none',
    file: '{"role":"agent","range-entries-max":-1}',
    says: /key 'range-entries-max': found -1, allowed an integer from 0/,
  },
  { what: 'a list instead of an object', file: '[]', says: /the whole: found \[\]/ },
  { what: 'broken JSON', file: '{', code: 'CONFIG_FILE_MALFORMED' },
  { what: 'no such file', argv: ['-config', '/nonexistent/c.json'], code: 'CONFIG_FILE_UNREADABLE' },
  { what: 'an unknown flag', argv: ['-rolle', 'agent'], code: 'CONFIG_FLAG_UNKNOWN' },
  {
    what: 'a URL of Mesos with a path',
    argv: ['-role', 'agent', '-mesos-agent', 'http://h:1/x'],
    says: /key 'mesos-agent'/,
  },
  {
    what: 'a relative script',
    file: '{"role":"agent","detect-ip":"ip"}',
    says: /key 'detect-ip': found "ip", allowed an absolute path/,
  },
]
for (const { what, argv = [], file, code = 'LOG_CONFIG_INVALID', says } of bad) {
  t.test(`log 1.2: ${what}`, async t => {
    const { config, lines } = await load(t, argv, file)
    await t.rejects(config, { code, ...(says && { message: 'Could not load config: Validation failed' }) })
    if (says) t.match(lines.join(''), says)
  })
}
