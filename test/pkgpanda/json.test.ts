/** `--json` (pkgpanda 7): one document on stdout whatever the command and its end, nothing else there, exit statuses as ever. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { COMMANDS } from '../../pkgpanda/command-table.ts'
import { acquireLock } from '../../pkgpanda/swap/lock.ts'
import { HASHED, makeNode, type NodeFixture } from './node-fixture.ts'

const PLAN_KEYS = ['environment', 'links', 'packages', 'space', 'stateDirectories', 'units', 'users']

interface Case {
  /** Behind `--json`; DIRECTORY stands for that of the node. */
  argv: string
  what: string
  status?: number
  document: Record<string, unknown>
  /** What stderr holds; nothing when left out. */
  err?: RegExp
  prepare?: (node: NodeFixture) => void | Promise<unknown>
}

const activate =
  (...ids: string[]) =>
  (node: NodeFixture) =>
    node.run('activate', ...ids)
const failure = (code: string, more: object = {}) => ({
  error: { code: `PKGPANDA_${code}`, message: /\S/, remedy: /\.$/, ...more },
})

const CASES: readonly Case[] = [
  { argv: 'setup', what: 'nothing to do', document: { installed: false, recovered: { finished: false } } },
  {
    argv: 'fetch --repository-url=file:///nowhere a--1',
    what: 'a store that is not there',
    status: 1,
    document: failure('INDEX_MISSING'),
    err: /^ERROR: /,
  },
  { argv: 'fetch a--1', what: 'without a store', status: 1, document: failure('USAGE'), err: /^ERROR: fetch needs/ },
  {
    argv: 'add DIRECTORY/mesos--0.22.0.tar.xz',
    what: 'one that is there',
    document: { package: 'mesos--0.22.0', added: false },
  },
  { argv: 'add DIRECTORY/x.zip', what: 'a wrong name', status: 1, document: failure('TARBALL_NAME'), err: /^ERROR: / },
  {
    argv: 'list',
    what: 'the repository',
    document: { packages: ['mesos--0.22.0', 'mesos--0.23.0', HASHED, 'mesos-config--justmesos'] },
  },
  { argv: 'active', what: 'a set', prepare: activate('mesos--0.22.0'), document: { active: ['mesos--0.22.0'] } },
  { argv: 'active', what: 'none', status: 1, document: failure('NOT_BOOTSTRAPPED'), err: /^ERROR: / },
  {
    argv: 'activate mesos--0.22.0',
    what: 'a set',
    document: { packages: { added: ['mesos--0.22.0'], removed: [], changed: [], unchanged: [] }, links: Number },
  },
  {
    argv: 'activate --dry-run mesos--0.23.0',
    what: 'another version, only asked about',
    prepare: activate('mesos--0.22.0'),
    document: {
      packages: { changed: [{ name: 'mesos', from: 'mesos--0.22.0', to: 'mesos--0.23.0' }] },
      space: { bytes: Number, inodes: Number },
    },
  },
  {
    argv: `activate ${HASHED}`,
    what: 'a set that breaks a rule',
    status: 1,
    document: failure('REQUIREMENT_MISSING'),
    err: /^Validation Error: /,
  },
  {
    argv: 'swap mesos--0.23.0',
    what: 'another version',
    prepare: activate('mesos--0.22.0'),
    document: { packages: { changed: [{ name: 'mesos' }] } },
  },
  {
    argv: 'rollback',
    what: 'to the set before',
    prepare: async node => {
      await node.run('activate', 'mesos--0.22.0')
      await node.run('activate', 'mesos--0.23.0')
    },
    document: { packages: { changed: [{ name: 'mesos', to: 'mesos--0.22.0' }] } },
  },
  {
    argv: 'rollback',
    what: 'to nothing',
    status: 1,
    prepare: activate('mesos--0.22.0'),
    document: failure('NOTHING_TO_ROLL_BACK'),
    err: /^Validation Error: /,
  },
  {
    argv: 'show mesos--0.22.0',
    what: 'a package',
    document: {
      packages: [
        {
          id: 'mesos--0.22.0',
          active: false,
          directory: String,
          pkginfo: { requires: [] },
          units: ['dcos-mesos-master.service'],
        },
      ],
    },
  },
  {
    argv: 'show a--1',
    what: 'one that is not there',
    status: 1,
    document: failure('PACKAGE_MISSING'),
    err: /^Package Error: /,
  },
  {
    argv: 'remove mesos--0.23.0 nothing--1',
    what: 'one that is there and one that is not',
    prepare: activate('mesos--0.22.0'),
    document: { removed: ['mesos--0.23.0'] },
  },
  {
    argv: 'remove mesos--0.23.0 mesos--0.22.0',
    what: 'an active one: what was removed before it is told',
    status: 1,
    prepare: activate('mesos--0.22.0'),
    document: failure('PACKAGE_ACTIVE', { removed: ['mesos--0.23.0'] }),
    err: /^ERROR: /,
  },
  {
    argv: 'gc --dry-run --keep 0',
    what: 'only asked about',
    prepare: activate('mesos--0.22.0'),
    document: {
      removed: [],
      removable: ['mesos--0.23.0', HASHED, 'mesos-config--justmesos'],
      kept: [{ id: 'mesos--0.22.0', reason: String }],
    },
  },
  { argv: 'gc --keep few', what: 'a number that is none', status: 1, document: failure('USAGE'), err: /--keep=few/ },
  {
    argv: 'verify',
    what: 'packages without manifests',
    prepare: activate('mesos--0.22.0'),
    document: { packages: [{ id: 'mesos--0.22.0', verifiable: false, differences: [] }] },
  },
  { argv: 'check', what: 'no checks', prepare: activate('mesos--0.22.0'), document: { checks: [] } },
  {
    argv: 'check --list',
    what: 'a list',
    prepare: async node => {
      addChecks(node)
      await node.run('activate', 'mesos--0.22.0')
    },
    document: { checks: { 'mesos--0.22.0': ['bad', 'good'] } },
  },
  {
    argv: 'check',
    what: 'one that fails; what checks print is on stderr',
    status: 1,
    prepare: async node => {
      addChecks(node)
      await node.run('activate', 'mesos--0.22.0')
    },
    document: failure('CHECKS_FAILED', {
      checks: [
        { package: 'mesos--0.22.0', file: 'bad', passed: false, outcome: 'status 3' },
        { package: 'mesos--0.22.0', file: 'good', passed: true, outcome: 'status 0' },
      ],
    }),
    err: /Check failed: bad\nERROR: 1 checks failed/,
  },
  {
    argv: 'status',
    what: 'a node at rest',
    document: { interrupted: false, onTrial: false, packages: { active: 0, unpacked: 4 }, activations: { done: 0 } },
  },
  { argv: 'uninstall', what: 'all of it', document: { root: String, purged: [] } },
  { argv: 'uninstall --purge-state', what: 'half an order', status: 1, document: failure('USAGE'), err: /--purge/ },
  {
    argv: 'fly',
    what: 'no command of ours',
    status: 1,
    document: failure('USAGE', { message: /unknown command 'fly'/ }),
    err: /^error: /,
  },
  {
    argv: 'activate',
    what: 'words missing',
    status: 1,
    document: failure('USAGE', { message: /missing/ }),
    err: /See pkgpanda activate --help/,
  },
  { argv: 'list --ro=x', what: 'an ambiguous prefix', status: 1, document: failure('USAGE'), err: /unique prefix/ },
]

function addChecks({ paths }: NodeFixture): void {
  const directory = join(paths.repository, 'mesos--0.22.0/check')
  mkdirSync(directory)
  writeFileSync(join(directory, 'good'), '#!/bin/sh\nexit 0\n', { mode: 0o755 })
  writeFileSync(join(directory, 'bad'), '#!/bin/sh\nexit 3\n', { mode: 0o755 })
}

for (const { argv, what, status = 0, document, err, prepare } of CASES) {
  t.test(`${argv}: ${what}`, async t => {
    const node = makeNode(t)
    await prepare?.(node)
    const words = argv.replaceAll('DIRECTORY', node.directory).split(' ')
    const result = await node.run('--json', ...words)
    t.equal(result.status, status, result.err)
    t.match(JSON.parse(result.out), document)
    if (err === undefined) t.equal(result.err, '')
    else t.match(result.err, err)
    t.match(result.out, /^\{\n {2}"(.*\n)*\}\n$/, 'the form of every JSON file of ours')
  })
}

t.test('every command has its rows', async t => {
  const covered = new Set(CASES.map(({ argv }) => argv.split(' ')[0]))
  t.strictSame(
    COMMANDS.filter(({ name }) => !covered.has(name)).map(({ name }) => name),
    [],
  )
})

t.test('a plan has the same members whether it was carried out or not', async t => {
  const node = makeNode(t)
  const asked = await node.run('activate', '--json', '--dry-run', 'mesos--0.22.0')
  const done = await node.run('activate', '--json', 'mesos--0.22.0')
  t.strictSame(Object.keys(JSON.parse(asked.out)), PLAN_KEYS)
  t.strictSame(JSON.parse(done.out), JSON.parse(asked.out))
})

t.test('what the loser of a lock gets: the same status, and who holds it', async t => {
  const node = makeNode(t)
  await using _lock = await acquireLock(node.paths.root, 'activate')
  const { status, out, err } = await node.run('activate', '--json', 'mesos--0.22.0')
  t.equal(status, 75)
  t.match(JSON.parse(out), failure('LOCKED', { message: new RegExp(`pid ${process.pid} \\(pkgpanda activate\\)`) }))
  t.match(err, /^ERROR: /)
})

t.test('--help with --json is help', async t => {
  const { status, out } = await makeNode(t).run('list', '--json', '--help')
  t.match({ status, out }, { status: 0, out: /^Usage: pkgpanda list/ })
})
