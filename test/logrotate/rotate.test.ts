/**
 * dcos-logrotate on real files: the same as Debian's logrotate on the same directories, and whole again after a kill or a failure at
 * every step.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  appendFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { gzipSync } from 'node:zlib'
import t from 'tap'
import type { Step } from '../../src/logrotate/steps.ts'
import { LOG, type LogFolder, logFolder } from './log-folder.ts'

const LOGROTATE = '/usr/sbin/logrotate'
const NO_LOGROTATE = existsSync(LOGROTATE) ? false : 'needs the package logrotate'
const ROOT_ONLY = process.getuid?.() === 0 ? false : 'needs root for namespaces'

/** Numbered lines `from` to `to`, 10 bytes each. */
function lines(from: number, to: number): string {
  return Array.from({ length: to - from + 1 }, (_, i) => `line ${String(from + i).padStart(4, '0')}\n`).join('')
}

/** All that is kept, oldest first. A file that is compressed, but still there, counts once. */
function history(folder: LogFolder): string {
  const archived = folder.archived()
  if (archived['m.log.1'] === archived['m.log.1.gz']) delete archived['m.log.1.gz']
  const number = (name: string) => Number(/\.(\d+)(\.gz)?$/.exec(name)?.[1])
  const names = Object.keys(archived).sort((a, b) => number(b) - number(a))
  return names.map(name => archived[name]).join('') + readFileSync(folder.log(), 'utf8')
}

const DUE = lines(1, 12)

const STATES: readonly { what: string; log: string | undefined; files?: Record<string, string> }[] = [
  { what: 'no log', log: undefined, files: { 'm.log.1': 'a' } },
  { what: 'an empty log', log: '', files: { 'm.log.1': 'a' } },
  { what: 'one byte too few', log: 'x'.repeat(99) },
  { what: 'just enough', log: 'x'.repeat(100) },
  { what: 'nothing in the archive', log: DUE },
  { what: 'one in the archive', log: DUE, files: { 'm.log.1': 'a' } },
  { what: 'half full', log: DUE, files: { 'm.log.1': 'a', 'm.log.2.gz': 'b' } },
  { what: 'full', log: DUE, files: { 'm.log.1': 'a', 'm.log.2.gz': 'b', 'm.log.3.gz': 'c', 'm.log.4.gz': 'd' } },
  {
    what: 'more than full',
    log: DUE,
    files: { 'm.log.1': 'a', 'm.log.4.gz': 'd', 'm.log.5.gz': 'e', 'm.log.6.gz': 'f' },
  },
  { what: 'a gap', log: DUE, files: { 'm.log.1': 'a', 'm.log.3.gz': 'c' } },
  { what: 'none that waits for compression', log: DUE, files: { 'm.log.1.gz': 'a', 'm.log.2.gz': 'b' } },
  { what: 'something in the way of the compressed one', log: DUE, files: { 'm.log.1': 'a', 'm.log.1.gz': 'b' } },
  {
    what: 'uncompressed ones of other numbers',
    log: DUE,
    files: { 'm.log.1': 'a', 'm.log.2': 'x', 'm.log.3.gz': 'c' },
  },
  { what: 'strangers', log: DUE, files: { 'm.log.1': 'a', 'other.log.1': 'x', 'm.log.gz': 'y', 'm.log.x': 'z' } },
]

t.test('logrotate 4: the same names and contents as logrotate', { skip: NO_LOGROTATE }, async t => {
  for (const { what, log, files = {} } of STATES) {
    const [theirs, ours] = [logFolder(t, log, files), logFolder(t, log, files)]
    for (const round of [1, 2]) {
      // Whoever looks at the names alone cannot tell who rotated before: each goes on from the other's state.
      await theirs.run({ hostPrograms: [LOGROTATE] })
      await ours.run()
      t.strictSame(plainNames(ours), plainNames(theirs), `${what}, rotation ${round}`)
      for (const folder of [theirs, ours])
        if (log !== undefined) appendFileSync(folder.log(), lines(round * 20, round * 20 + 11))
    }
    await theirs.run()
    await ours.run({ hostPrograms: [LOGROTATE] })
    t.strictSame(plainNames(ours), plainNames(theirs), `${what}, each by the other`)
  }
})

/** Names, contents and modes; the hour in the name of a backup is a matter of time zones. */
function plainNames(folder: LogFolder) {
  return Object.entries(folder.archived()).map(([name, content]) => [
    name.replace(/-\d{10}\.backup$/, '-<hour>.backup'),
    name.endsWith('.backup') ? '' : content,
    statSync(folder.archive(name)).mode & 0o777,
  ])
}

t.test('logrotate 4: what was not due is told so', async t => {
  const folder = logFolder(t, 'x')
  t.match(await folder.run(), { rotatedBytes: 0, deletedFiles: 0, sentence: /m\.log is not due$/ })
  t.strictSame(folder.lines, [])
  writeFileSync(folder.log(), DUE)
  t.match(await folder.run(), { rotatedBytes: 120, sentence: /m\.log rotated by dcos-logrotate: 120 bytes, 0 old/ })
  t.match(folder.lines.join(''), /^<6>.*m\.log rotated by dcos-logrotate bytes=120 deleted_files=0$/m)
})

t.test('logrotate 4: a compressed file has mode and time of what it was made of', async t => {
  const folder = logFolder(t, DUE, { 'm.log.1': 'a' })
  utimesSync(folder.archive('m.log.1'), 1000, 2000)
  execFileSync('chmod', ['640', folder.archive('m.log.1')])
  await folder.run()
  const { mode, mtimeMs } = statSync(folder.archive('m.log.2.gz'))
  t.strictSame([mode & 0o777, mtimeMs], [0o640, 2_000_000])
})

const FULL = { 'm.log.1': lines(21, 30), 'm.log.2.gz': lines(11, 20), 'm.log.3.gz': lines(1, 10) }
const STEPS: readonly (readonly [Step, number])[] = [
  ['compress', 1],
  ['replace by compressed', 1],
  ['remove uncompressed', 1],
  ['copy', 1],
  ['truncate', 1],
  ['sync', 1],
  ['shift', 1],
  ['shift', 2],
  ['shift', 3],
  ['shift', 4],
  ['place', 1],
]

/** A run that ends where it reaches `step` for the `times`th time: its thread is gone, and no line of it runs any more. */
async function killedAt(folder: LogFolder, step: Step, times: number): Promise<boolean> {
  const workerData = { directory: folder.directory, step, times }
  const worker = new Worker(new URL('./rotate-in-thread.ts', import.meta.url), { workerData })
  const [status] = await once(worker, 'exit')
  return status === 9
}

t.test('logrotate 4: killed at any step, the next run goes on: no line is missing, none is there twice', async t => {
  for (const [step, times] of STEPS) {
    const folder = logFolder(t, lines(31, 42), FULL)
    t.ok(await killedAt(folder, step, times), `killed before ${step} ${times}`)
    appendFileSync(folder.log(), lines(43, 44))
    await folder.run()
    t.equal(history(folder), lines(1, 44), `${step} ${times}: every line once, in order`)
    const names = Object.keys(folder.archived())
    t.notOk(
      names.some(name => name.startsWith('.')),
      'nothing half done is left',
    )
    appendFileSync(folder.log(), lines(45, 56))
    await folder.run()
    t.equal(history(folder).slice(-260), lines(31, 56), 'and so on')
  }
})

t.test('logrotate 4: however often a run fails before the truncation, no number moves', async t => {
  for (const [step] of STEPS.slice(0, 5)) {
    const folder = logFolder(t, lines(31, 42), FULL)
    for (let again = 0; again < 3; again++) {
      const reached = (now: Step) => {
        if (now === step) throw Object.assign(new Error(`ENOSPC, ${step}`), { syscall: 'write', code: 'ENOSPC' })
      }
      // What was compressed stays so: its steps come once.
      if (again === 0 || step === 'copy' || step === 'truncate') {
        await t.rejects(folder.run({ reached }), { code: 'LOGROTATE_STEP_FAILED', message: /ENOSPC/ }, step)
      }
      t.equal(history(folder), lines(1, 42), `${step}: nothing lost`)
      t.strictSame(readFileSync(folder.log(), 'utf8'), lines(31, 42), 'the log is as it was')
      t.notOk(existsSync(folder.archive('.m.log.copying')), 'no half copy keeps the disk full')
      t.notOk(existsSync(folder.archive('m.log.4.gz')), 'no number moved')
    }
    await folder.run()
    t.equal(history(folder), lines(1, 42))
  }
})

t.test(
  'logrotate 4: a run that fails after the truncation leaves the copy, and the next puts it in its place',
  async t => {
    for (const step of ['sync', 'shift', 'place'] as const) {
      const folder = logFolder(t, lines(31, 42), FULL)
      const reached = (now: Step) => {
        if (now === step) throw Object.assign(new Error('EIO'), { syscall: 'fsync', code: 'EIO' })
      }
      await t.rejects(folder.run({ reached }), { code: 'LOGROTATE_STEP_FAILED', message: /EIO; no line is lost/ })
      t.equal(readFileSync(folder.archive('.m.log.copying'), 'utf8'), lines(31, 42), `${step}: the copy is there`)
      await folder.run()
      t.equal(history(folder), lines(1, 42))
    }
  },
)

t.test('logrotate 4: what is appended while it is copied', async t => {
  const folder = logFolder(t, lines(1, 12))
  let next = 13
  const write = () => appendFileSync(folder.log(), lines(next, next++))
  const rounds: Step[] = []
  await folder.run({
    reached(step) {
      rounds.push(step)
      if (step === 'copy' || step === 'catch up') write()
    },
  })
  t.equal(rounds.filter(step => step === 'catch up').length, 7, 'it is followed 7 times')
  t.equal(next, 21)
  t.equal(history(folder), lines(1, 20), 'nothing is lost')

  const window = logFolder(t, lines(1, 12))
  await window.run({ reached: step => step === 'truncate' && appendFileSync(window.log(), lines(13, 13)) })
  appendFileSync(window.log(), lines(14, 14))
  t.equal(history(window), lines(1, 12) + lines(14, 14), 'what comes between the last look and the truncation is')
})

t.test('logrotate 4: a log that cannot be caught up with is left alone', async t => {
  const folder = logFolder(t, DUE)
  let round = 0
  const grow = () => truncateSync(folder.log(), statSync(folder.log()).size + (++round === 8 ? 65 * 1024 ** 2 : 1))
  const run = folder.run({ reached: step => (step === 'copy' || step === 'catch up') && grow() })
  await t.rejects(run, { code: 'LOGROTATE_LOG_BUSY' })
  t.equal(statSync(folder.log()).size, 120 + 7 + 65 * 1024 ** 2)
  t.strictSame(folder.archived(), {})
})

t.test('logrotate 4: truncated by another program meanwhile, nothing is lost', async t => {
  const folder = logFolder(t, lines(1, 20))
  const reached = (step: Step) => {
    if (step === 'copy') appendFileSync(folder.log(), 'x')
    if (step === 'catch up') writeFileSync(folder.log(), lines(21, 22))
  }
  await t.rejects(folder.run({ reached }), { code: 'LOGROTATE_LOG_SHRANK' })
  t.equal(readFileSync(folder.log(), 'utf8'), lines(21, 22), 'what it wrote since is there')
  await folder.run()
  t.equal(folder.archived()['m.log.1'], lines(1, 20), 'and the copy took its place')
  t.match(folder.lines.join(''), /^<4>an interrupted rotation was finished/m)
})

t.test('logrotate 5: what leads elsewhere is refused, and nothing elsewhere is touched', async t => {
  const insecure: readonly [string, (folder: LogFolder, victim: string) => void, string, RegExp][] = [
    [
      'the log is a link',
      (f, v) => replace(f.log(), () => symlinkSync(v, f.log())),
      'FILE',
      /m\.log' is a symbolic link/,
    ],
    ['the log has two names', (f, v) => replace(f.log(), () => linkSync(v, f.log())), 'FILE', /has 2 names/],
    [
      'the log is a pipe',
      f => replace(f.log(), () => void execFileSync('mkfifo', [f.log()])),
      'FILE',
      /no. a plain file/,
    ],
    ['the log is a directory', f => replace(f.log(), () => mkdirSync(f.log())), 'FILE', /not a plain file/],
    ['the newest is a link', (f, v) => symlinkSync(v, f.archive('m.log.1')), 'FILE', /m\.log\.1' is a symbolic link/],
    ['the compressed one is a link', (f, v) => both(f, v), 'FILE', /m\.log\.1\.gz' is a symbolic link/],
    [
      'the copy is a link',
      (f, v) => symlinkSync(v, f.archive('.m.log.copying')),
      'FILE',
      /copying' is a symbolic link/,
    ],
    [
      'the archive is a link',
      (f, v) => replace(f.archive(), () => symlinkSync(join(v, '..'), f.archive())),
      'DIRECTORY',
      /archive' is a link/,
    ],
    [
      'the archive is a file',
      f => replace(f.archive(), () => writeFileSync(f.archive(), '')),
      'DIRECTORY',
      /is a link or no directory/,
    ],
    [
      'everybody writes to the archive',
      f => void execFileSync('chmod', ['777', f.archive()]),
      'DIRECTORY',
      /by everybody/,
    ],
    [
      'everybody writes beside the log',
      f => void execFileSync('chmod', ['1777', f.directory]),
      'DIRECTORY',
      /by everybody/,
    ],
  ]
  for (const [what, change, kind, message] of insecure) {
    const victim = logFolder(t, 'x'.repeat(500)).log()
    const folder = logFolder(t, DUE)
    change(folder, victim)
    await t.rejects(folder.run(), { code: `LOGROTATE_${kind}_INSECURE`, message }, what)
    t.equal(readFileSync(victim, 'utf8'), 'x'.repeat(500), `${what}: its target is as it was`)
  }
})

function replace(path: string, make: () => void): void {
  rmSync(path, { recursive: true })
  make()
}

function both(folder: LogFolder, victim: string): void {
  writeFileSync(folder.archive('m.log.1'), 'a')
  symlinkSync(victim, folder.archive('m.log.1.gz'))
}

t.test('logrotate 5: a link that compression would write through is replaced, not followed', async t => {
  const victim = logFolder(t, 'x'.repeat(500)).log()
  const folder = logFolder(t, DUE, { 'm.log.1': 'a' })
  symlinkSync(victim, folder.archive('.m.log.compressing'))
  await folder.run()
  t.equal(readFileSync(victim, 'utf8'), 'x'.repeat(500))
  t.equal(folder.archived()['m.log.2.gz'], 'a')
})

t.test('logrotate 6: the oldest go after a rotation, and only then', async t => {
  const folder = logFolder(t, 'x', {}, 1)
  const old = (name: string, seconds: number) => {
    writeFileSync(join(folder.directory, name), name)
    utimesSync(join(folder.directory, name), seconds, seconds)
  }
  mkdirSync(join(folder.directory, 'below/empty'), { recursive: true })
  for (let i = 0; i < 20; i++) old(`m.INFO.${i}`, 1000 + i)
  for (let i = 0; i < 10; i++) old(`below/m.WARNING.${i}`, 500 + i)
  const victim = logFolder(t, 'v')
  utimesSync(victim.log(), 1, 1)
  symlinkSync(victim.log(), join(folder.directory, 'm.INFO'))
  symlinkSync(victim.directory, join(folder.directory, 'elsewhere'))
  utimesSync(folder.log(), 1, 1)

  t.match(await folder.run(), { deletedFiles: 0 }, 'not due')
  writeFileSync(folder.log(), DUE)
  // 30 and m.log.1; 26 stay
  t.match(await folder.run(), { deletedFiles: 5 })
  const left = execFileSync('find', [folder.directory, '-printf', '%P\n'], { encoding: 'utf8' }).split('\n')
  t.strictSame(
    left.filter(name => name.includes('WARNING')).sort(),
    [5, 6, 7, 8, 9].map(i => `below/m.WARNING.${i}`),
    'the oldest',
  )
  for (const name of [LOG, 'archive/m.log.1', 'm.INFO', 'elsewhere', 'below/empty', 'm.INFO.0'])
    t.ok(left.includes(name), name)
  t.ok(existsSync(victim.log()), 'links are not followed')
})

t.test('logrotate 6: by logrotate, too', { skip: NO_LOGROTATE }, async t => {
  const folder = logFolder(t, DUE, {}, 1)
  for (let i = 0; i < 30; i++) writeFileSync(join(folder.directory, `m.INFO.${i}`), '')
  t.match(await folder.run({ hostPrograms: ['/nowhere/logrotate', LOGROTATE] }), {
    rotatedBytes: 120,
    deletedFiles: 5,
    sentence: /rotated by \/usr\/sbin\/logrotate/,
  })
  t.match(folder.lines.join(''), /^<6>logrotate: truncating .*m\.log$/m, 'its lines are in the journal')
  const before = folder.lines.length
  t.match(await folder.run({ hostPrograms: [LOGROTATE] }), { rotatedBytes: 0, deletedFiles: 0 })
  t.equal(folder.lines.length, before, 'but not when it did nothing')
})

t.test('logrotate 3: what the host says no to', { skip: NO_LOGROTATE }, async t => {
  const folder = logFolder(t, DUE)
  const program = (script: string) => {
    const path = join(folder.directory, 'program')
    writeFileSync(path, `#!/bin/sh\n${script}\n`, { mode: 0o755 })
    return { hostPrograms: [path] }
  }
  await t.rejects(folder.run(program('echo "error: bad" >&2; exit 1')), {
    code: 'LOGROTATE_HOST_REFUSES',
    message: /program -d finds fault with '.*agent\.config': error: bad$/,
  })
  await t.rejects(folder.run(program('[ "$1" = -d ] || { echo reading; echo "error: late"; exit 3; }')), {
    code: 'LOGROTATE_HOST_FAILED',
    message: /ended with status 3: error: late$/,
  })
  t.match(folder.lines.join(''), /^<6>logrotate: reading$/m, 'all that it said is in the journal')
  await t.rejects(folder.run({ ...program('[ "$1" = -d ] || exec sleep 60'), timeoutMs: 300 }), {
    code: 'LOGROTATE_HOST_FAILED',
    message: /ended with SIGKILL/,
  })
  await folder.run(program('env >&2; [ "$1" = -d ] || { env; cp "$0" "$(dirname "$0")/archive/m.log.1"; }'))
  t.notMatch(folder.lines.join(''), /HOME=/, 'it gets nothing of our environment')
})

t.test(
  'logrotate 3: an interrupted run of ours is finished before the host rotates',
  { skip: NO_LOGROTATE },
  async t => {
    const folder = logFolder(t, lines(31, 42), FULL)
    await killedAt(folder, 'place', 1)
    appendFileSync(folder.log(), lines(43, 44))
    await folder.run({ hostPrograms: [LOGROTATE] })
    t.equal(history(folder), lines(1, 44))
  },
)

t.test('logrotate 4: half a file of an interrupted logrotate is not taken for a whole one', async t => {
  const folder = logFolder(t, DUE, { 'm.log.1': 'a'.repeat(5000) })
  writeFileSync(folder.archive('m.log.1.gz'), gzipSync('a'.repeat(5000)).subarray(0, 20))
  await folder.run({ nowMs: Date.UTC(2026, 0, 2, 3) })
  t.equal(readFileSync(folder.archive('m.log.1.gz-2026010203.backup')).length, 20)
  rmSync(folder.archive('m.log.1.gz-2026010203.backup'))
  t.strictSame(folder.archived(), { 'm.log.1': DUE, 'm.log.2.gz': 'a'.repeat(5000) })
})

/** The program itself where there is no logrotate, in a mount namespace that ends with it. */
function runProgram(folder: LogFolder, before: string) {
  const config = join(folder.directory, 'archive', '..', 'c')
  writeFileSync(
    config,
    `compress\ndelaycompress\nnotifempty\nmissingok\nnomail\ncopytruncate\n${folder.log()} {\nsize 1M\nrotate 3\nolddir ${folder.archive()}\n}\n`,
  )
  const main = join(import.meta.dirname, '../../src/logrotate/main.ts')
  const script = `set -e; for each in /usr/sbin/logrotate /usr/bin/logrotate; do [ ! -e $each ] || mount --bind /dev/null $each; done
    mount -t tmpfs tmpfs /run; mkdir -p /run/dcos/metrics; ${before}
    ${process.execPath} ${main} -role agent -config ${config} -state ${folder.directory}/s || echo status $? >&2
    cat /run/dcos/metrics/dcos-logrotate.prom; ls -A ${folder.archive()}`
  const { stdout, stderr } = spawnSync('unshare', ['--mount', 'sh', '-c', script], { encoding: 'utf8' })
  return { stdout, stderr }
}

t.test('logrotate 4: the program without a logrotate, and on a full disk', { skip: ROOT_ONLY }, async t => {
  const folder = logFolder(t, 'x'.repeat(3 * 1024 ** 2))
  const full = runProgram(folder, `mount -t tmpfs -o size=1M,mode=755 tmpfs ${folder.archive()}`)
  t.match(full.stderr, /^<3>LOGROTATE_STEP_FAILED – cannot copy and truncate '.*m\.log': ENOSPC/m)
  t.match(full.stderr, /^status 1$/m)
  t.match(full.stdout, /^dcos_logrotate_last_run_success 0$/m)
  t.notMatch(full.stdout, /copying/, 'no half copy is left')
  t.equal(statSync(folder.log()).size, 3 * 1024 ** 2, 'the log is as it was')

  const well = runProgram(folder, '')
  t.equal(well.stderr, `<6>${folder.log()} rotated by dcos-logrotate bytes=3145728 deleted_files=0\n`)
  t.match(well.stdout, /^dcos_logrotate_last_run_success 1$/m)
  t.match(well.stdout, /^dcos_logrotate_last_run_rotated_bytes 3145728$/m)
  t.match(well.stdout, /^dcos_logrotate_last_run_deleted_files 0$/m)
  t.match(well.stdout, /^m\.log\.1$/m)
})
