/** Several of the shipped program at once on one node (pkgpanda 7, locking). */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { holdLock, LOCKED_STATUS, namedOwner, runTogether } from './contention.ts'
import { judgeDone } from './judge.ts'
import { mustSucceed, scenarioNamed } from './scenarios.ts'
import { readTree, writeTree } from './tree.ts'
import { type OpenWorkshop, openWorkshop, scratchOf } from './workshop.ts'

const TIMEOUT_MS = 60_000
const ROUNDS = 4
const activate = scenarioNamed('activate')

t.test(
  'one that holds the lock: the others leave and name it; its death frees the lock at once',
  { timeout: TIMEOUT_MS },
  async t => {
    const workshop = await openWorkshop(t)
    const node = scratchOf(workshop, 'held')
    await activate.start(workshop, node)
    const start = readTree(node)
    const holder = await holdLock(workshop, node)
    const commands = [['setup'], activate.words(workshop), ['remove', 'base--2'], ['uninstall']]
    const { runs } = await runTogether(workshop, node, commands)
    for (const [index, run] of runs.entries()) {
      const what = commands[index]!.join(' ')
      t.equal(run.status, LOCKED_STATUS, `${what}: ${run.err}`)
      t.equal(namedOwner(run), holder.pid, `${what} names the holder: ${run.err}`)
    }
    t.equal((await holder.kill()).signal, 'SIGKILL')
    await mustSucceed(workshop, node, ...activate.words(workshop))
    const undisturbed = scratchOf(workshop, 'held-plain')
    writeTree(undisturbed, start)
    await mustSucceed(workshop, undisturbed, ...activate.words(workshop))
    t.strictSame(judgeDone(readTree(node), { old: start, new: readTree(undisturbed) }), [])
  },
)

t.test('all at the same moment, again and again', { timeout: TIMEOUT_MS }, async t => {
  const workshop = await openWorkshop(t)
  const node = scratchOf(workshop, 'together')
  await activate.start(workshop, node)
  const ends = await bothEnds(workshop, join(workshop.scratch, 'together-ends'))
  let lost = 0
  for (let round = 0; round < ROUNDS; round++) {
    const { runs, pids } = await runTogether(workshop, node, [...Object.values(ends.commands), ['setup']])
    const statuses = runs.map(({ status }) => status)
    t.ok(statuses.includes(0), `one proceeds: ${statuses.join(' ')}`)
    for (const run of runs.filter(({ status }) => status !== 0)) {
      lost += 1
      t.equal(run.status, LOCKED_STATUS, run.err)
      const owner = namedOwner(run)
      t.ok(owner === undefined || pids.includes(owner), `the owner is one of them: ${run.err}`)
    }
    const found = readTree(node)
    const troubles = [ends.one, ends.two].map(end => judgeDone(found, { old: end, new: end }).filter(isAboutNow))
    t.ok(
      troubles.some(list => list.length === 0),
      `one of the two sets as a whole: ${troubles.flat().join('; ')}`,
    )
  }
  t.comment(`${ROUNDS} rounds of three: ${lost} left because another one was at work`)
  t.ok(lost > 0, 'they did meet')
})

/** The two sets that are activated against each other, each alone. */
async function bothEnds(workshop: OpenWorkshop, scratch: string) {
  const commands = { one: activate.words(workshop), two: [...activate.words(workshop), 'dcos-metrics--1'] }
  const trees = []
  for (const [name, words] of Object.entries(commands)) {
    const node = join(scratch, name)
    mkdirSync(node, { recursive: true })
    await activate.start(workshop, node)
    await mustSucceed(workshop, node, ...words)
    trees.push(readTree(node))
  }
  return { commands, one: trees[0]!, two: trees[1]! }
}

/** Which set came before depends on who was first. */
function isAboutNow(trouble: string): boolean {
  return !trouble.startsWith('the generation before')
}
