/** Garbage collection: what is kept and why, and the command on a node in a temporary directory. */
import { mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { parseKeep } from '../../../pkgpanda/commands/gc.ts'
import { chooseGarbage, type Needs } from '../../../pkgpanda/garbage/choose.ts'
import { packagesNamed, readRunningPackages } from '../../../pkgpanda/garbage/running-packages.ts'
import { acquireLock } from '../../../pkgpanda/swap/lock.ts'
import { HASHED, makeNode, names, PACKAGES, runOn, scratchDirectory } from '../node-fixture.ts'

const NONE: Needs = { active: [], previous: [], bootstrap: [], running: [], elsewhere: [] }
/** Stored at 1, 2, 3 … ms, in this order. */
const stored = (...ids: string[]) => ids.map((id, index) => ({ id, storedMs: index + 1 }))

const choices: { what: string; packages: string[]; needs?: Partial<Needs>; keep: number; remove: string[] }[] = [
  { what: 'nothing there', packages: [], keep: 0, remove: [] },
  { what: 'nothing needed, none kept', packages: ['a--1', 'b--1'], keep: 0, remove: ['a--1', 'b--1'] },
  { what: 'the newest of each name is kept', packages: ['a--2', 'a--1', 'b--1'], keep: 1, remove: ['a--2'] },
  { what: 'two of each', packages: ['a--1', 'a--2', 'a--3', 'b--1'], keep: 2, remove: ['a--1'] },
  {
    what: 'what is active does not count among the kept',
    ...{ packages: ['a--1', 'a--2', 'a--3'], needs: { active: ['a--3'] }, keep: 1, remove: ['a--1'] },
  },
  {
    what: 'each need keeps, also the oldest',
    packages: ['a--1', 'b--1', 'c--1', 'd--1', 'e--1'],
    needs: { active: ['a--1'], previous: ['b--1'], bootstrap: ['c--1'], running: ['d--1'] },
    ...{ keep: 0, remove: ['e--1'] },
  },
  {
    what: 'a need that is not there any more',
    packages: ['a--1'],
    needs: { previous: ['x--1'] },
    keep: 0,
    remove: ['a--1'],
  },
]
for (const { what, packages, needs, keep, remove } of choices) {
  t.test(`pkgpanda 7, gc: ${what}`, async t => {
    const choice = chooseGarbage(stored(...packages), { ...NONE, ...needs }, keep)
    t.strictSame(choice.remove, remove)
    t.strictSame(
      [...choice.remove, ...choice.keep.map(({ id }) => id)].sort(),
      [...packages].sort(),
      'each is decided on',
    )
  })
}

t.test('of the same time: by id, whatever order they come in', async t => {
  const packages = ['a--1', 'a--2', 'a--3'].map(id => ({ id, storedMs: 5 }))
  t.strictSame(chooseGarbage(packages, NONE, 1), chooseGarbage(packages.toReversed(), NONE, 1))
})

t.test('--keep: a number, bounded', async t => {
  t.equal(parseKeep(undefined), 1)
  t.equal(parseKeep('0'), 0)
  t.equal(parseKeep('1000'), 1_000)
  for (const wrong of ['', '-1', '1.5', 'x', '1001', '99999', '0x1'])
    t.throws(() => parseKeep(wrong), { code: 'PKGPANDA_USAGE' }, wrong)
})

t.test('ids in texts of proc(5)', async t => {
  const cases: [string, string[]][] = [
    ['/opt/mesosphere/packages/nodejs--1/bin/node', ['nodejs--1']],
    ['/opt/mesosphere/packages/nodejs--1/bin/node (deleted)', ['nodejs--1']],
    ['7f-8f r-xp 00 08:01 1 /opt/mesosphere/packages/a--1/lib/x.so\n/opt/mesosphere/packages/b--2', ['a--1', 'b--2']],
    ['node\0/opt/mesosphere/packages/dcos-log--5/dcos-log/main.js\0-x\0', ['dcos-log--5']],
    ['/opt/mesosphere/packages/.tmp-1/x', []],
    ['/opt/mesosphere/packages/', []],
    ['/opt/mesosphere/packagesX/a--1', []],
    ['', []],
  ]
  for (const [text, ids] of cases) t.strictSame(packagesNamed(text, '/opt/mesosphere/packages'), ids, text)
})

t.test('running processes: program, directory, mapped and open files, command line', async t => {
  const proc = scratchDirectory(t)
  const links: Record<string, string> = {
    '1/exe': '/usr/lib/systemd/systemd',
    '2/exe': '/p/exe--1/bin/node',
    '3/cwd': '/p/cwd--1',
    '4/fd/7': '/p/fd--1/data',
    'self/exe': '/p/self--1/x',
  }
  for (const pid of ['1', '2', '3', '4/fd', '5', '6', 'self']) mkdirSync(join(proc, pid), { recursive: true })
  for (const [path, target] of Object.entries(links)) symlinkSync(target, join(proc, path))
  writeFileSync(join(proc, '5/cmdline'), 'sh\0/p/cmdline--1/run\0')
  writeFileSync(join(proc, '6/maps'), '00-01 r-xp 0 08:01 9 /p/maps--1/addon.node\n')
  t.strictSame(readRunningPackages('/p', proc), ['cmdline--1', 'cwd--1', 'exe--1', 'fd--1', 'maps--1'])
})

t.test('the command: dry run first, then the packages go; active and previous stay', async t => {
  const packages = Object.fromEntries(
    ['a--1', 'a--2', 'a--3', 'b--1', 'b--2'].map(id => [id, { 'pkginfo.json': '{}', [`etc/${id}`]: id }]),
  )
  const node = makeNode(t, { packages })
  t.equal((await node.run('activate', 'a--2')).status, 0)
  t.equal((await node.run('activate', 'a--3')).status, 0)

  const dry = await node.run('gc', '--dry-run', '--keep', '0')
  t.match(dry, { status: 0, err: '' })
  t.match(dry.out, 'Would remove: a--1\nWould remove: b--1\nWould remove: b--2\n')
  t.match(dry.out, 'Kept: a--2 (previous)\nKept: a--3 (active)\n')
  t.equal(names(node.paths.repository).filter(name => !name.startsWith('.')).length, 5, 'all are still there')

  const { out } = await node.run('gc', '--keep', '0', '--json')
  t.strictSame(JSON.parse(out).removed, ['a--1', 'b--1', 'b--2'])
  t.strictSame(
    names(node.paths.repository).filter(name => !name.startsWith('.')),
    ['a--2', 'a--3'],
  )
  t.equal((await node.run('rollback')).status, 0, 'what rollback needs was kept')
  t.equal((await node.run('active')).out, 'a--2\n')
})

t.test('without an active set gc refuses: nobody knows what is needed', async t => {
  const node = makeNode(t)
  t.match(await node.run('gc'), { status: 1, err: /^ERROR: .*not bootstrapped/ })
  t.equal(names(node.paths.repository).length, 4)
})

t.test(
  'a root elsewhere that uses the packages of a node: what the node needs stays, one changes them at a time',
  async t => {
    const node = makeNode(t)
    const [root, repository] = [join(node.directory, 'node'), join(node.directory, 'node/packages')]
    mkdirSync(root)
    renameSync(node.paths.repository, repository)
    const onNode = { ...node.paths, root, repository, systemdDirectory: root }
    const elsewhere = { ...node.paths, repository }
    const run = (paths: typeof elsewhere, ...argv: string[]) =>
      runOn(paths, ['--rooted-systemd', '--no-systemd', ...argv])
    t.match(await run(onNode, 'activate', 'mesos--0.23.0'), { status: 0, err: '' })
    t.match(await run(onNode, 'activate', 'mesos--0.22.0'), { status: 0, err: '' })
    t.match(await run(elsewhere, 'activate', 'mesos--0.22.0', HASHED), { status: 0, err: '' })
    t.match(await run(elsewhere, 'remove', 'mesos--0.23.0'), { status: 1, err: /PKGPANDA_PACKAGE_ACTIVE/ })
    t.match(await run(elsewhere, 'gc', '--keep=0', '--dry-run'), { out: /Kept: mesos--0\.23\.0 \(elsewhere\)/ })
    await using _lock = await acquireLock(root, 'activate')
    t.match(await run(elsewhere, 'gc', '--keep=0'), { status: 75, err: /node is being changed by pid/ })
    t.strictSame(names(repository), Object.keys(PACKAGES).sort())
  },
)
