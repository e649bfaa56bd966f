/** The line in the journal about a change: its fields, what is cut, what is kept out of it; and who asked, by a process's own proc. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { faults } from '../../../pkgpanda/errors.ts'
import { type ChangeRecord, formatAudit, processOrigin } from '../../../pkgpanda/record/audit.ts'
import type { JournalFields } from '../../../src/shared/log/journal-socket.ts'
import { makeNode, runOn, scratchDirectory } from '../node-fixture.ts'

const RECORD: ChangeRecord = {
  command: 'swap',
  words: ['a--2'],
  origin: { who: 'root (alice)', from: 'bash on /dev/pts/0' },
  added: ['a--2'],
  removed: ['a--1'],
  durationMs: 1234.5,
}

t.test('a change that was done', async t => {
  t.strictSame(formatAudit(RECORD), {
    MESSAGE: 'swap a--2 by root (alice) from bash on /dev/pts/0: done in 1.23 s; +a--2 -a--1',
    PRIORITY: 5,
    SYSLOG_IDENTIFIER: 'pkgpanda',
    PKGPANDA_COMMAND: 'swap',
    PKGPANDA_WORDS: 'a--2',
    PKGPANDA_WHO: 'root (alice)',
    PKGPANDA_FROM: 'bash on /dev/pts/0',
    PKGPANDA_RESULT: 'done',
    PKGPANDA_ADDED: 'a--2',
    PKGPANDA_REMOVED: 'a--1',
    PKGPANDA_DURATION_MS: 1235,
  })
})

t.test('one that failed: the code, or what the system called it, or a bug', async t => {
  const failed = { ...RECORD, added: [], removed: [] }
  t.match(formatAudit({ ...failed, error: faults.NOT_ACTIVE('a') }), {
    MESSAGE: /: failed: Package a has no active version.* in 1\.23 s$/,
    PRIORITY: 4,
    PKGPANDA_RESULT: 'PKGPANDA_NOT_ACTIVE',
  })
  const refused = Object.assign(new Error('EROFS: read-only file system'), { code: 'EROFS' })
  t.match(formatAudit({ ...failed, error: refused }), { PKGPANDA_RESULT: 'EROFS' })
  t.match(formatAudit({ ...failed, error: new TypeError('x is undefined') }), { PKGPANDA_RESULT: 'bug' })
})

t.test('what a person reads is short, and one line; the fields keep all', async t => {
  const ids = Array.from({ length: 60 }, (_, index) => `dcos-package-${index}--${'0'.repeat(40)}`)
  const long = formatAudit({ ...RECORD, command: 'activate', words: ids, added: ids, removed: ids })
  t.ok(String(long.MESSAGE).length < 1_000, `${String(long.MESSAGE).length} characters`)
  t.match(long.MESSAGE, /^activate dcos-package-0--0+ .*… by .*… *$/)
  t.equal(long.PKGPANDA_WORDS, ids.join(' '))
  t.equal(long.PKGPANDA_ADDED, ids.join(' '))
  const forged = formatAudit({ ...RECORD, words: ['a--1\npkgpanda: all is well\u001b[2J'] })
  t.match(forged.MESSAGE, /^swap a--1 pkgpanda: all is well \[2J by root/)
  t.equal(forged.PKGPANDA_WORDS, 'a--1\npkgpanda: all is well\u001b[2J', 'in its own field it says nothing but itself')
})

t.test('no secrets: of URLs neither user and password nor query are told', async t => {
  const words = ['https://bob:s3cret@store.example.com/x.tar.xz?token=t0ken', 'a--1']
  const error = faults.DOWNLOAD_FAILED('https://bob:s3cret@store.example.com/x.tar.xz', 'status 404')
  const text = JSON.stringify(formatAudit({ ...RECORD, words, error }))
  t.notMatch(text, /s3cret|bob|t0ken/)
  t.match(text, 'https://store.example.com/x.tar.xz a--1')
})

t.test('who asks, and from where: by proc(5), which nobody can set in an environment', async t => {
  const uid = process.getuid?.() ?? 0
  const name = (id: number) => execFileSync('getent', ['passwd', String(id)], { encoding: 'utf8' }).split(':')[0]
  const proc = (files: { loginuid?: string; comm?: string; fds?: Record<string, string> }) => {
    const directory = scratchDirectory(t)
    mkdirSync(join(directory, 'self/fd'), { recursive: true })
    mkdirSync(join(directory, String(process.ppid)))
    if (files.loginuid !== undefined) writeFileSync(join(directory, 'self/loginuid'), files.loginuid)
    if (files.comm !== undefined) writeFileSync(join(directory, String(process.ppid), 'comm'), files.comm)
    for (const [fd, target] of Object.entries(files.fds ?? {})) symlinkSync(target, join(directory, 'self/fd', fd))
    return processOrigin(directory)
  }
  const self = name(uid)
  // Debian's uid 1.
  const other = `${self} (${name(1)})`
  for (const { what, given, wanted } of [
    {
      what: 'a shell in which somebody became root',
      given: { loginuid: '1', comm: 'bash\n', fds: { 0: '/dev/pts/3' } },
      wanted: { who: other, from: 'bash on /dev/pts/3' },
    },
    {
      what: 'a service: nobody logged in, no terminal',
      given: { loginuid: '4294967295', comm: 'systemd\n', fds: { 0: '/dev/null', 1: 'socket:[1]', 2: 'socket:[1]' } },
      wanted: { who: self, from: 'systemd' },
    },
    {
      what: 'input from a pipe, messages on a terminal',
      given: { loginuid: String(uid), comm: 'xargs\n', fds: { 0: 'pipe:[7]', 2: '/dev/tty1' } },
      wanted: { who: self, from: 'xargs on /dev/tty1' },
    },
    { what: 'a proc that shows nothing', given: {}, wanted: { who: self, from: `pid ${process.ppid}` } },
  ]) {
    t.strictSame(proc(given), wanted, what)
  }
})

t.test('each change tells, once; what only looks and what was asked for wrongly does not', async t => {
  const node = makeNode(t)
  const told: JournalFields[] = []
  const systemctl = () => ({
    stop: async () => {},
    reload: async () => {},
    startTarget: async () => {},
    disableTarget: async () => {},
    states: async () => [],
  })
  const run = async (...argv: string[]) => {
    told.length = 0
    const { status } = await runOn(node.paths, ['--rooted-systemd', ...argv], {
      systemctl,
      openAudit: async () => async fields => void told.push(fields),
    })
    return [status, ...told.map(fields => fields.PKGPANDA_RESULT)]
  }
  t.strictSame(await run('list'), [0])
  t.strictSame(await run('activate', '--dry-run', 'mesos--0.22.0'), [0])
  t.strictSame(await run('activate', 'mesos--0.22.0'), [0, 'done'])
  t.match(told, [{ PKGPANDA_ADDED: 'mesos--0.22.0', PKGPANDA_REMOVED: '', PKGPANDA_WHO: 'tester' }])
  t.strictSame(await run('swap', 'mesos--0.23.0'), [0, 'done'])
  t.match(told, [{ PKGPANDA_ADDED: 'mesos--0.23.0', PKGPANDA_REMOVED: 'mesos--0.22.0' }])
  t.strictSame(await run('activate', 'mesos--9'), [1, 'PKGPANDA_PACKAGE_MISSING'])
  t.strictSame(await run('swap', '--check-timeout=soon', 'mesos--0.22.0'), [1], 'a wrong option is no change')
  t.strictSame(
    await run('swap', '--no-systemd', 'mesos--0.22.0'),
    [0],
    'a scratch directory is no business of the journal',
  )
  t.strictSame(await run('swap'), [1])
})
