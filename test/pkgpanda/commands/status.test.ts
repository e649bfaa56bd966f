/** `pkgpanda status`: text and JSON of a node in each of its states. It only looks: nothing of the node changes. */
import { writeFileSync } from 'node:fs'
import t from 'tap'
import { trialPath, writeTrial } from '../../../pkgpanda/activation/trial.ts'
import { formatStatus, type NodeStatus } from '../../../pkgpanda/commands/status.ts'
import { openDisk } from '../../../pkgpanda/disk/disk.ts'
import { journalPath } from '../../../pkgpanda/swap/install-paths.ts'
import { acquireLock } from '../../../pkgpanda/swap/lock.ts'
import { makeNode, type NodeFixture } from '../node-fixture.ts'

interface Case {
  what: string
  prepare?: (node: NodeFixture) => unknown
  /** Another pkgpanda holds the lock meanwhile. */
  locked?: boolean
  text: RegExp[]
  json: Record<string, unknown>
}

const AT_REST = /^state: at rest$/
const interrupt = ({ paths }: NodeFixture) =>
  writeFileSync(journalPath(paths), '{"stage":"archive","extension":".new"}')
const onTrial = ({ paths }: NodeFixture) =>
  writeTrial(openDisk(), paths, { previous: ['mesos--0.22.0'], target: ['mesos--0.23.0'] })

const CASES: readonly Case[] = [
  {
    what: 'nothing was ever activated',
    text: [AT_REST, /^packages: 0 active, 4 unpacked$/, /^last activation: none recorded$/],
    json: { interrupted: false, onTrial: false, packages: { active: 0, unpacked: 4 }, lastActivation: undefined },
  },
  {
    what: 'a change was done',
    prepare: node => node.run('activate', 'mesos--0.22.0'),
    text: [
      AT_REST,
      /^packages: 1 active, 4 unpacked$/,
      /^last activation: activate, done, ended \d{4}-\d\d-\d\dT[\d:.]+Z, took \d+\.\d\d s$/,
    ],
    json: { lastActivation: { command: 'activate', result: 'done' }, activations: { done: 1, failed: 0 } },
  },
  {
    what: 'a change failed, and the set from before stands',
    prepare: async node => {
      await node.run('activate', 'mesos--0.22.0')
      await node.run('swap', 'mesos--9')
    },
    text: [AT_REST, /^packages: 1 active/, /^last activation: swap, failed \(PKGPANDA_PACKAGE_MISSING\), ended /],
    json: {
      lastActivation: { result: 'failed', code: 'PKGPANDA_PACKAGE_MISSING' },
      activations: { done: 1, failed: 1 },
    },
  },
  {
    what: 'another pkgpanda is at work',
    locked: true,
    text: [new RegExp(`^state: being changed by pid ${process.pid} \\(pkgpanda swap\\)$`), /^packages/, /^last/],
    json: { changing: `pid ${process.pid} (pkgpanda swap)`, interrupted: false },
  },
  {
    what: 'its journal is its own business',
    locked: true,
    prepare: interrupt,
    text: [/^state: being changed by pid/, /^packages/, /^last/],
    json: { changing: String, interrupted: false },
  },
  {
    what: 'a change was interrupted',
    prepare: interrupt,
    text: [/^state: a change was interrupted: run `pkgpanda setup` to finish it$/, /^packages/, /^last/],
    json: { changing: undefined, interrupted: true },
  },
  {
    what: 'a set is on trial',
    prepare: onTrial,
    locked: true,
    text: [/^state: being changed/, /^trial: the active set has not been found good yet$/, /^packages/, /^last/],
    json: { onTrial: true },
  },
  {
    what: 'a trial that nobody ended',
    prepare: onTrial,
    text: [AT_REST, /^trial: /, /^packages/, /^last/],
    json: { onTrial: true, interrupted: false },
  },
  {
    what: 'files that cannot be understood: status only looks whether they are there',
    prepare: ({ paths }) => {
      writeFileSync(journalPath(paths), 'x')
      writeFileSync(trialPath(paths), 'x')
    },
    text: [/^state: a change was interrupted/, /^trial: /, /^packages/, /^last/],
    json: { onTrial: true, interrupted: true },
  },
]

for (const { what, prepare, locked, text, json } of CASES) {
  t.test(what, async t => {
    const node = makeNode(t)
    await prepare?.(node)
    const before = node.snapshot()
    await using _lock = locked ? await acquireLock(node.paths.root, 'swap') : undefined
    const spoken = await node.run('status')
    t.match({ status: spoken.status, err: spoken.err }, { status: 0, err: '' })
    const lines = spoken.out.trimEnd().split('\n')
    t.equal(lines.length, text.length, spoken.out)
    for (const [index, line] of lines.entries()) t.match(line, text[index])
    const { status, out } = await node.run('status', '--json')
    t.equal(status, 0)
    t.match(JSON.parse(out), json)
    t.strictSame(node.snapshot(), before)
  })
}

t.test('a set that was taken back', async t => {
  const status: NodeStatus = {
    ...{ interrupted: false, onTrial: false, packages: { active: 40, unpacked: 41 } },
    lastActivation: {
      ...{ command: 'activate', result: 'taken_back', code: 'PKGPANDA_TRIAL_FAILED' },
      ...{ endedMs: Date.UTC(2017, 3, 1), durationMs: 90_120 },
    },
    activations: { done: 3, failed: 0, taken_back: 1 },
  }
  t.equal(
    formatStatus(status),
    `state: at rest
packages: 40 active, 41 unpacked
last activation: activate, taken back (PKGPANDA_TRIAL_FAILED), ended 2017-04-01T00:00:00.000Z, took 90.12 s
`,
  )
})
