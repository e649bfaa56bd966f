/** dcos-logrotate's decisions: command line, directives, names, what stays. Tables of contract logrotate. */
import t from 'tap'
import { type FoundFile, keepNewest } from '../../src/logrotate/clean.ts'
import { loadConfig } from '../../src/logrotate/config.ts'
import { formatRotation, parseRotation } from '../../src/logrotate/directives.ts'
import { isTelling, reasonIn } from '../../src/logrotate/host.ts'
import { backup, shifts } from '../../src/logrotate/names.ts'

const ROTATION = {
  log: '/var/log/mesos/mesos-agent.log',
  archive: '/var/log/mesos/archive',
  sizeBytes: 256 * 1024 ** 2,
  count: 137,
}

/** As the package dcos-config of 1.9 writes it. */
const OF_1_9 = `compress
delaycompress
notifempty
missingok
nomail
# a comment
/var/log/mesos/mesos-agent.log {
    olddir /var/log/mesos/archive
    size 256M
    copytruncate
    rotate 137
    postrotate
        /opt/mesosphere/bin/delete-oldest-unmanaged-files.py /var/log/mesos 162 /var/log/mesos/mesos-agent.log
    endscript
}
`

t.test('logrotate 1: the role decides the files', async t => {
  const { hostPrograms, ...files } = loadConfig(['-role', 'master'], { RUNTIME_DIRECTORY: '/run/x' })
  t.strictSame(files, {
    role: 'master',
    configFile: '/opt/mesosphere/etc/logrotate_master.config',
    stateFile: '/var/lib/dcos/mesos/logrotate_master.status',
    hostConfigFile: '/run/x/master.config',
    hostTimeoutMs: 600_000,
  })
  t.equal(hostPrograms[0], '/usr/sbin/logrotate')
  const byHand = loadConfig(['-role=agent', '-config', '/a', '-state', '/b'], {})
  t.match(byHand, { configFile: '/a', stateFile: '/b', hostConfigFile: '/run/dcos-logrotate/agent.config' })
  for (const argv of [[], ['-role', 'agent_public'], ['-role', '']]) {
    t.throws(() => loadConfig(argv, {}), { code: 'LOGROTATE_ROLE_UNKNOWN' }, argv.join(' '))
  }
  t.throws(() => loadConfig(['-x'], {}), { code: 'CONFIG_FLAG_UNKNOWN' })
})

t.test('logrotate 2: what is understood', async t => {
  t.strictSame(parseRotation(OF_1_9, 'c'), ROTATION, 'the file of 1.9, without its script')
  t.strictSame(parseRotation(formatRotation(ROTATION), 'c'), ROTATION, 'what is written is read again')
  t.notMatch(formatRotation(parseRotation(OF_1_9, 'c')), /script|delete-oldest/, 'logrotate is given no script')
  for (const [size, bytes] of [
    ['1', 1],
    ['2k', 2048],
    ['3M', 3 * 1024 ** 2],
    ['1G', 1024 ** 3],
  ] as const) {
    t.equal(parseRotation(OF_1_9.replace('256M', size), 'c').sizeBytes, bytes, size)
  }
  t.equal(parseRotation(OF_1_9.replace('size 256M', 'size=256M'), 'c').sizeBytes, ROTATION.sizeBytes)
  t.strictSame(parseRotation(OF_1_9.replace('.log {', '.log\n{'), 'c'), ROTATION, 'the brace on a line of its own')
})

t.test('logrotate 2: what is refused, with its line', async t => {
  const cases: readonly [string, string, RegExp][] = [
    ['an unknown directive', OF_1_9.replace('nomail', 'include /etc/logrotate.d'), /'c', line 5: 'include/],
    ['a task-chosen user', OF_1_9.replace('nomail', 'su nobody'), /line 5: 'su nobody' is not among/],
    ['another compressor', OF_1_9.replace('nomail', 'compresscmd /tmp/x'), /line 5: 'compresscmd/],
    ['a script outside of a log', `postrotate\nid\nendscript\n${OF_1_9}`, /line 1: 'postrotate'/],
    ['a second log', `${OF_1_9}/var/log/other.log {\n}\n`, /line 16: a second log/],
    ['a pattern', OF_1_9.replace('mesos-agent.log {', '*.log {'), /line 7: '.*\*\.log' is not a plain absolute path/],
    ['a way up', OF_1_9.replace('olddir /var/log/mesos', 'olddir /var/log/..'), /line 8: '.*' is not a plain absolute/],
    ['a relative archive', OF_1_9.replace('olddir /var/log/mesos/', 'olddir '), /line 8: 'archive' is not a plain/],
    ['size 0', OF_1_9.replace('256M', '0'), /line 9: size '0'/],
    ['size in words', OF_1_9.replace('256M', 'big'), /line 9: size 'big'/],
    ['rotate 0', OF_1_9.replace('137', '0'), /line 11: rotate '0' is not from 1 to 100000/],
    ['rotate without end', OF_1_9.replace('137', '100001'), /line 11: rotate '100001'/],
    ['without delaycompress', OF_1_9.replace('delaycompress\n', ''), /ends without 'delaycompress'/],
    ['without olddir', OF_1_9.replace(/.*olddir.*\n/, ''), /ends without olddir/],
    ['without the brace', OF_1_9.replace('}', ''), /ends without .*brace/],
    ['an endless script', OF_1_9.replace('endscript', ''), /ends without .*brace/],
    ['nothing', '', /ends without 'compress'/],
    ['no log', 'compress\ndelaycompress\nnotifempty\nmissingok\nnomail\ncopytruncate\n', /ends without a log/],
  ]
  for (const [what, text, message] of cases) {
    t.throws(() => parseRotation(text, 'c'), { code: 'LOGROTATE_CONFIG_INVALID', message }, what)
  }
})

t.test('logrotate 4: names', async t => {
  t.strictSame(shifts('x.log', 3), [
    { from: 'x.log.3.gz', to: 'x.log.4.gz' },
    { from: 'x.log.2.gz', to: 'x.log.3.gz' },
    { from: 'x.log.1.gz', to: 'x.log.2.gz' },
  ])
  t.strictSame(shifts('x.log', 0), [])
  t.equal(backup('x.log.1.gz', Date.UTC(2026, 10, 25, 9, 59)), 'x.log.1.gz-2026112509.backup')
})

t.test('logrotate 6: the newest stay, equally old ones go by name', async t => {
  const file = (name: string, modifiedNs: bigint): FoundFile => ({ path: [name], modifiedNs })
  const newest = keepNewest(2)
  const gone = [file('b', 5n), file('a', 5n), file('c', 9n), file('old', 1n), file('d', 9n)].map(
    each => newest.add(each)?.path[0],
  )
  t.strictSame(gone, [undefined, undefined, 'a', 'old', 'b'])
  t.strictSame(keepNewest(0).add(file('x', 1n))?.path, ['x'])
})

t.test('logrotate 3: which of its lines is the reason', async t => {
  t.equal(reasonIn(['reading config', 'error: bad', 'last'], 'status 1'), 'error: bad')
  t.equal(reasonIn(['reading config', 'last'], 'status 1'), 'last')
  t.equal(reasonIn([], 'SIGKILL'), 'SIGKILL')
})

t.test('logrotate 3: which of its lines are told', async t => {
  const told = ['reading config file c', 'error: bad', 'removing old log /a/x.5.gz', 'truncating /x']
  const others = [
    '',
    'renaming /a/x.4.gz to /a/x.5.gz (rotatecount 4, logstart 1, i 4), ',
    'old log /a/x.4.gz does not exist',
  ]
  t.strictSame([...others, ...told].filter(isTelling), told)
})
