/** --check-timeout and rollback: a set that is not well is taken back, also when the process or the node ended meanwhile. */
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { type ActivationOptions, activate } from '../../../pkgpanda/activation/activate.ts'
import { parseCheckTimeout } from '../../../pkgpanda/activation/change-set.ts'
import { awaitGoodSet, unitTrouble } from '../../../pkgpanda/activation/post-activation.ts'
import { loadTrial, trialPath, writeTrial } from '../../../pkgpanda/activation/trial.ts'
import { openDisk } from '../../../pkgpanda/disk/disk.ts'
import { faults } from '../../../pkgpanda/errors.ts'
import { recoverNode } from '../../../pkgpanda/swap/recover.ts'
import type { Systemctl, UnitState } from '../../../pkgpanda/units/systemctl.ts'
import { systemClock } from '../../../src/shared/time/clock.ts'
import { createDrivenClock } from '../../support/clock.ts'
import { makeNode, type NodeFixture, recordedSystemctl, type Tree, UNIT, wellUnit } from '../node-fixture.ts'

const OLD_SET = ['app--1', 'base--1']
const NEW_SET = ['app--2', 'base--1']
const PACKAGES: Record<string, Tree> = {
  'base--1': { 'pkginfo.json': '{}', 'dcos.target.wants/base.service': UNIT },
  'app--1': { 'pkginfo.json': '{}', 'etc/version': '1', 'dcos.target.wants/app.service': UNIT },
  'app--2': { 'pkginfo.json': '{}', 'etc/version': '2', 'dcos.target.wants/app.service': UNIT },
}
const CHECK = (script: string) => ({ content: `#!/bin/sh\n${script}\n`, mode: 0o755 })

/** A node with the old set active, time driven, and systemd giving these states one after the other, the last for ever. */
async function onNode(t: Parameters<typeof makeNode>[0], packages: Record<string, Tree>, looks: UnitState[][] = []) {
  const node = makeNode(t, { packages })
  await activate(node.surroundings(), OLD_SET)
  const clock = createDrivenClock()
  const calls: string[] = []
  const systemctl: Systemctl = {
    ...recordedSystemctl(calls),
    states: async units => (looks.length > 1 ? looks.shift() : looks[0]) ?? units.map(wellUnit),
  }
  const surroundings = node.surroundings({ clock, systemctl })
  const activating = async (options: ActivationOptions) => {
    let over = false
    const work = activate(surroundings, NEW_SET, options).finally(() => {
      over = true
    })
    work.catch(() => {})
    // A check is a real process: time goes on only while the trial waits for it.
    while (!over) {
      if (clock.sleepers() > 0) await clock.run(clock.nextMs())
      else await new Promise(resolve => setImmediate(resolve))
    }
    return await work
  }
  return { node, clock, calls, surroundings, activating }
}

async function active(node: NodeFixture): Promise<string[]> {
  return (await node.run('active')).out.trim().split('\n')
}

t.test('all well: the new set stays, the trial is over', async t => {
  const { node, activating, clock } = await onNode(t, PACKAGES)
  const startedMs = clock.monotonicMs()
  await activating({ checkTimeoutMs: 30_000 })
  t.strictSame(await active(node), NEW_SET)
  t.notOk(existsSync(trialPath(node.paths)))
  t.ok(clock.monotonicMs() - startedMs >= 3_000, 'seen well for a while, not for a moment')
})

const failed: UnitState = { ...wellUnit('app.service'), activeState: 'failed', subState: 'failed', result: 'exit-code' }
const looping = (restarts: number): UnitState => ({ ...wellUnit('app.service'), restarts })

t.test('a unit that stays failed: the old set is active again', async t => {
  const { node, activating, calls } = await onNode(t, PACKAGES, [[failed]])
  await t.rejects(activating({ checkTimeoutMs: 30_000 }), {
    code: 'PKGPANDA_TRIAL_FAILED',
    message: /app\.service is failed \(failed, exit-code\)/,
  })
  t.strictSame(await active(node), OLD_SET)
  t.equal(readFileSync(join(node.paths.root, 'etc/version'), 'utf8'), '1')
  t.notOk(existsSync(trialPath(node.paths)))
  t.strictSame(calls, ['stop app.service', 'reload', 'start', 'stop app.service', 'reload', 'start'])
})

t.test('a unit that needs a moment: waited for', async t => {
  const { node, activating } = await onNode(t, PACKAGES, [[failed], [failed], [wellUnit('app.service')]])
  await activating({ checkTimeoutMs: 30_000 })
  t.strictSame(await active(node), NEW_SET)
})

t.test('a unit in a crash loop is not well, although each look finds it running', async t => {
  const looks = Array.from({ length: 40 }, (_, restarts) => [looping(restarts)])
  const { node, activating } = await onNode(t, PACKAGES, looks)
  await t.rejects(activating({ checkTimeoutMs: 30_000 }), { code: 'PKGPANDA_TRIAL_FAILED', message: /restart again/ })
  t.strictSame(await active(node), OLD_SET)
})

t.test('a check that fails, that hangs, that cannot be executed', async t => {
  const cases: [string, string, RegExp][] = [
    ['fails', 'exit 3', /check .*\/app--2\/check\/it of app--2 ended with status 3/],
    ['hangs', 'exec sleep 600', /ended with signal SIGKILL/],
  ]
  for (const [what, script, message] of cases) {
    const packages = { ...PACKAGES, 'app--2': { ...PACKAGES['app--2'], 'check/it': CHECK(script) } }
    const { node, activating } = await onNode(t, packages)
    await t.rejects(activating({ checkTimeoutMs: 5_000 }), { code: 'PKGPANDA_TRIAL_FAILED', message }, what)
    t.strictSame(await active(node), OLD_SET, what)
  }
  const broken = {
    ...PACKAGES,
    'app--2': { ...PACKAGES['app--2'], 'check/it': { content: '#!/nowhere\n', mode: 0o755 } },
  }
  const { activating } = await onNode(t, broken)
  await t.rejects(activating({ checkTimeoutMs: 5_000 }), {
    code: 'PKGPANDA_TRIAL_FAILED',
    message: /ended with ENOENT/,
  })
})

t.test('checks that hang share the time: the first one uses it up, the next is not run', async t => {
  const check = CHECK('exec sleep 600')
  const node = makeNode(t, { packages: { 'a--1': { 'pkginfo.json': '{}', 'check/1': check, 'check/2': check } } })
  const trouble = await awaitGoodSet({ paths: node.paths, clock: systemClock, warn: () => {} }, ['a--1'], 200)
  t.match(trouble, [/check\/1 of a--1 ended with signal SIGKILL/, /check\/2 of a--1 ended with no time to run it/])
})

t.test('a time too short to see units settle: the fault says so', async t => {
  const { activating } = await onNode(t, PACKAGES)
  await t.rejects(activating({ checkTimeoutMs: 2_000 }), {
    code: 'PKGPANDA_TRIAL_FAILED',
    message: /give it more time/,
  })
})

t.test('a check that passes, without systemd: good at once', async t => {
  const packages = { ...PACKAGES, 'app--2': { ...PACKAGES['app--2'], 'check/it': CHECK('exit 0') } }
  const node = makeNode(t, { packages })
  await activate(node.surroundings(), OLD_SET)
  const { status, err } = await node.run('swap', 'app--2', '--check-timeout', '10s')
  t.match({ status, err }, { status: 0, err: '' })
  t.strictSame(await active(node), NEW_SET)
})

t.test('a target that cannot be started: the trial is lost at once', async t => {
  const { node, surroundings } = await onNode(t, PACKAGES)
  let refuse = true
  const systemctl: Systemctl = {
    ...recordedSystemctl([]),
    startTarget: async () => {
      if (refuse) throw faults.SYSTEMCTL_FAILED('start dcos.target', 1, 'no')
    },
    stop: async () => {
      refuse = (await active(node)).join() === OLD_SET.join()
    },
  }
  await t.rejects(activate({ ...surroundings, systemctl }, NEW_SET, { checkTimeoutMs: 30_000 }), {
    code: 'PKGPANDA_TRIAL_FAILED',
    message: /start dcos\.target/,
  })
  t.strictSame(await active(node), OLD_SET)
})

t.test('the first set of a node has nothing to go back to: it stays, and the fault says so', async t => {
  const node = makeNode(t, { packages: { 'a--1': { 'pkginfo.json': '{}', 'check/it': CHECK('exit 1') } } })
  const { status, err } = await node.run('activate', 'a--1', '--check-timeout=1s')
  t.equal(status, 1)
  t.match(err, /stays active \(there is no earlier set\).*PKGPANDA_TRIAL_FAILED_KEPT/)
  t.strictSame(await active(node), ['a--1'])
})

t.test('the old set cannot be made active: the new one stays, and the next command tries again', async t => {
  const { node, activating, surroundings } = await onNode(t, PACKAGES, [[failed]])
  const info = join(node.paths.repository, 'app--1/pkginfo.json')
  rmSync(info)
  await t.rejects(activating({ checkTimeoutMs: 30_000 }), { code: 'PKGPANDA_TRIAL_FAILED_KEPT' })
  t.strictSame(await active(node), NEW_SET)
  t.match(await recoverNode(surroundings), { finished: false, notTakenBack: /app--1/ })
  t.strictSame(await active(node), NEW_SET)
  writeFileSync(info, '{}')
  t.strictSame(await recoverNode(surroundings), { finished: false, takenBack: NEW_SET })
  t.strictSame(await active(node), OLD_SET)
})

t.test('the same set again is not on trial', async t => {
  const node = makeNode(t, { packages: { 'a--1': { 'pkginfo.json': '{}', 'check/it': CHECK('exit 1') } } })
  await activate(node.surroundings(), ['a--1'])
  t.match(await node.run('activate', 'a--1', '--check-timeout=1s'), { status: 0, err: '' })
})

t.test(
  'killed before any step of a trial: the old set or the new one, and never one that was not found good',
  async t => {
    class Killed extends Error {}
    let hit = 0
    for (let step = 0; ; step++) {
      const node = makeNode(t, { packages: PACKAGES })
      await activate(node.surroundings(), OLD_SET)
      let left = step
      const disk = openDisk({
        before: () => {
          if (left-- === 0) throw new Killed()
        },
      })
      const clock = createDrivenClock()
      try {
        await activate(node.surroundings({ disk, clock }), NEW_SET, { checkTimeoutMs: 1_000 })
        break
      } catch (error) {
        if (!(error instanceof Killed)) throw error
      }
      hit++
      const trial = existsSync(trialPath(node.paths))
      await recoverNode(node.surroundings())
      const now = await active(node)
      if (trial) t.strictSame(now, OLD_SET, `step ${step}: not found good`)
      else
        t.ok(
          [OLD_SET, NEW_SET].some(set => set.join() === now.join()),
          `step ${step}: one of the two`,
        )
      t.notOk(existsSync(trialPath(node.paths)), `step ${step}: the trial is over`)
      t.equal(readFileSync(join(node.paths.root, 'etc/version'), 'utf8'), now[0]?.slice(-1), `step ${step}: whole`)
    }
    t.ok(hit > 30, `${hit} steps`)
  },
)

/** Refuses every rename but the first ones: a disk that fails once fails again. */
function failingDisk(renames: number) {
  let left = renames
  return openDisk({
    rename: (from, to) => {
      if (left-- <= 0) throw Object.assign(new Error('EIO: i/o error, rename'), { code: 'EIO', path: from })
      renameSync(from, to)
    },
  })
}

t.test(
  'a disk that refuses any rename of the way back: refused while half way, finished by the next command',
  async t => {
    let interrupted = 0
    for (let step = 0; ; step++) {
      const node = makeNode(t, { packages: PACKAGES })
      await activate(node.surroundings(), OLD_SET)
      await activate(node.surroundings(), NEW_SET)
      writeTrial(openDisk(), node.paths, { previous: OLD_SET, target: NEW_SET })
      const outcome = await recoverNode(node.surroundings({ disk: failingDisk(step) })).then(
        ({ notTakenBack }) => notTakenBack,
        error => error.code as string,
      )
      if (outcome === undefined) break
      if (outcome === 'PKGPANDA_SWAP_INTERRUPTED') interrupted++
      await recoverNode(node.surroundings())
      t.strictSame(await active(node), OLD_SET, `rename ${step} (${outcome})`)
      t.equal(readFileSync(join(node.paths.root, 'etc/version'), 'utf8'), '1', `rename ${step}: whole`)
      t.notOk(existsSync(trialPath(node.paths)), `rename ${step}: the trial is over`)
    }
    t.ok(interrupted >= 18, `${interrupted} times in the middle of the nine names`)
  },
)

t.test('a disk that is full when a set is to be taken back: the next command tries again', async t => {
  const { node } = await onNode(t, PACKAGES)
  await activate(node.surroundings(), NEW_SET)
  writeTrial(openDisk(), node.paths, { previous: OLD_SET, target: NEW_SET })
  const full = openDisk({
    before: operation => {
      if (operation === 'symlink') throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' })
    },
  })
  t.match(await recoverNode(node.surroundings({ disk: full })), { notTakenBack: /No space left/ })
  t.strictSame(await active(node), NEW_SET)
  t.match(await recoverNode(node.surroundings()), { takenBack: NEW_SET })
  t.strictSame(await active(node), OLD_SET)
})

t.test('a disk that refuses any rename of a trial: the next command has the old set again, whole', async t => {
  let interrupted = 0
  for (let step = 0; ; step++) {
    const node = makeNode(t, { packages: PACKAGES })
    await activate(node.surroundings(), OLD_SET)
    const disk = failingDisk(step)
    const work = activate(node.surroundings({ disk, clock: createDrivenClock() }), NEW_SET, { checkTimeoutMs: 1_000 })
    const code = await work.then(
      () => undefined,
      error => error.code,
    )
    if (code === undefined) break
    if (code === 'PKGPANDA_SWAP_INTERRUPTED') interrupted++
    await recoverNode(node.surroundings())
    t.strictSame(await active(node), OLD_SET, `rename ${step} (${code})`)
    t.equal(readFileSync(join(node.paths.root, 'etc/version'), 'utf8'), '1', `rename ${step}: whole`)
    t.notOk(existsSync(trialPath(node.paths)), `rename ${step}: the trial is over`)
  }
  t.ok(interrupted >= 18, `${interrupted} times in the middle of the nine names`)
})

t.test('the trial of a set that never became active ends by itself', async t => {
  const { node, surroundings } = await onNode(t, PACKAGES)
  writeTrial(openDisk(), node.paths, { previous: ['x--1'], target: NEW_SET })
  t.strictSame(await recoverNode(surroundings), { finished: false })
  t.equal(loadTrial(node.paths), undefined)
  t.strictSame(await active(node), OLD_SET)
})

t.test('a trial file that is damaged: told, and the set that is active stays', async t => {
  for (const text of [
    '',
    'x',
    '{}',
    '{"version":2,"previous":[],"target":[]}',
    '{"version":1,"previous":[1],"target":[]}',
    'null',
  ]) {
    const { node, surroundings } = await onNode(t, PACKAGES)
    writeFileSync(trialPath(node.paths), text)
    t.match(await recoverNode(surroundings), { finished: false, notTakenBack: /cannot be understood/ }, text)
    t.strictSame(await active(node), OLD_SET)
  }
})

t.test('the command line: setup takes an unfinished trial back and says so', async t => {
  const { node } = await onNode(t, PACKAGES)
  await activate(node.surroundings(), NEW_SET)
  writeTrial(openDisk(), node.paths, { previous: OLD_SET, target: NEW_SET })
  t.match((await node.run('status')).out, /trial: the active set has not been found good yet/)
  t.match(await node.run('setup'), { status: 0, err: /trial was interrupted has been taken back/ })
  t.strictSame(await active(node), OLD_SET)
})

t.test('rollback: back, and forth again; after a trial taken back it does nothing more', async t => {
  const { node } = await onNode(t, PACKAGES)
  t.match(await node.run('rollback'), { status: 1, err: /^Validation Error: There is no earlier set/ })
  await activate(node.surroundings(), NEW_SET)
  t.match(await node.run('rollback', '--dry-run'), { status: 0, out: /~ app--2 -> app--1/ })
  t.strictSame(await active(node), NEW_SET)
  t.match(await node.run('rollback'), { status: 0, out: '', err: '' })
  t.strictSame(await active(node), OLD_SET)
  t.equal((await node.run('rollback')).status, 0)
  t.strictSame(await active(node), NEW_SET)

  writeTrial(openDisk(), node.paths, { previous: OLD_SET, target: NEW_SET })
  t.match(await node.run('rollback'), { status: 0, err: /taken back/ })
  t.strictSame(await active(node), OLD_SET, 'not back to the set that was on trial')
})

t.test('rollback to a set whose packages are gone: refused, with their ids', async t => {
  const { node } = await onNode(t, PACKAGES)
  await activate(node.surroundings(), NEW_SET)
  rmSync(join(node.paths.repository, 'app--1'), { recursive: true })
  const { status, out, err } = await node.run('rollback', '--json')
  t.match({ status, err }, { status: 1, err: /not in the repository: app--1/ })
  t.strictSame(JSON.parse(out).error.missing_packages, ['app--1'])
  t.strictSame(await active(node), NEW_SET)
})

t.test('states of units: what is well and what is not', async t => {
  const well = wellUnit('x.service')
  const cases: [string, UnitState, number][] = [
    ['runs', well, 0],
    ['ran once', { ...well, activeState: 'inactive', subState: 'dead' }, 0],
    ['waits for its socket', { ...well, unit: 'x.socket', subState: 'listening', result: 'success' }, 0],
    ['is being started', { ...well, activeState: 'activating', subState: 'start' }, 1],
    ['restarts', { ...well, activeState: 'activating', subState: 'auto-restart', result: 'exit-code' }, 1],
    ['ended badly', { ...well, activeState: 'inactive', subState: 'dead', result: 'exit-code' }, 1],
    ['failed', failed, 1],
    ['unknown to systemd', { ...well, loadState: 'not-found', activeState: 'inactive' }, 1],
    ['queued', { ...well, activeState: 'inactive', pending: true }, 1],
    ['a target has no result', { ...well, unit: 'dcos.target', result: '' }, 0],
  ]
  for (const [what, state, troubles] of cases) t.equal(unitTrouble([state]).length, troubles, what)
})

t.test('--check-timeout: Go durations, bounded', async t => {
  t.equal(parseCheckTimeout('90s'), 90_000)
  t.equal(parseCheckTimeout('1h'), 3_600_000)
  for (const wrong of ['', '0', '-5s', '61m', '30', 'soon'])
    t.throws(() => parseCheckTimeout(wrong), { code: 'PKGPANDA_USAGE' }, wrong)
})
