/** The swap and its recovery: every step aborted in turn, every half-done state of the original, damaged journals. */
import { cpSync, existsSync, mkdirSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { activate } from '../../../pkgpanda/activation/activate.ts'
import { openDisk } from '../../../pkgpanda/disk/disk.ts'
import { NEW, OLD, SWAPPED_NAMES, swappedPath } from '../../../pkgpanda/swap/install-paths.ts'
import { recoverSwap } from '../../../pkgpanda/swap/swap.ts'
import { HASHED, makeNode, type NodeFixture, names, PACKAGES, recordedSystemctl, UNIT } from '../node-fixture.ts'

const BEFORE = ['mesos--0.22.0', HASHED]
const AFTER = ['mesos--0.23.0', 'mesos-config--justmesos', 'logs--1']
const LOGS = {
  'pkginfo.json': '{}',
  'bin/logs': '',
  'dcos.target.wants/dcos-logs.service': UNIT,
  'dcos.target.wants/dcos-logs.service.d/10-more.conf': '[Service]\nNice=1\n',
}

class Killed extends Error {
  override message = 'killed'
}

/** A node on which BEFORE follows an older set, so that all nine names have an `.old`. */
async function twiceActivated(t: Parameters<typeof makeNode>[0]): Promise<NodeFixture> {
  const node = makeNode(t, { packages: { ...PACKAGES, 'logs--1': LOGS } })
  await activate(node.surroundings(), ['mesos--0.22.0'])
  await activate(node.surroundings(), BEFORE)
  // An operator's own: the package's drop-in joins it, file by file, and the staged directory goes for itself.
  const dropIns = join(node.paths.systemdDirectory, 'dcos-logs.service.d')
  mkdirSync(dropIns)
  writeFileSync(join(dropIns, '99-operator.conf'), '[Service]\nNice=2\n')
  return node
}

/** What counts of a node: the nine names, units, and nothing that is half done. */
function settled(node: NodeFixture): Record<string, string> {
  return Object.fromEntries(Object.entries(node.snapshot()).filter(([path]) => !/^[^/]*\.old(\/|$)/.test(path)))
}

t.test('fact 33, killed before any step whatever: the old set or the new one, never a part', async t => {
  const node = await twiceActivated(t)
  const start = join(node.directory, 'start')
  cpSync(node.paths.root, start, { recursive: true, verbatimSymlinks: true })
  const old = settled(node)

  const steps: string[] = []
  await activate(
    node.surroundings({ disk: openDisk({ before: (what, path) => steps.push(`${what} ${path}`) }) }),
    AFTER,
  )
  const wanted = settled(node)
  t.equal(wanted['dcos-logs.service.d/10-more.conf'], '[Service]\nNice=1\n')
  t.ok(steps.length > 90, `${steps.length} steps`)

  const outcomes = { old: 0, new: 0 }
  for (const [index, step] of steps.entries()) {
    rmSync(node.paths.root, { recursive: true })
    cpSync(start, node.paths.root, { recursive: true, verbatimSymlinks: true })
    // A killed program does not clean up after itself either: from the fatal step on nothing works any more.
    let count = 0
    const disk = openDisk({
      before() {
        if (count++ >= index) throw new Killed()
      },
    })
    await t.rejects(activate(node.surroundings({ disk }), AFTER), { message: 'killed' })
    const recovered = await recoverSwap(node.surroundings())
    t.equal(await recoverSwap(node.surroundings()), false, 'a second recovery has nothing to do')
    const found = settled(node)
    const staged = Object.keys(found).filter(path => /\.unit\.new(\/|$)/.test(path))
    if (recovered && staged.length > 0) t.strictSame(staged, [], `step ${index} (${step}): no staged unit is left`)
    if (recovered || found['active/logs'] !== undefined) {
      outcomes.new += 1
      // Left behind at most: what the next staging clears first.
      if (!sameBut(found, wanted)) t.strictSame(found, wanted, `step ${index} (${step}): the new set`)
    } else {
      outcomes.old += 1
      if (!sameBut(found, old)) t.strictSame(found, old, `step ${index} (${step}): the old set`)
    }
    await activate(node.surroundings(), AFTER)
    const after = settled(node)
    if (JSON.stringify(after) !== JSON.stringify(wanted))
      t.strictSame(after, wanted, `step ${index}: activation afterwards`)
  }
  t.comment(`${steps.length} points: ${outcomes.old} times the old set, ${outcomes.new} times the new one`)
  t.ok(outcomes.old > 0 && outcomes.new > 0)
})

/** Equal, but for staging that the next activation clears. */
function sameBut(found: Record<string, string>, wanted: Record<string, string>): boolean {
  const kept = Object.entries(found).filter(([path]) => !/^[^/]*(\.new|\.older|\.tmp|install_recover)(\/|$)/.test(path))
  return JSON.stringify(kept) === JSON.stringify(Object.entries(wanted))
}

t.test('killed in recovery itself, again and again', async t => {
  const node = await twiceActivated(t)
  const plain = makeNode(t, { packages: { ...PACKAGES, 'logs--1': LOGS } })
  await activate(plain.surroundings(), AFTER)

  let renames = 0
  const killAtThird = openDisk({
    before(what) {
      if (what === 'rename' && renames++ >= 3) throw new Killed()
    },
  })
  await t.rejects(activate(node.surroundings({ disk: killAtThird }), AFTER), { message: 'killed' })
  for (let round = 0; ; round++) {
    let count = 0
    const disk = openDisk({
      before(what) {
        if (what === 'rename' && count++ >= 1) throw new Killed()
      },
    })
    if (
      await recoverSwap(node.surroundings({ disk })).then(
        done => done,
        () => false,
      )
    )
      break
    if (round > 100) throw new Error('recovery makes no progress')
  }
  t.equal(node.snapshot()['active/logs'], `-> ${node.paths.repository}/logs--1`)
  t.notOk(existsSync(join(node.paths.root, 'install_progress')))
})

for (const stage of ['archive', 'move_new'] as const) {
  for (let moved = 0; moved <= SWAPPED_NAMES.length; moved++) {
    t.test(`facts 30 and 32, a journal of the original, stage ${stage}, ${moved} of nine names moved`, async t => {
      const node = await originalCrash(t)
      for (const [index, name] of SWAPPED_NAMES.entries()) {
        const path = swappedPath(node.paths, name)
        if (stage === 'archive') {
          if (index < moved) renameSync(path, path + OLD)
        } else {
          renameSync(path, path + OLD)
          if (index < moved) renameSync(path + NEW, path)
        }
      }
      writeFileSync(join(node.paths.root, 'install_progress'), JSON.stringify({ stage, extension: '.new' }))
      const calls: string[] = []
      t.equal(await recoverSwap(node.surroundings({ systemctl: recordedSystemctl(calls) })), true)
      const found = node.snapshot()
      for (const name of SWAPPED_NAMES) {
        t.ok(found[name] !== undefined, `${name} is in place`)
        t.ok(found[`${name}.old`] !== undefined, `${name}.old is kept`)
        t.notOk(found[`${name}.new`], `${name}.new is gone`)
      }
      t.equal(found['active/mesos'], `-> ${node.paths.repository}/mesos--0.23.0`)
      t.equal(found['active.old/mesos'], `-> ${node.paths.repository}/mesos--0.22.0`)
      t.equal(found['dcos-mesos-master.service'], UNIT, 'the unit is a copy')
      t.notOk(found.install_progress ?? found.install_recover)
      const stop = stage === 'archive' ? ['stop dcos-mesos-master.service'] : []
      t.strictSame(calls, [...stop, 'reload', 'start'])
    })
  }
}

/** BEFORE active, the generation of mesos--0.23.0 complete under .new with wants links into packages, as 1.9 left it. */
async function originalCrash(t: Parameters<typeof makeNode>[0]): Promise<NodeFixture> {
  const node = makeNode(t)
  await activate(node.surroundings(), ['mesos--0.23.0'])
  for (const name of SWAPPED_NAMES) renameSync(swappedPath(node.paths, name), swappedPath(node.paths, name) + NEW)
  const wants = `${swappedPath(node.paths, 'dcos.target.wants')}${NEW}`
  rmSync(wants, { recursive: true })
  mkdirSync(wants)
  const unit = 'dcos.target.wants_master/dcos-mesos-master.service'
  symlinkSync(join(node.paths.repository, 'mesos--0.23.0', unit), join(wants, 'dcos-mesos-master.service'))
  const staged = join(node.directory, 'staged')
  mkdirSync(staged)
  for (const name of SWAPPED_NAMES) renameSync(swappedPath(node.paths, name) + NEW, join(staged, name))
  await activate(node.surroundings(), BEFORE)
  for (const name of SWAPPED_NAMES) {
    rmSync(swappedPath(node.paths, name) + OLD, { recursive: true, force: true })
    renameSync(join(staged, name), swappedPath(node.paths, name) + NEW)
  }
  return node
}

t.test('fact 29, no journal: recovery does nothing', async t => {
  const node = await twiceActivated(t)
  mkdirSync(join(node.paths.root, 'bin.new'))
  const before = node.snapshot()
  t.equal(await recoverSwap(node.surroundings()), false, 'fact 29')
  t.strictSame(node.snapshot(), before)
})

t.test('fact 31, only .new is there: moved, no .old made', async t => {
  const node = await originalCrash(t)
  for (const name of SWAPPED_NAMES) rmSync(swappedPath(node.paths, name), { recursive: true })
  writeFileSync(join(node.paths.root, 'install_progress'), '{"stage":"archive","extension":".new"}')
  t.equal(await recoverSwap(node.surroundings()), true)
  t.notMatch(Object.keys(node.snapshot()).join('\n'), /\.old/, 'fact 31')
})

t.test('fact 34, a journal that is damaged, or not true: a clear fault, nothing moved', async t => {
  const node = await originalCrash(t)
  const journal = join(node.paths.root, 'install_progress')
  const whole = {
    stage: 'archive',
    extension: '.new',
    version: 2,
    target: [],
    nonce: '',
    stop: [],
    install: [],
    remove: [],
  }
  for (const { what, text, code } of [
    { what: 'empty', text: '', code: 'PKGPANDA_JOURNAL_MALFORMED' },
    { what: 'cut off', text: '{"stage":"arch', code: 'PKGPANDA_JOURNAL_MALFORMED' },
    { what: 'a list', text: '[]', code: 'PKGPANDA_JOURNAL_MALFORMED' },
    { what: 'another stage', text: '{"stage":"fly","extension":".new"}', code: 'PKGPANDA_JOURNAL_MALFORMED' },
    { what: 'another extension', text: '{"stage":"archive","extension":".newer"}', code: 'PKGPANDA_JOURNAL_MALFORMED' },
    { what: 'a version to come', text: JSON.stringify({ ...whole, version: 3 }), code: 'PKGPANDA_JOURNAL_MALFORMED' },
    {
      what: 'a unit elsewhere',
      text: JSON.stringify({ ...whole, remove: ['../passwd'] }),
      code: 'PKGPANDA_JOURNAL_MALFORMED',
    },
    { what: 'another set staged', text: JSON.stringify({ ...whole, target: ['x--1'] }), code: 'PKGPANDA_SWAP_BROKEN' },
  ]) {
    writeFileSync(journal, text)
    const before = node.snapshot()
    await t.rejects(recoverSwap(node.surroundings()), { code }, what)
    t.strictSame(node.snapshot(), before, what)
  }
  const { status, err } = await node.run('activate', 'mesos--0.22.0')
  t.match({ status, err }, { status: 1, err: /^ERROR: / }, 'fact 34: every command that changes says so')

  writeFileSync(journal, '{"stage":"archive","extension":".new"}')
  rmSync(`${node.paths.root}/lib`, { recursive: true })
  rmSync(`${node.paths.root}/lib.new`, { recursive: true })
  await t.rejects(recoverSwap(node.surroundings()), { code: 'PKGPANDA_SWAP_BROKEN' }, 'a name in no form')
})

t.test('services: stopped once, after staging; started after the commit', async t => {
  const node = makeNode(t, { packages: { ...PACKAGES, 'logs--1': LOGS, 'logs--2': LOGS } })
  const calls: string[] = []
  const record = recordedSystemctl(calls)
  const surroundings = (): ReturnType<typeof node.surroundings> =>
    node.surroundings({
      systemctl: {
        ...record,
        stop: async units => {
          if (!existsSync(join(node.paths.root, 'install_progress'))) throw new Error('stopped before the journal')
          await record.stop(units)
        },
      },
    })
  await activate(surroundings(), ['mesos--0.22.0', 'logs--1'])
  t.strictSame(calls.splice(0), ['stop', 'reload', 'start'])
  await activate(surroundings(), ['mesos--0.22.0', 'logs--2'])
  t.strictSame(calls.splice(0), ['stop dcos-logs.service', 'reload', 'start'], 'only the changed package')
  await activate(surroundings(), ['mesos--0.22.0', 'logs--2'], { all: true })
  t.strictSame(calls.splice(0), ['stop dcos-logs.service dcos-mesos-master.service', 'reload', 'start'], '--all')
  await activate(surroundings(), ['mesos--0.22.0'])
  t.strictSame(calls.splice(0), ['stop dcos-logs.service', 'reload', 'start'], 'a unit that goes')
  t.notOk(existsSync(join(node.paths.systemdDirectory, 'dcos-logs.service')))
  t.notOk(existsSync(join(node.paths.systemdDirectory, 'dcos-logs.service.d')))
})

t.test('a unit that cannot be stopped: the old set stands, its units come back', async t => {
  const node = await twiceActivated(t)
  const before = node.snapshot()
  const calls: string[] = []
  const systemctl = {
    ...recordedSystemctl(calls),
    stop: async () => {
      throw new Error('refused')
    },
  }
  await t.rejects(activate(node.surroundings({ systemctl }), AFTER), { message: 'refused' })
  t.strictSame(node.snapshot(), before)
  t.strictSame(calls, ['start'])
  const deaf = { ...systemctl, startTarget: () => Promise.reject(new Error('the target as well')) }
  await t.rejects(
    activate(node.surroundings({ systemctl: deaf }), AFTER),
    { message: 'refused' },
    'the first failure is told',
  )
})

t.test('killed after the commit, before the start: the next command reloads and starts', async t => {
  const node = await twiceActivated(t)
  const calls: string[] = []
  const systemctl = {
    ...recordedSystemctl(calls),
    reload: () => new Promise<never>(() => {}),
  }
  // It hangs in reload for ever, as good as killed there: its promise is never settled.
  activate(node.surroundings({ systemctl }), AFTER)
  await new Promise(resolve => setImmediate(resolve))
  t.match(node.snapshot().install_progress, /"stage":"archive"/)
  t.equal(await recoverSwap(node.surroundings({ systemctl: recordedSystemctl(calls) })), true)
  const stop = 'stop dcos-mesos-master.service'
  t.strictSame(calls, [stop, stop, 'reload', 'start'], 'stopping what is stopped does no harm')
  t.equal(node.snapshot()['active/mesos'], `-> ${node.paths.repository}/mesos--0.23.0`)
})

t.test('a disk that refuses in the middle of the names: a fault that says what finishes it', async t => {
  const node = await twiceActivated(t)
  const refuse = (path: string) => {
    throw Object.assign(new Error(`EIO: i/o error, rename '${path}'`), { code: 'EIO' })
  }
  let renames = 0
  const disk = openDisk({ before: (what, path) => void (what === 'rename' && renames++ === 9 && refuse(path)) })
  await t.rejects(activate(node.surroundings({ disk }), AFTER), {
    code: 'PKGPANDA_SWAP_INTERRUPTED',
    message: /install_progress: EIO: i\/o error/,
  })
  t.equal((await node.run('setup')).status, 0)
  t.equal(node.snapshot()['active/logs'], `-> ${node.paths.repository}/logs--1`)
})

t.test(
  'the next command drops what was staged and never became active; errors of the disk are not absence',
  async t => {
    const node = await twiceActivated(t)
    const before = settled(node)
    for (const name of ['bin.new', 'lib.older', 'dcos-logs.service.d.unit.new']) mkdirSync(join(node.paths.root, name))
    writeFileSync(join(node.paths.root, 'install_progress.tmp'), '{')
    t.equal((await node.run('setup')).status, 0)
    t.strictSame(settled(node), before)

    mkdirSync(join(node.paths.root, 'install_progress'))
    t.match(await node.run('setup'), { status: 1, err: /^ERROR: EISDIR/ }, 'a journal that cannot be read is not none')
    rmSync(join(node.paths.root, 'install_progress'), { recursive: true })
    const roles = join(node.paths.configDirectory, 'roles')
    rmSync(roles, { recursive: true })
    symlinkSync('roles', roles)
    t.match(await node.run('activate', ...AFTER), { status: 1, err: /^ERROR: ELOOP/ }, 'nor are roles')
  },
)

t.test('a disk that is full at any write: the node is as it was', async t => {
  const node = await twiceActivated(t)
  const before = settled(node)
  let writes = 0
  await activate(
    node.surroundings({ disk: openDisk({ before: what => void (what !== 'remove' && writes++) }) }),
    BEFORE,
  )
  for (let index = 0; index < writes; index++) {
    let count = 0
    let full = false
    const disk = openDisk({
      before(what, path) {
        if (what === 'remove' || what === 'rename' || what === 'sync' || full) return
        if (count++ === index) {
          full = true
          throw Object.assign(new Error(`ENOSPC: no space left on device, ${what} '${path}'`), { code: 'ENOSPC', path })
        }
      },
    })
    const result = await activate(node.surroundings({ disk }), AFTER).then(
      () => 'done',
      error => error.code,
    )
    if (!full) break
    t.equal(result, 'PKGPANDA_NO_SPACE')
    await recoverSwap(node.surroundings())
    if (JSON.stringify(settled(node)) !== JSON.stringify(before)) t.strictSame(settled(node), before, `write ${index}`)
  }
})

t.test('a rename across devices: copied instead', async t => {
  const node = await twiceActivated(t)
  const disk = openDisk({
    rename: () => {
      throw Object.assign(new Error('EXDEV'), { code: 'EXDEV' })
    },
  })
  await activate(node.surroundings({ disk }), AFTER)
  t.equal(node.snapshot()['active/logs'], `-> ${node.paths.repository}/logs--1`)
})

t.test('killed while it removes what it has copied: a half original never takes the place of its copy', async t => {
  const node = await twiceActivated(t)
  const start = join(node.directory, 'start')
  cpSync(node.paths.root, start, { recursive: true, verbatimSymlinks: true })
  await activate(node.surroundings(), AFTER)
  const wanted = settled(node)
  let killed = 0
  for (let index = 0; ; index++) {
    rmSync(node.paths.root, { recursive: true })
    cpSync(start, node.paths.root, { recursive: true, verbatimSymlinks: true })
    let count = 0
    let dead = false
    const disk = openDisk({
      rename: (from, to) => {
        if (from.endsWith('.tmp') || from.includes('.unit.new')) return renameSync(from, to)
        throw Object.assign(new Error('EXDEV'), { code: 'EXDEV' })
      },
      before(what, path) {
        if (!dead && (what !== 'remove' || !existsSync(`${path}.copied`) || count++ !== index)) return
        if (!dead && statSync(path).isDirectory())
          for (const name of names(path).slice(0, 1)) rmSync(join(path, name), { recursive: true })
        dead = true
        throw new Killed()
      },
    })
    const ended = await activate(node.surroundings({ disk }), AFTER).then(
      () => true,
      () => false,
    )
    if (ended) break
    killed += 1
    await recoverSwap(node.surroundings())
    const found = settled(node)
    if (!sameBut(found, wanted)) t.strictSame(found, wanted, `removal ${index}`)
  }
  t.ok(killed >= 20, `${killed} removals`)
})
