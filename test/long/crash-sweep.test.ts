/**
 * kill -9 of pkgpanda before each change it makes to the disk while it exchanges one package on a booted node, with the real systemd;
 * then recovery, by `pkgpanda setup` and by a reboot in turn. test/pkgpanda/swap/swap.test.ts does the same in memory of one process,
 * for every step; here strace kills the shipped program. Before the swap is journalled nothing has happened yet that counts:
 * of those steps only some are tried, which the output tells.
 */
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { noBed, testBed } from '../support/testbed/test-bed.ts'
import { BED_BUILD, settle } from '../testbed/cluster.ts'
import { mustRun } from '../testbed/command.ts'
import { PROJECT, repositoryUrl } from '../testbed/settings.ts'

const NODE = 'a1'
const PKGPANDA = '/opt/mesosphere/bin/pkgpanda'
const TIMEOUT_MS = 40 * 60_000
const ACTIVATE_TIMEOUT_MS = 120_000

/** What changes names or makes them last. All of it is done by the main thread, the only one that is traced. */
const CALLS = 'rename,renameat,renameat2,fsync,fdatasync,unlink,unlinkat,rmdir,symlink,symlinkat,mkdir,mkdirat'
/** strace's own line for a call: `rename("/a", "/b") = 0`. */
const CALL_LINE = /^[a-z0-9]+\(/
/** How many of the steps before the journal are tried. */
const STAGING_SAMPLES = 10

/** Everything that makes a set: the nine names, the units and their drop-ins; not what is only staged. */
const SNAPSHOT = `
cd /opt/mesosphere
find bin etc include lib active -printf '%p %y %l\\n' | sort
sha256sum environment environment.export active.buildinfo.full.json
cd /etc/systemd/system
find dcos.target.wants -printf '%p %y %l\\n' | sort
find . -path './dcos-*' ! -path '*.unit.new*' -type f | sort | xargs sha256sum
`
const LEFTOVERS = `
cd /opt/mesosphere && ls -d *.new *.older install_progress install_progress.tmp install_recover 2>/dev/null
cd /etc/systemd/system && ls -d *.new *.older 2>/dev/null
true
`
/** Their removal is made of the same calls: with some of them left the numbers of a round would mean other steps. */
const CLEAR = `
cd /opt/mesosphere && rm -rf *.new *.older install_progress.tmp install_recover
cd /etc/systemd/system && rm -rf *.new *.older
`
/** What a shell says of a program that SIGKILL ended. */
const KILLED = 137

t.test('killed at every step of a swap', { skip: noBed(), timeout: TIMEOUT_MS }, async t => {
  const { bed, nodes, run, sh, reboot } = await testBed(t, {
    name: 'crash',
    nodes: ['m1:master', 'a1:agent'],
    packages: ['strace'],
  })
  const node = nodes.find(({ name }) => name === NODE)!
  const ids = await buildTwoVersions(t.teardown.bind(t))
  await run(NODE, PKGPANDA, 'fetch', `--repository-url=${repositoryUrl(bed.settings)}`, ...ids)
  const [one, two] = ids
  // Nobody listens there; without the addresses dcos-gen-resolvconf waits for answers whenever the target starts.
  for (const host of [1, 2, 3]) await run(NODE, 'ip', 'address', 'add', `198.51.100.${host}/32`, 'dev', 'lo')
  const activate = (id: string, ...strace: string[]) =>
    bed.run(NODE, ['strace', '-qq', '-o', '/run/calls', `--trace=${CALLS}`, ...strace, PKGPANDA, 'swap', id], {
      timeoutMs: ACTIVATE_TIMEOUT_MS,
    })
  const made = async () => (await run(NODE, 'cat', '/run/calls')).split('\n').filter(line => CALL_LINE.test(line))

  // How it is when nobody kills, and what there is to kill.
  const whole: Record<string, string> = {}
  let calls: string[] = []
  for (const id of [one, two, one]) {
    const { status, stderr } = await activate(id)
    t.equal(status, 0, stderr)
    await settle(bed, node)
    whole[id] = await sh(NODE, SNAPSHOT)
    calls = await made()
  }
  t.not(whole[one], whole[two])
  t.equal(await sh(NODE, LEFTOVERS), '', 'nothing is left by an undisturbed activation')
  const journal = calls.findIndex(line => line.startsWith('rename') && line.includes('/install_progress"'))
  t.ok(journal > 0, `${calls.length} calls, the journal is written by number ${journal + 1}`)
  const steps = chooseSteps(calls.length, journal)

  let active = one
  const outcomes = { old: 0, new: 0, setup: 0, reboot: 0 }
  for (const [round, step] of steps.entries()) {
    const next = active === one ? two : one
    const what = `killed before call ${step + 1} of ${calls.length}: ${calls[step]}`
    await sh(NODE, CLEAR)
    const { status } = await activate(next, killBefore(calls, step))
    t.equal(status, KILLED, what)
    t.equal((await made()).length, step + 1, 'killed there and nowhere else')
    const isSwapping = (await sh(NODE, 'ls /opt/mesosphere/install_progress 2>/dev/null || true')) !== ''
    if (round % 2 === 0) {
      outcomes.setup++
      // As an operator would: bin/ may be away.
      await sh(
        NODE,
        `if [ -e /opt/mesosphere/install_progress ]; then /opt/mesosphere/install_recover; else ${PKGPANDA} setup; fi`,
      )
    } else {
      outcomes.reboot++
      await reboot(NODE)
    }
    await settle(bed, node)
    const found = await sh(NODE, SNAPSHOT)
    if (found === whole[next]) outcomes.new++
    else outcomes.old++
    if (found === whole[next]) active = next
    t.equal(found, whole[active], `the ${active === next ? 'new' : 'old'} set as a whole after ${what}`)
    if (isSwapping) t.equal(active, next, 'what was journalled is finished')
    // Of a staging that was cut short the rest lies there until the next one clears it.
    const leftovers = await sh(NODE, LEFTOVERS)
    if (isSwapping) t.equal(leftovers, '', 'nothing is left')
    t.notMatch(leftovers, /install_progress$/m)
    t.equal(await run(NODE, 'systemctl', '--failed', '--no-legend', '--plain'), '', 'no unit has failed')
  }

  const before = steps.filter(step => step <= journal).length
  t.comment(
    `${steps.length} kills, ${before} of ${journal + 1} steps until the journal is there and ${steps.length - before} of ` +
      `${calls.length - journal - 1} after it: ${outcomes.old} times the old set, ${outcomes.new} times the new one; ` +
      `recovered ${outcomes.setup} times by setup, ${outcomes.reboot} times by a reboot`,
  )
  t.equal(outcomes.old, before, 'the old set until the journal is there, from then on the new one')
  // The first undisturbed activation clears what stagings left.
  t.equal((await activate(active === one ? two : one)).status, 0)
  await settle(bed, node)
  t.equal(await sh(NODE, LEFTOVERS), '')
})

/** strace counts each kind of call for itself. */
function killBefore(calls: readonly string[], step: number): string {
  const kind = (line: string) => line.slice(0, line.indexOf('('))
  const name = kind(calls[step]!)
  const count = calls.slice(0, step + 1).filter(line => kind(line) === name).length
  return `--inject=${name}:signal=KILL:when=${count}`
}

/** Every step from the one that puts the journal in its place on; before it some, evenly. Indexes, ascending. */
function chooseSteps(count: number, journal: number): number[] {
  const samples = Array.from({ length: STAGING_SAMPLES }, (_, i) => Math.floor((i * journal) / STAGING_SAMPLES))
  const swap = Array.from({ length: count - journal }, (_, i) => journal + i)
  return [...new Set([...samples, ...swap])]
}

/** Ids of two packages dcos-log that differ in one file, so that the way there and the way back have the same steps. */
async function buildTwoVersions(teardown: (end: () => Promise<void>) => void): Promise<[string, string]> {
  const packages = await mkdtemp(join(tmpdir(), 'dcos-crash-'))
  teardown(() => rm(packages, { recursive: true, force: true }))
  const build = async (version: string) => {
    const folder = join(packages, version, 'dcos-log')
    await cp(join(PROJECT, 'packages/dcos-log'), folder, { recursive: true })
    const more = `mkdir -p "$PKG_PATH/etc"; echo ${version} >"$PKG_PATH/etc/dcos-log-crash-test-${version}"\n`
    await writeFile(join(folder, 'build'), more, { flag: 'a' })
    const args = ['--output', BED_BUILD, '--package', `dcos-log=${folder}`, '--only', 'dcos-log']
    const printed = await mustRun(
      `building version ${version}`,
      process.execPath,
      [join(PROJECT, 'pkgpanda/build/main.ts'), ...args],
      { cwd: PROJECT },
    )
    const id = /dcos-log--[0-9a-f]{40}/.exec(printed)?.[0]
    if (id === undefined) throw new Error(`the builder named no package: ${printed}`)
    return id
  }
  return [await build('one'), await build('two')]
}
